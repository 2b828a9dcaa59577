"""The whole way in one go: answers, architecture, findings, documents, services, and one of them at work.

No server is needed: the service runs on SQLite and keeps its events in its process.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.generated.languages import Toolchain, Toolchains

from microservices_skill.app.checking import validate
from microservices_skill.app.discovery import propose
from microservices_skill.app.generation import generate_system
from microservices_skill.model.system import Language

ROOT = Path(__file__).parents[1]
OUT = ROOT / "out" / "shop"
PORT = 8765
ORDER = {
    "customer_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "customer_email": "ada@example.com",
    "lines": [{"sku": "BIKE-1", "quantity": 2, "unit_price": {"minor_units": 45000, "currency": "EUR"}}],
    "total": {"minor_units": 90000, "currency": "EUR"},
}


def main() -> int:
    """Run it; 0 when everything that was shown is as promised."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    shutil.copy(ROOT / "examples" / "shop" / "answers.yaml", OUT / "answers.yaml")
    language = "" if shutil.which("npm") else "python"  # as the model says, unless nothing here can run it
    design(language)
    service = OUT / "services" / "order"
    return show(service, install(service))


def step(number: int, text: str) -> None:
    """Say what comes now."""
    print(f"\n[{number}/5] {text}", flush=True)


def design(language: str) -> None:
    """From answers to files."""
    step(1, "propose an architecture from examples/shop/answers.yaml")
    proposal = propose(OUT / "answers.yaml", output=OUT / "architecture.yaml")
    print(f"  {proposal.style}: {', '.join(proposal.services)}; {proposal.events} events; sagas: {', '.join(proposal.sagas)}")
    for reason in proposal.reasons[:6]:
        print(f"  - {reason.choice}: {reason.because}")
    step(2, "validate it")
    validation = validate(OUT / "architecture.yaml")
    print(f"  {dict(validation.counts) or 'no findings'}")
    for finding in validation.findings[:5]:
        print(f"  - {finding.severity} {finding.rule}: {finding.message}")
    step(3, "write decisions, contracts and services")
    started = time.process_time()
    generate_system(OUT, OUT / "architecture.yaml", language=language, progress=told)
    files = [path for path in OUT.rglob("*") if path.is_file() and ".microservices-skill" not in path.parts]
    kinds = Counter(path.relative_to(OUT).parts[0] for path in files)
    size = sum(path.stat().st_size for path in files) // 1024
    print(f"  {len(files)} files, {size} KiB in {time.process_time() - started:.1f} CPU s: {dict(sorted(kinds.items()))}")


def told(done: int, of: int, what: str) -> None:
    """Show progress."""
    print(f"  {done + 1}/{of} {what}", flush=True)


def install(service: Path) -> Toolchain:
    """What runs the service: its language's tools and exactly the packages that it locks."""
    step(4, "install what the order service locks (a minute the first time)")
    toolchains = Toolchains()
    toolchain = toolchains[Language.TYPESCRIPT if (service / "package.json").exists() else Language.PYTHON]
    toolchain.prepare(service)
    return toolchain


def show(service: Path, toolchain: Toolchain) -> int:
    """Start the service and use it."""
    step(5, f"start {service.relative_to(ROOT)} on its embedded default and place an order")
    log = OUT / "order.log"
    settings = {"PORT": str(PORT), "DATABASE_URL": f"sqlite:///{OUT / 'order.db'}"}
    environment = {**os.environ, **toolchain.environment(service), **settings}
    with log.open("wb") as sink:
        process = subprocess.Popen(toolchain.start_command(service), cwd=service, env=environment, stdout=sink, stderr=sink)
    try:
        wait()
        key = str(uuid4())
        first = call("POST", "/v1/orders", ORDER, key)
        again = call("POST", "/v1/orders", ORDER, key)
        orders = call("GET", "/v1/orders")[1]["items"]
        print(f"  POST /v1/orders                      {first[0]} {first[1]['id']} {first[1]['status']}")
        print(f"  the same with the same key           {again[0]} {again[1]['id']} replayed: {again[2].get('idempotency-replayed')}")
        print(f"  GET /v1/orders                       {len(orders)} order")
        print(f"  GET /health/ready                    {call('GET', '/health/ready')[1]}")
        shown = [line for line in text("/metrics").splitlines() if line.startswith(("events_published_total", "outbox_pending"))]
        print("  GET /metrics                         " + "\n                                       ".join(shown))
    finally:
        process.terminate()
        process.wait(timeout=30)
    records = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    request = next(record for record in records if record.get("event") == "http.request")
    print(f"  a log record                         {json.dumps(request)[:150]}…")
    is_fine = first[1]["id"] == again[1]["id"] and len(orders) == 1 and any(record.get("event") == "service.stopped" for record in records)
    print(f"\n{'One order from two requests; stopped cleanly.' if is_fine else 'That is not what was promised.'}")
    print(f"Look next at {OUT.relative_to(ROOT)}/docs/README.md and {service.relative_to(ROOT)}/README.md")
    return 0 if is_fine else 1


def wait() -> None:
    """Until the service answers."""
    for _ in range(200):
        try:
            text("/health/ready")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the service did not start; see out/shop/order.log")


def text(path: str) -> str:
    """The body of a GET."""
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=5) as response:
        return str(response.read().decode())


def call(method: str, path: str, body: object = None, key: str = "") -> tuple[int, Any, dict[str, str]]:
    """Status, JSON and headers."""
    headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, json.load(response), {name.lower(): value for name, value in response.headers.items()}
    except urllib.error.HTTPError as error:
        return error.code, json.load(error), {name.lower(): value for name, value in error.headers.items()}


if __name__ == "__main__":
    sys.exit(main())
