"""POST of generated services on PostgreSQL against their bare frameworks, all in one run.

A generated one checks the body, claims the idempotency key, stores the order and its event, and commits: one transaction;
its relay publishes beside it. The bare ones do one insert by hand. ``naive`` is what a tutorial would write: ORM, commit,
refresh, then publish to the broker inline. ``hand-written`` keeps the generated one's promises with nothing around them: no
metrics, logs, problem details, limits or deadlines, and a relay that only marks. CPU is the server process's own, per
request; the client runs on the other core.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests.generated.languages import PythonToolchain, Toolchain, Toolchains

from microservices_skill.chaos.links import free_port
from microservices_skill.codegen.generate import generate_service
from microservices_skill.model.loading import read_architecture
from microservices_skill.model.system import Language
from run import save

ROOT = Path(__file__).parents[1]
PEERS = Path(__file__).parent / "peers"
DATABASE = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
BROKER = os.environ.get("TEST_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672/")
CLIENTS, SECONDS, ROUNDS = 8, 6, 3
ORDER = {
    "customer_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "customer_email": "ada@example.com",
    "lines": [{"sku": "BIKE-1", "quantity": 2, "unit_price": {"minor_units": 45000, "currency": "EUR"}}],
    "total": {"minor_units": 90000, "currency": "EUR"},
}


@dataclass(frozen=True)
class Contender:
    """A server to measure, and the bare one that it is compared with."""

    label: str
    bare: str
    command: list[str]
    folder: Path
    environment: dict[str, str]


def main() -> None:
    """Interleaved rounds; the best of each, as the machine is shared."""
    toolchains = Toolchains()
    with tempfile.TemporaryDirectory() as scratch, database(toolchains.python) as first, database(toolchains.python) as second:
        contenders = [*fastapi(Path(scratch), toolchains.python, first), *nest(Path(scratch), toolchains.typescript, second)]
        found: dict[str, list[dict[str, float]]] = {each.label: [] for each in contenders}
        for _ in range(ROUNDS):
            for each in contenders:
                found[each.label].append(measure(each))
    best = {label: max(samples, key=lambda sample: sample["rps"]) for label, samples in found.items()}
    save("service", [row(each, best[each.label], best[each.bare]) for each in contenders])


def row(contender: Contender, sample: dict[str, float], bare: dict[str, float]) -> dict[str, object]:
    """A line of the table."""
    return {
        "server": contender.label,
        "requests/s": round(sample["rps"]),
        "ratio": round(sample["rps"] / bare["rps"], 2),
        "p50 ms": round(sample["p50"], 1),
        "p99 ms": round(sample["p99"], 1),
        "CPU ms/request": round(sample["cpu"], 2),
        "CPU ratio": round(sample["cpu"] / bare["cpu"], 2),
        "RSS MB": round(sample["rss"]),
        "cold start CPU s": round(sample["start"], 2),
    }


def fastapi(scratch: Path, toolchain: PythonToolchain, url: str) -> list[Contender]:
    """FastAPI: bare, naive and generated."""
    folder, settings = generated(scratch, toolchain, Language.PYTHON, url)
    peers = {"PYTHONPATH": str(PEERS), "DATABASE": url, "BROKER": BROKER}
    serve = [str(toolchain.home / "bin" / "python"), "-m", "uvicorn", "--no-access-log", "--log-level", "warning", "--port", "{port}"]
    bare = "bare FastAPI: one insert by hand"
    return [
        Contender(bare, bare, [*serve, "bare_fastapi:app"], folder, peers),
        Contender("naive FastAPI: ORM, refresh, publish inline", bare, [*serve, "naive_fastapi:app"], folder, peers),
        Contender("hand-written FastAPI: the same guarantees", bare, [*serve, "handwritten_fastapi:app"], folder, peers),
        Contender("generated FastAPI", bare, toolchain.start_command(folder), folder, settings),
    ]


def nest(scratch: Path, toolchain: Toolchain, url: str) -> list[Contender]:
    """NestJS: bare and generated."""
    folder, settings = generated(scratch, toolchain, Language.TYPESCRIPT, url)
    for peer in ("bare-nest.ts", "handwritten-nest.ts"):
        shutil.copy(PEERS / peer, folder / "src" / peer)
    build = [str(folder / "node_modules" / ".bin" / "tsc"), "-p", "tsconfig.build.json"]
    subprocess.run(build, cwd=folder, check=True, env={**os.environ, **toolchain.environment(folder)})
    bare = "bare NestJS: one insert by hand"
    peers = toolchain.environment(folder) | {"DATABASE": url}
    return [
        Contender(bare, bare, ["node", "dist/bare-nest.js"], folder, peers),
        Contender("hand-written NestJS: the same guarantees", bare, ["node", "dist/handwritten-nest.js"], folder, peers),
        Contender("generated NestJS", bare, toolchain.start_command(folder), folder, settings),
    ]


@contextmanager
def database(toolchain: PythonToolchain) -> Iterator[str]:
    """An empty database."""
    name = f"bench_{uuid4().hex[:8]}"
    query(toolchain, f"CREATE DATABASE {name}")
    try:
        yield f"{DATABASE.rpartition('/')[0]}/{name}"
    finally:
        query(toolchain, f"DROP DATABASE {name} WITH (FORCE)")


def generated(scratch: Path, toolchain: Toolchain, language: Language, url: str) -> tuple[Path, dict[str, str]]:
    """The shop's order service in a language, without a rate limit, as the load is far above what one client may send.

    Without the saga that placing an order starts, too: the peers keep the promises of a single request.
    """
    text = (ROOT / "examples" / "shop" / "architecture.yaml").read_text(encoding="utf-8")
    architecture, _ = read_architecture(text)
    document = architecture.model_dump(by_alias=True) | {"sagas": []}
    for service in document["services"]:
        service["language"] = language
        for endpoint in service["endpoints"]:
            endpoint["rateLimit"] = {"requests": 1_000_000, "per": "second"}
    folder = scratch / language
    for path, file in generate_service(type(architecture).model_validate(document), "order").items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.text, encoding="utf-8")
    toolchain.prepare(folder)
    settings = toolchain.environment(folder) | {"DATABASE_URL": url, "LOG_LEVEL": "WARNING", "BROKER_URL": "memory://"}
    subprocess.run(toolchain.migrate_command(folder), cwd=folder, env={**os.environ, **settings}, check=True, capture_output=True)
    return folder, settings


def query(toolchain: PythonToolchain, statement: str) -> None:
    """Run a statement."""
    script = (
        "import asyncio, asyncpg, sys\n"
        "async def main():\n"
        "    connection = await asyncpg.connect(sys.argv[1])\n"
        "    await connection.execute(sys.argv[2])\n"
        "asyncio.run(main())\n"
    )
    subprocess.run([toolchain.home / "bin" / "python", "-c", script, DATABASE, statement], check=True)


def measure(contender: Contender) -> dict[str, float]:
    """Requests per second, latencies in ms, CPU of the server."""
    port = free_port()
    command = [part.replace("{port}", str(port)) for part in contender.command]
    process = subprocess.Popen(command, cwd=contender.folder, env={**os.environ, **contender.environment, "PORT": str(port)})
    try:
        while not listens(port):
            time.sleep(0.05)
        start = cpu_seconds(process.pid)
        spans: list[float] = []
        load(port, 1, [])
        before, began = cpu_seconds(process.pid), time.perf_counter()
        load(port, SECONDS, spans)
        elapsed, used = time.perf_counter() - began, cpu_seconds(process.pid) - before
        spans.sort()
        memory = int(Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[1]) * 4096 / 2**20
    finally:
        process.terminate()
        process.wait()
    return {
        "rps": len(spans) / elapsed, "p50": spans[len(spans) // 2] * 1000, "p99": spans[int(len(spans) * 0.99)] * 1000,
        "cpu": used / len(spans) * 1000, "rss": memory, "start": start,
    }  # fmt: skip


def listens(port: int) -> bool:
    """Whether somebody accepts connections."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def cpu_seconds(pid: int) -> float:
    """What a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(port: int, seconds: float, spans: list[float]) -> None:
    """Some clients, one request at a time each, on connections that stay open."""
    ends = time.perf_counter() + seconds
    body = json.dumps(ORDER).encode()
    threads = [threading.Thread(target=client, args=(port, body, ends, spans)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def client(port: int, body: bytes, ends: float, spans: list[float]) -> None:
    """One client."""
    with socket.create_connection(("127.0.0.1", port)) as link, link.makefile("rb") as answers:
        while time.perf_counter() < ends:
            began = time.perf_counter()
            head = (
                "POST /v1/orders HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
                f"Idempotency-Key: {uuid4()}\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            link.sendall(head.encode() + body)
            status = answers.readline()
            length = 0
            while (line := answers.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            answers.read(length)
            assert b" 201 " in status, status
            spans.append(time.perf_counter() - began)


if __name__ == "__main__":
    main()
