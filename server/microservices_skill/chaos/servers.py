"""Servers that may be broken: a PostgreSQL and a RabbitMQ of the proof's own, killed and started again at will."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from microservices_skill.chaos.errors import MissingServerError, ServerFailedError
from microservices_skill.chaos.links import free_port

_START_LIMIT_S = 90.0

NATS_AT_LEAST = (2, 10)
"""Older ones know no consumer of more than one subject."""


class Server(Protocol):
    """A server that services use."""

    name: str
    url: str

    def start(self) -> None:
        """Come up, and wait until connections are taken."""

    def crash(self) -> None:
        """End at once, without a chance to say goodbye or to write anything down."""


class _OwnServer(ABC):
    """A process group in a folder of its own."""

    name = ""
    url = ""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._log = folder / "server.log"

    def start(self) -> None:
        """Come up, and wait until connections are taken."""
        with self._log.open("ab") as log:
            self._process = self._launch(log.fileno())
        ends = time.monotonic() + _START_LIMIT_S
        while not self._is_up():
            if self._process.poll() is not None or time.monotonic() > ends:
                raise ServerFailedError(self.name, self._log)
            time.sleep(0.1)

    def crash(self) -> None:
        """End at once, with all that belongs to it."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            while self._is_up():  # until the system has taken the port back
                time.sleep(0.05)

    @abstractmethod
    def _launch(self, log: int) -> subprocess.Popen[bytes]:
        """Start the process; what it says goes to the log."""

    def _is_up(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0


class Postgres(_OwnServer):
    """A PostgreSQL cluster that trusts whoever is on this machine."""

    name = "PostgreSQL"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, free_port())
        binary = _newest("postgres", "/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin")
        if binary is None:
            raise MissingServerError(self.name, "--database-url")
        self._binaries = binary.parent
        self._user = _unprivileged("postgres")
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"
        folder.mkdir()
        if self._user is not None:
            shutil.chown(folder, self._user)
        command = [str(self._binaries / "initdb"), "-D", str(folder / "data"), "-A", "trust", "-U", "postgres"]
        done = subprocess.run(command, capture_output=True, check=False, user=self._user, cwd=folder)  # noqa: S603 - PostgreSQL's own tool
        self._log.write_bytes(done.stdout + done.stderr)
        if done.returncode != 0:
            raise ServerFailedError("initdb", self._log)

    def _launch(self, log: int) -> subprocess.Popen[bytes]:
        settings = {"max_connections": "300", "unix_socket_directories": "", "listen_addresses": "127.0.0.1"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self._binaries / "postgres"), "-D", str(self._folder / "data"), "-p", str(self._port), *options]
        return subprocess.Popen(command, stdout=log, stderr=log, user=self._user, cwd=self._folder, start_new_session=True)  # noqa: S603 - as above


class RabbitMq(_OwnServer):
    """A RabbitMQ node with a name, ports and data of its own."""

    name = "RabbitMQ"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, free_port())
        binary = _newest("rabbitmq-server", "/usr/lib/rabbitmq/bin", "/opt/homebrew/opt/rabbitmq/sbin", "/usr/local/opt/rabbitmq/sbin")
        if binary is None:
            raise MissingServerError(self.name, "--broker-url")
        self._binary = binary
        self.url = f"amqp://guest:guest@127.0.0.1:{self._port}/"
        folder.mkdir()
        (folder / "enabled_plugins").write_text("[].\n", encoding="ascii")
        self._environment = os.environ | {
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"chaos-{self._port}@localhost",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "none"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "none"),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_PID_FILE": str(folder / "pid"),
        }

    def _launch(self, log: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - RabbitMQ's own tool
            [str(self._binary)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=self._environment,
            cwd=self._folder,
            start_new_session=True,
        )


class Nats(_OwnServer):
    """A NATS server with JetStream, with data of its own."""

    name = "NATS"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, free_port())
        found = (shutil.which("nats-server"), *map(str, Path("/").glob("opt/homebrew/opt/nats-server/bin/nats-server")))
        binary = max((Path(each) for each in found if each is not None), key=_said_version, default=None)
        if binary is None or _said_version(binary) < NATS_AT_LEAST:
            raise MissingServerError(f"{self.name} {'.'.join(map(str, NATS_AT_LEAST))} or newer", "--broker-url")
        self._binary = binary
        self.url = f"nats://127.0.0.1:{self._port}"
        folder.mkdir()

    def _launch(self, log: int) -> subprocess.Popen[bytes]:
        command = [str(self._binary), "--addr", "127.0.0.1", "--port", str(self._port), "--jetstream", "--store_dir"]
        return subprocess.Popen(  # noqa: S603 - NATS' own tool
            [*command, str(self._folder / "data")],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=self._folder,
            start_new_session=True,
        )


class GivenServer:
    """A server that others may use, too: it is cut off rather than killed."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url

    def start(self) -> None:
        """It runs already."""

    def crash(self) -> None:
        """It is not ours to kill."""


def _newest(tool: str, *places: str) -> Path | None:
    """A tool in the newest of some folders, or the one of PATH."""
    found = [each / tool for place in places for each in Path("/").glob(place.lstrip("/")) if (each / tool).is_file()]
    on_path = shutil.which(tool)
    return max(found, key=_version, default=Path(on_path) if on_path else None)


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in path.parts if part.isdigit())


def _said_version(binary: Path) -> tuple[int, ...]:
    """What a server says of its version."""
    said = subprocess.run([str(binary), "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603 - as above
    return tuple(int(part) for part in re.findall(r"\d+", said)[:3])


def _unprivileged(name: str) -> str | None:
    """Who runs a server that refuses to be run by root; nobody else needs to change."""
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        return pwd.getpwnam(name).pw_name
    return "nobody"
