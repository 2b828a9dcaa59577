"""Generated services as processes on real servers: PostgreSQL and RabbitMQ from the environment, and ways to break them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from microservices_skill.codegen.generate import generate_system
from microservices_skill.contracts.render import for_service
from microservices_skill.files import FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.loading import read_architecture

ROOT = Path(__file__).parents[2]
DATABASE_URL = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
BROKER_URL = os.environ.get("TEST_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672/")


def read_example(name: str, *, system: str = "") -> Architecture:
    """The architecture of an example, under a system name of its own where queues must not be shared."""
    text = (ROOT / "examples" / name / "architecture.yaml").read_text(encoding="utf-8")
    architecture, _ = read_architecture(text, source=name)
    if not system:
        return architecture
    return architecture.model_copy(update={"system": architecture.system.model_copy(update={"name": system})})


def write_system(architecture: Architecture, folder: Path) -> Path:
    """Write a generated system and its services' contracts."""
    tree = generate_system(architecture)
    for service in architecture.services:
        tree |= for_service(architecture, service).under(f"services/{service.name}")
    return write_tree(tree, folder)


def write_tree(tree: FileTree, folder: Path) -> Path:
    """Write a tree as it is."""
    for path, file in tree.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.text, encoding="utf-8")
    return folder


def run(interpreter: Path, folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a tool of the generated service's environment in its folder."""
    command = [interpreter.parent / arguments[0], *arguments[1:]]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
        stdin=subprocess.DEVNULL,
    )


class Proxy:
    """A TCP proxy on loopback that can be cut: connections break, and new ones are refused."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._open: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.port = free_port()
        self.restore()

    def restore(self) -> None:
        """Listen again."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        """Break everything."""
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._target)
                self._open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> dict[str, object]:
        """The body as JSON."""
        found: dict[str, object] = json.loads(self.text)
        return found


@dataclass
class Running:
    """A generated service as a process."""

    interpreter: Path
    folder: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def package(self) -> str:
        """The name of its package."""
        return next(each.name for each in (self.folder / "src").iterdir() if (each / "main.py").exists())

    @property
    def log(self) -> str:
        """What it has said so far."""
        return (self.folder / "service.log").read_text(encoding="utf-8")

    def python(self, *arguments: str) -> None:
        """Run a module of it to the end."""
        subprocess.run([self.interpreter, *arguments], cwd=self.folder, env=self._env(), check=True, capture_output=True, timeout=120)

    def start(self) -> Running:
        """Start, and wait until it is alive."""
        with (self.folder / "service.log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.interpreter, "-m", self.package], cwd=self.folder, env=self._env(), stdout=log, stderr=log
            )
        until(lambda: self.call("GET", "/health/live").status == 200, 60)
        return self

    def kill(self) -> None:
        """Kill at once, without a chance to say goodbye."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Ask to stop, and wait; returns the exit status."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout=60)

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Call it; status 0 where nobody answers."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, method=method)
        for name, value in ({"Content-Type": "application/json"} if data else {} | {}).items():
            request.add_header(name, value)
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return Answer(response.status, dict(response.headers), response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read().decode())
        except (OSError, TimeoutError):
            return Answer(0, {}, "")

    def _env(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(self.folder / "src"), "PORT": str(self.port), **self.environment}


def until(condition: Callable[[], bool], limit_s: float) -> None:
    """Wait until a condition holds."""
    ends = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.1)


def sql(interpreter: Path, url: str, statement: str) -> list[list[object]]:
    """Run a statement on PostgreSQL with the driver of the generated services."""
    script = (
        "import asyncio, asyncpg, json, sys\n"
        "async def main():\n"
        "    connection = await asyncpg.connect(sys.argv[1])\n"
        "    rows = await connection.fetch(sys.argv[2])\n"
        "    await connection.close()\n"
        "    print(json.dumps([[str(value) for value in row] for row in rows]))\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([interpreter, "-c", script, url, statement], capture_output=True, text=True, check=True, timeout=60)
    found: list[list[object]] = json.loads(done.stdout)
    return found


@contextmanager
def new_database(interpreter: Path) -> Iterator[str]:
    """An empty database on the real server."""
    name = f"generated_{uuid4().hex[:12]}"
    sql(interpreter, DATABASE_URL, f"CREATE DATABASE {name}")
    yield f"{DATABASE_URL.rpartition('/')[0]}/{name}"
    sql(interpreter, DATABASE_URL, f"DROP DATABASE {name} WITH (FORCE)")
