"""Where the CPU of processes goes: samples of their stacks, each counted for the layer whose code runs or has called what runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from tests.generated.processes import until

from microservices_skill.model.system import Language
from run import tool

HERE = Path(__file__).parent
LIMIT_S = 60.0
LAYERS = {
    "database": "sqlalchemy asyncpg greenlet typeorm pg pg-pool pg-protocol pg-types postgres-bytea",
    "broker": "aio_pika aiormq pamqp amqplib",
    "traces": "opentelemetry @opentelemetry",
    "logs": "structlog logging pino thread-stream sonic-boom",
    "metrics": "prometheus_client prom-client",
    "HTTP": "fastapi starlette uvicorn httptools h11 anyio @nestjs express fastify router find-my-way",
    "validation": "pydantic annotated_types zod ajv class-validator class-transformer",
}
_LAYER_OF = {package: layer for layer, packages in LAYERS.items() for package in packages.split()}
ROLES = ("order", "inventory", "payment", "notification")
OWN, COLLECTOR, LOOP = "the service's own code", "garbage collection", "event loop"
_IDLE = {"(idle)", "(program)"}


@dataclass
class Profile:
    """How many samples each layer has; filled when the profiled time is over."""

    samples: Counter[str] = field(default_factory=Counter)

    def shares(self) -> dict[str, str]:
        """Percent of the CPU by layer, the greatest first."""
        total = sum(self.samples.values())
        return {layer: f"{100 * count / total:.0f} %" for layer, count in self.samples.most_common()}


def preloaded(language: Language, target: Path) -> dict[str, str]:
    """What a process needs in its environment to be profiled."""
    return {} if language is Language.PYTHON else {"NODE_OPTIONS": f"--require {HERE / 'profiler.cjs'}", "PROFILE": str(target)}


@contextmanager
def profiled(language: Language, processes: Iterable[tuple[int, Path]]) -> Iterator[Profile]:
    """Sample processes, each by its id and the file that ``preloaded`` was told, for as long as the block runs."""
    found = Profile()
    sample = _sampled_python if language is Language.PYTHON else _sampled_node
    with sample(list(processes)) as stacks:
        yield found
    found.samples.update(chain.from_iterable([_layer(stack)] * count for stack, count in stacks))


Stacks = list[tuple[Sequence[str], int]]
"""Packages from the one whose code runs to the one that began, and how often they were seen."""


@contextmanager
def _sampled_python(processes: Sequence[tuple[int, Path]]) -> Iterator[Stacks]:
    """By py-spy, from outside."""
    command = [str(tool("py-spy")), "record", "--format", "raw", "--rate", "100", "--nonblocking"]
    spies = [
        subprocess.Popen([*command, "--pid", str(pid), "--output", target], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for pid, target in processes
    ]
    stacks: Stacks = []
    yield stacks
    for spy, (_, target) in zip(spies, processes, strict=True):
        spy.send_signal(signal.SIGINT)
        spy.wait(LIMIT_S)
        for line in target.read_text(encoding="utf-8").splitlines():
            frames, _, count = line.rpartition(" ")
            stacks.append(([_python_package(frame) for frame in reversed(frames.split(";"))], int(count)))


@contextmanager
def _sampled_node(processes: Sequence[tuple[int, Path]]) -> Iterator[Stacks]:
    """By V8's own profiler, which ``profiler.cjs`` starts and stops."""
    for pid, _ in processes:
        os.kill(pid, signal.SIGUSR2)
    stacks: Stacks = []
    yield stacks
    for pid, target in processes:
        os.kill(pid, signal.SIGUSR2)
        until(target.exists, LIMIT_S, f"for {target}")
        nodes = json.loads(target.read_text(encoding="utf-8"))["nodes"]
        frames = {node["id"]: node["callFrame"] for node in nodes}
        callers = {called: node["id"] for node in nodes for called in node.get("children", ())}
        stacks += [
            ([_node_package(frames[each]) for each in _upwards(node["id"], callers)], node["hitCount"])
            for node in nodes
            if node["callFrame"]["functionName"] not in _IDLE
        ]


def _upwards(node: int, callers: Mapping[int, int]) -> Iterator[int]:
    while True:
        yield node
        if node not in callers:
            return
        node = callers[node]


def _layer(stack: Sequence[str]) -> str:
    """The layer of the first package that has one; what the language's own library does counts for whoever called it."""
    return next((_LAYER_OF.get(package, package) for package in stack if package in _LAYER_OF or package in (OWN, COLLECTOR)), LOOP)


def _python_package(frame: str) -> str:
    """``sqlalchemy`` of ``execute (sqlalchemy/engine/base.py:1419)``; py-spy shortens a path to what a package has in it."""
    path = frame.rpartition("(")[2]
    package = path.partition("/")[0]
    return OWN if "/src/" in path or package in ROLES else package


def _node_package(frame: Mapping[str, str]) -> str:
    if frame["functionName"] == "(garbage collector)":
        return COLLECTOR
    _, is_package, path = frame["url"].rpartition("/node_modules/")
    if is_package:
        scope, _, rest = path.partition("/")
        return scope if scope in _LAYER_OF or not scope.startswith("@") else rest.partition("/")[0]
    return OWN if "/dist/" in frame["url"] else ""
