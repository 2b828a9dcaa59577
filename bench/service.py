"""POST of a generated service on PostgreSQL against the bare framework, in one run.

The generated one checks the body, claims the idempotency key, stores the order and its event, and commits: one
transaction. ``bare`` does one hand-written insert. ``naive`` is what a tutorial would write: ORM, commit, refresh, then
publish to the broker inline. CPU is the server process's own, per request; the client runs on the other core.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parent))
from run import save

ROOT = Path(__file__).parents[1]
VENV = ROOT / "out" / "venv"
DATABASE = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
BROKER = os.environ.get("TEST_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672/")
CLIENTS, SECONDS, ROUNDS = 8, 6, 3
ORDER = {
    "customer_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "customer_email": "ada@example.com",
    "lines": [{"sku": "BIKE-1", "quantity": 2, "unit_price": {"minor_units": 45000, "currency": "EUR"}}],
    "total": {"minor_units": 90000, "currency": "EUR"},
}
BARE = """
import json, os, uuid
from contextlib import asynccontextmanager
import asyncpg
from fastapi import FastAPI, Request
@asynccontextmanager
async def lifespan(app):
    app.state.pool = await asyncpg.create_pool(os.environ["DATABASE"], min_size=10, max_size=10)
    await app.state.pool.execute("CREATE TABLE IF NOT EXISTS bare_orders (id uuid primary key, body jsonb)")
    yield
    await app.state.pool.close()
app = FastAPI(lifespan=lifespan)
@app.post("/v1/orders", status_code=201)
async def place(request: Request):
    identity = uuid.uuid4()
    await app.state.pool.execute("INSERT INTO bare_orders VALUES ($1, $2)", identity, (await request.body()).decode())
    return {"id": str(identity)}
"""
NAIVE = """
import json, os, uuid
from contextlib import asynccontextmanager
import aio_pika
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import JSON, String
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Base(DeclarativeBase): pass
class Order(Base):
    __tablename__ = "naive_orders"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    body: Mapped[dict] = mapped_column(JSON)
class Money(BaseModel):
    minor_units: int
    currency: str
class Line(BaseModel):
    sku: str
    quantity: int
    unit_price: Money
class Body(BaseModel):
    customer_id: uuid.UUID
    customer_email: str
    lines: list[Line]
    total: Money
engine = create_async_engine(os.environ["DATABASE"].replace("postgresql://", "postgresql+asyncpg://"), pool_size=10)
sessions = async_sessionmaker(engine)
@asynccontextmanager
async def lifespan(app):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    app.state.link = await aio_pika.connect(os.environ["BROKER"])
    app.state.channel = await app.state.link.channel()
    app.state.exchange = await app.state.channel.declare_exchange("naive", "topic", auto_delete=True)
    yield
    await app.state.link.close()
app = FastAPI(lifespan=lifespan)
async def session():
    async with sessions() as opened:
        yield opened
@app.post("/v1/orders", status_code=201)
async def place(body: Body, db: AsyncSession = Depends(session)):
    order = Order(id=str(uuid.uuid4()), body=body.model_dump(mode="json"))
    db.add(order)
    await db.commit()
    await db.refresh(order)
    await app.state.exchange.publish(aio_pika.Message(json.dumps(order.body).encode()), "order.placed")
    return {"id": order.id, "body": order.body}
"""


def main() -> None:
    """Interleaved rounds; the best of each, as the machine is shared."""
    service = ROOT / "examples" / "shop" / "generated" / "services" / "order"
    install(service)
    name = f"bench_{uuid4().hex[:8]}"
    query(f"CREATE DATABASE {name}")
    url = f"{DATABASE.rpartition('/')[0]}/{name}"
    with tempfile.TemporaryDirectory() as scratch:
        copied = shutil.copytree(service, Path(scratch) / "order")
        (Path(scratch) / "bare.py").write_text(BARE, encoding="utf-8")
        (Path(scratch) / "naive.py").write_text(NAIVE, encoding="utf-8")
        settings = {**os.environ, "PYTHONPATH": f"{copied / 'src'}:{scratch}", "DATABASE": url, "BROKER": BROKER}
        ours = {**settings, "DATABASE_URL": url, "LOG_LEVEL": "WARNING", "RATE_LIMIT_STORAGE": "memory://", "BROKER_URL": "memory://"}
        unlimit(copied)
        subprocess.run([VENV / "bin" / "python", "-m", "order.migrate"], cwd=copied, env=ours, check=True, capture_output=True)
        servers = {
            "bare: one insert by hand": (["-m", "uvicorn", "bare:app", "--no-access-log", "--log-level", "warning"], settings),
            "naive tutorial: ORM, refresh, publish inline": (
                ["-m", "uvicorn", "naive:app", "--no-access-log", "--log-level", "warning"],
                settings,
            ),
            "generated: idempotency, outbox, one transaction": (["-m", "order"], ours),
        }
        found: dict[str, list[dict[str, float]]] = {label: [] for label in servers}
        for _ in range(ROUNDS):
            for label, (arguments, environment) in servers.items():
                found[label].append(measure(arguments, environment, copied))
    query(f"DROP DATABASE {name} WITH (FORCE)")
    best = {label: max(samples, key=lambda sample: sample["rps"]) for label, samples in found.items()}
    bare = next(iter(best.values()))
    save(
        "service",
        [
            {
                "server": label,
                "requests/s": round(sample["rps"]),
                "ratio": round(sample["rps"] / bare["rps"], 2),
                "p50 ms": round(sample["p50"], 1),
                "p99 ms": round(sample["p99"], 1),
                "CPU ms/request": round(sample["cpu"], 2),
                "CPU ratio": round(sample["cpu"] / bare["cpu"], 2),
                "RSS MB": round(sample["rss"]),
                "cold start CPU s": round(sample["start"], 2),
            }
            for label, sample in best.items()
        ],
    )


def install(service: Path) -> None:
    """The locked requirements."""
    if not (VENV / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    subprocess.run([VENV / "bin" / "pip", "install", "-qq", "--require-hashes", "-r", service / "requirements.txt"], check=True)


def unlimit(service: Path) -> None:
    """Raise the rate limit: the load is far above what one client may send."""
    routes = service / "src" / "order" / "domains" / "purchase_order" / "routes.py"
    routes.write_text(routes.read_text(encoding="utf-8").replace('"60/minute"', '"100000000/minute"'), encoding="utf-8")


def query(statement: str) -> None:
    """Run a statement."""
    script = (
        "import asyncio, asyncpg, sys\n"
        "async def main():\n"
        "    connection = await asyncpg.connect(sys.argv[1])\n"
        "    await connection.execute(sys.argv[2])\n"
        "asyncio.run(main())\n"
    )
    subprocess.run([VENV / "bin" / "python", "-c", script, DATABASE, statement], check=True)


def measure(arguments: list[str], environment: dict[str, str], folder: Path) -> dict[str, float]:
    """Requests per second, latencies in ms, CPU of the server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    extra = ["--port", str(port)] if "uvicorn" in arguments else []
    process = subprocess.Popen([VENV / "bin" / "python", *arguments, *extra], cwd=folder, env={**environment, "PORT": str(port)})
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
