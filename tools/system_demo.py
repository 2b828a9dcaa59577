"""A system in two languages at work: a saga that succeeds, one that is refused and undone, and the story of each.

PostgreSQL and RabbitMQ are taken from the environment (DATABASE_URL, BROKER_URL), by default the local ones.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.generated.languages import Toolchains

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "tests" / "generated" / "cases" / "orders.yaml"
OUT = ROOT / "out" / "orders"
COMMAND = str(Path(sys.executable).parent / "microservices-skill")
ORDER_URL = "http://127.0.0.1:8001"
READY_LIMIT_S, END_LIMIT_S = 600.0, 60.0
LIMIT_OF_THE_CARD = 100_000


def main() -> int:
    """Run it; 0 when every order has come to the end that was promised."""
    OUT.mkdir(parents=True, exist_ok=True)
    model = MODEL.read_text(encoding="utf-8").replace("    language: python\n", "    language: typescript\n", 1)
    (OUT / "architecture.yaml").write_text(model, encoding="utf-8")
    print("[1/3] order in TypeScript; stock and payment in Python", flush=True)
    subprocess.run([COMMAND, "generate", str(OUT / "architecture.yaml"), "-o", str(OUT)], check=True, stdout=subprocess.DEVNULL)
    print("[2/3] up: install, migrate, run; the logs go to .run/", flush=True)
    path = os.pathsep.join([str(Toolchains().typescript.bin), os.environ["PATH"]])
    with (OUT / "up.log").open("wb") as log:
        system = subprocess.Popen([COMMAND, "up", str(OUT)], stdout=log, stderr=log, env={**os.environ, "PATH": path})
    try:
        if not wait(lambda: system.poll() is not None or answers(), READY_LIMIT_S) or system.poll() is not None:
            print((OUT / "up.log").read_text(encoding="utf-8")[-3000:], file=sys.stderr)
            return 1
        return orders()
    finally:
        system.send_signal(signal.SIGTERM)
        system.wait(timeout=60)


def orders() -> int:
    """Three orders: one that everybody can serve, one with more lines than stock takes, one that the card does not cover."""
    print("[3/3] three orders", flush=True)
    wishes = (("confirmed", 1, 5_000), ("cancelled", 4, 5_000), ("cancelled", 1, LIMIT_OF_THE_CARD + 1))
    failed = 0
    for expected, lines, amount in wishes:
        body = {
            "customer": "ada@example.com",
            "lines": [{"sku": f"BIKE-{number}", "quantity": 1} for number in range(lines)],
            "total": {"minor_units": amount, "currency": "EUR"},
        }
        placed = str(call("/v1/orders", body)["id"])
        has_ended = wait(partial(is_settled, placed), END_LIMIT_S)
        status = call(f"/v1/orders/{placed}")["status"] if has_ended else "pending"
        failed += status != expected
        print(f"\n{lines} line(s) for {amount / 100:.2f} EUR: {status}", flush=True)
        subprocess.run([COMMAND, "trace", placed, str(OUT)], check=True)
    return 1 if failed else 0


def is_settled(order: str) -> bool:
    """Whether its saga has decided on an order."""
    return call(f"/v1/orders/{order}")["status"] != "pending"


def call(path: str, body: object = None) -> dict[str, Any]:
    """Ask the order service."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(ORDER_URL + path, data, {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())})
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def answers() -> bool:
    """Whether the system has said that it is ready."""
    return "ready; stop" in (OUT / "up.log").read_text(encoding="utf-8")


def wait(condition: Callable[[], bool], limit_s: float) -> bool:
    """Wait until a condition holds; whether it did in time."""
    ends = time.monotonic() + limit_s
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.2)
    return False


if __name__ == "__main__":
    if shutil.which("npm") is None:
        sys.exit("npm is needed")
    sys.exit(main())
