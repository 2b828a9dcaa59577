"""The shop's place-order path, from POST to confirmed over four processes, RabbitMQ and PostgreSQL, against the same path by hand.

The hand-written peers do what the path needs and promise nothing: no outbox, no inbox, no confirms, no idempotency key, no state
of a saga, no timeouts. Two phases for each: as many orders as fit (throughput), and a fixed rate (latency, and where the time goes).
A third one, for generated systems, samples where their CPU goes, apart as sampling costs some itself. Generated systems keep their
own record of when each message was written, published and taken in; it tells the parts.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import mean
from uuid import uuid4

import aio_pika
from tests.generated.architectures import in_language, own_name, read_example, write_service
from tests.generated.languages import Toolchain, Toolchains
from tests.generated.processes import until
from tests.generated.servers import Database

from microservices_skill.chaos.links import free_port
from microservices_skill.chaos.load import post
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.system import Language
from microservices_skill.running.supervisor import is_ready
from profiles import ROLES, preloaded, profiled
from run import save
from service import BROKER, DATABASE, ORDER, PEERS, cpu_seconds

CLIENTS, ORDERS, RATE, SECONDS, LIMIT_S = 8, 400, 10, 20, 180.0
PARTS = ("outbox lag p50 ms", "outbox lag p99 ms", "an order's time ms")
NAMES = {Language.TYPESCRIPT: "NestJS", Language.PYTHON: "FastAPI"}


@dataclass(frozen=True)
class System:
    """Four processes to measure."""

    label: str
    peer: str
    language: Language
    is_generated: bool
    processes: Mapping[str, subprocess.Popen[bytes]]
    ports: Mapping[str, int]
    databases: Mapping[str, Database]
    profiles: Mapping[str, Path] = field(default_factory=dict)


def main() -> None:
    """One system after the other; each alone on the machine."""
    toolchains = Toolchains()
    rows = []
    layers: list[dict[str, object]] = []
    for language in (Language.TYPESCRIPT, Language.PYTHON):
        by_hand, _ = measure(partial(handwritten, language, toolchains[language]))
        generated, shares = measure(partial(deployed, language, toolchains[language]))
        rows += [row(each, by_hand) for each in (by_hand, generated)]
        layers.append({"shop": generated["shop"], **shares})
    save("saga", rows)
    save("saga-profile", layers)


def row(sample: dict[str, object], peer: dict[str, object]) -> dict[str, object]:
    """A line of the table: throughput and CPU as ratios of the peer's."""
    rate, cost = float(str(sample["orders/s"])) / float(str(peer["orders/s"])), float(str(sample["CPU ms"])) / float(str(peer["CPU ms"]))
    return {"shop": sample["shop"], "orders/s": sample["orders/s"], "ratio": round(rate, 2), "CPU ratio": round(cost, 2), **sample}


def measure(make: partial[contextmanager[System]]) -> tuple[dict[str, object], dict[str, str]]:  # type: ignore[type-var]
    """Throughput first, then latencies at a fixed rate, then each layer's share of the CPU."""
    with make() as system:
        warm(system)
        used = {name: cpu_seconds(process.pid) for name, process in system.processes.items()}
        began = time.perf_counter()
        accepted = place_all(system)
        took = time.perf_counter() - began
        cost = {name: (cpu_seconds(process.pid) - used[name]) / ORDERS * 1000 for name, process in system.processes.items()}
        since = str(system.databases["order"].rows("SELECT clock_timestamp()::text")[0][0])
        spans = paced(system)
        until(lambda: unfinished(system) == 0, LIMIT_S, "for all orders")
        ends = sorted(float(each[0]) for each in system.databases["order"].rows(
            "SELECT extract(epoch FROM updated_at - created_at) * 1000 FROM orders WHERE created_at > $1::text::timestamptz", since
        ))  # fmt: skip
        sample: dict[str, object] = {
            "shop": system.label,
            "orders/s": round(ORDERS / took, 1),
            "accepted/s": round(ORDERS / accepted, 1),
            "POST p50 ms": round(at(spans, 0.5), 1),
            "POST p99 ms": round(at(spans, 0.99), 1),
            "confirmed p50 ms": round(at(ends, 0.5)),
            "confirmed p99 ms": round(at(ends, 0.99)),
            "CPU ms": round(sum(cost.values()), 1),
            "CPU ms by service": ", ".join(f"{name} {value:.1f}" for name, value in cost.items()),
            **(parts(system, since) if system.is_generated else dict.fromkeys(PARTS, "")),
        }
        return sample, shares(system) if system.is_generated else {}


def shares(system: System) -> dict[str, str]:
    """Each layer's share of the CPU while orders are placed as fast as they are taken."""
    with profiled(system.language, [(process.pid, system.profiles[name]) for name, process in system.processes.items()]) as profile:
        place_all(system)
    return profile.shares()


def place_all(system: System) -> float:
    """Place the orders and wait until each is confirmed; how many seconds until all were accepted."""
    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(partial(place, system), range(ORDERS)))
    accepted = time.perf_counter() - began
    until(lambda: unfinished(system) == 0, LIMIT_S, "for all orders")
    return accepted


def place(system: System, number: int) -> float:
    """One order; how long its answer took, in milliseconds."""
    began = time.perf_counter()
    status, answer = post(system.ports["order"], "/v1/orders", ORDER, str(uuid4()), client=number)
    assert status == 201, answer
    return (time.perf_counter() - began) * 1000


def warm(system: System) -> None:
    """Code that is compiled and connections that are open."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(partial(place, system), range(40)))
    until(lambda: unfinished(system) == 0, LIMIT_S, "for the first orders")


def paced(system: System) -> list[float]:
    """Orders at a fixed rate, whatever becomes of the others."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        began, futures = time.perf_counter(), []
        for number in range(RATE * SECONDS):
            time.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            futures.append(pool.submit(place, system, number))
        return sorted(each.result() for each in futures)


def unfinished(system: System) -> int:
    """How many orders are not confirmed yet; none may be refused."""
    counts = {status: int(count) for status, count in system.databases["order"].rows("SELECT status, count(*) FROM orders GROUP BY status")}
    assert "cancelled" not in counts, f"{system.label}: {counts}"
    return sum(counts.values()) - counts.get("confirmed", 0)


def parts(system: System, since: str) -> dict[str, object]:
    """The lag of the outboxes, and what an order's time is made of on average: waits in outboxes, at the broker, and work."""
    written: dict[str, tuple[float, float]] = {}
    taken: dict[str, float] = {}
    for database in system.databases.values():
        query = """SELECT id::text, extract(epoch FROM created_at), extract(epoch FROM published_at) FROM outbox_messages
          WHERE created_at > $1::text::timestamptz AND ordering_key LIKE 'saga/%'"""
        written |= {row[0]: (float(row[1]), float(row[2])) for row in database.rows(query, since)}
        inbox = "SELECT message_id::text, extract(epoch FROM received_at) FROM inbox_messages WHERE received_at > $1::text::timestamptz"
        taken |= {row[0]: float(row[1]) for row in database.rows(inbox, since)}
    lags = sorted((published - created) * 1000 for created, published in written.values())
    ways = [(taken[identity] - published) * 1000 for identity, (_, published) in written.items() if identity in taken]
    each = len(written) / (RATE * SECONDS)
    said = f"{each:.0f} messages: outboxes {mean(lags) * each:.0f}, broker {max(0.0, mean(ways) * each):.0f}, the rest work"
    return dict(zip(PARTS, (round(at(lags, 0.5)), round(at(lags, 0.99)), said), strict=True))


def at(values: list[float], share: float) -> float:
    """The value below which a share of sorted values lies."""
    return values[min(len(values) - 1, int(len(values) * share))]


@contextmanager
def handwritten(language: Language, toolchain: Toolchain) -> Iterator[System]:
    """The four processes of a peer, on one database as they have no tables in common."""
    prefix = f"bench-{uuid4().hex[:8]}"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        [database] = stack.enter_context(databases(1))
        ports = {role: free_port() for role in ROLES}
        if language is Language.PYTHON:
            environment = {**toolchain.environment(folder), "PYTHONPATH": str(PEERS)}
            command = [str(toolchain.home / "bin" / "python"), "-m", "uvicorn", "--no-access-log", "--log-level", "warning"]  # type: ignore[attr-defined]
            commands = {role: [*command, "--port", str(port), "handwritten_shop:app"] for role, port in ports.items()}
        else:
            architecture = in_language(read_example("shop"), language)
            write_service(architecture, architecture.services_by_name["order"], folder)
            toolchain.prepare(folder)
            (folder / "shop.mjs").write_bytes((PEERS / "handwritten-shop.mjs").read_bytes())
            environment = toolchain.environment(folder)
            commands = {role: ["node", "shop.mjs"] for role in ROLES}
        stack.callback(forget, [f"{prefix}.{role}" for role in ROLES])
        settings = {**environment, "DATABASE": database.url, "BROKER": BROKER, "PREFIX": prefix}
        processes = {
            role: stack.enter_context(running(command, folder, {**settings, "ROLE": role, "PORT": str(ports[role])}, ports[role]))
            for role, command in commands.items()
        }
        label = f"hand-written {NAMES[language] if language is Language.PYTHON else 'Node'}, no promises"
        yield System(label, label, language, False, processes, ports, dict.fromkeys(ROLES, database))


@contextmanager
def deployed(language: Language, toolchain: Toolchain) -> Iterator[System]:
    """The generated shop in one language, without a rate limit."""
    architecture = unlimited(in_language(read_example("shop", system=own_name("bench")), language))
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found = dict(zip(ROLES, stack.enter_context(databases(len(ROLES))), strict=True))
        ports = {role: free_port() for role in ROLES}
        system = architecture.system.name
        stack.callback(
            forget,
            [f"{system}.{role}{end}" for role in ROLES for end in ("", ".dead-letters")],
            [f"{system}.events", f"{system}.dead-letters"],
        )
        processes, profiles = {}, {}
        for role in ROLES:
            folder = write_service(architecture, architecture.services_by_name[role], scratch / role)
            toolchain.prepare(folder)
            profiles[role] = scratch / f"{role}.profile"
            settings = {**toolchain.environment(folder), "DATABASE_URL": found[role].url, "BROKER_URL": BROKER, "PORT": str(ports[role])}
            subprocess.run(toolchain.migrate_command(folder), cwd=folder, env={**os.environ, **settings}, check=True, capture_output=True)
            command = toolchain.start_command(folder)
            settings |= {"LOG_LEVEL": "WARNING", **preloaded(language, profiles[role])}
            processes[role] = stack.enter_context(running(command, folder, settings, ports[role]))
        label = f"generated {NAMES[language]}"
        yield System(label, "", language, True, processes, ports, found, profiles)


def unlimited(architecture: Architecture) -> Architecture:
    """The same, and a client may ask as often as it likes."""
    document = architecture.model_dump(by_alias=True)
    for service in document["services"]:
        for endpoint in service["endpoints"]:
            endpoint["rateLimit"] = {"requests": 1_000_000, "per": "second"}
    return Architecture.model_validate(document)


@contextmanager
def running(command: list[str], folder: Path, settings: dict[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ready."""
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, **settings}, stdout=subprocess.DEVNULL)
    try:
        until(lambda: process.poll() is not None or is_ready(port), LIMIT_S, f"for {command}")
        assert process.poll() is None, command
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def databases(count: int) -> Iterator[list[Database]]:
    """Empty databases."""
    server = Database(DATABASE)
    names = [f"bench_{uuid4().hex[:8]}" for _ in range(count)]
    for name in names:
        server.rows(f"CREATE DATABASE {name}")
    try:
        yield [Database(f"{DATABASE.rpartition('/')[0]}/{name}") for name in names]
    finally:
        for name in names:
            server.rows(f"DROP DATABASE {name} WITH (FORCE)")


def forget(queues: list[str], exchanges: list[str] | None = None) -> None:
    """Delete what was declared."""

    async def delete() -> None:
        async with await aio_pika.connect(BROKER) as connection:
            channel = await connection.channel()
            for queue in queues:
                await channel.queue_delete(queue)
            for exchange in exchanges or ():
                await channel.exchange_delete(exchange)

    asyncio.run(delete())


if __name__ == "__main__":
    main()
    print(json.dumps({"orders": ORDERS, "clients": CLIENTS, "rate": RATE}))
