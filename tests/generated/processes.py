"""A generated service as a process, and calls to it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.generated.languages import Toolchain

from microservices_skill.chaos.links import free_port

START_LIMIT_S = 90.0
CALL_LIMIT_S = 30.0


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; status 0 where nobody answered."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def is_problem(self) -> bool:
        """Whether it is problem details (RFC 9457) that say its status."""
        is_typed = self.headers.get_content_type() == "application/problem+json"
        return is_typed and self.json["status"] == self.status and self.json["type"].startswith("urn:problem:")


NOBODY = Answer(0, Message(), b"")


@dataclass
class Running:
    """A generated service as a process."""

    toolchain: Toolchain
    folder: Path
    settings: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What it has said so far."""
        return (self.folder / "service.log").read_text(encoding="utf-8")

    @property
    def records(self) -> list[dict[str, Any]]:
        """What it has said so far, line by line; each line must be JSON."""
        return [json.loads(line) for line in self.log.splitlines()]

    @property
    def is_alive(self) -> bool:
        """Whether its process runs."""
        return self.process is not None and self.process.poll() is None

    def migrate(self) -> Running:
        """Bring its database up to date."""
        command = self.toolchain.migrate_command(self.folder)
        done = subprocess.run(command, cwd=self.folder, env=self._environment(), check=False, capture_output=True, timeout=120)
        assert done.returncode == 0, (done.stdout + done.stderr).decode()[-6000:]
        return self

    def rebuilding(self, *views: str) -> subprocess.Popen[bytes]:
        """Begin to build views anew, in a process of its own."""
        command = [*self.toolchain.tool_command(self.folder, "rebuild"), *views]
        with (self.folder / "rebuild.log").open("ab") as log:
            return subprocess.Popen(command, cwd=self.folder, env=self._environment(), stdout=log, stderr=log)

    def streams(self, action: str, *names: str) -> int:
        """Look after streams of events; the exit status."""
        command = [*self.toolchain.tool_command(self.folder, "streams"), action, *names]
        done = subprocess.run(command, cwd=self.folder, env=self._environment(), check=False, capture_output=True, timeout=120)
        return done.returncode

    def start(self) -> Running:
        """Start, and wait until it is alive."""
        with (self.folder / "service.log").open("ab") as log:
            command = self.toolchain.start_command(self.folder)
            self.process = subprocess.Popen(command, cwd=self.folder, env=self._environment(), stdout=log, stderr=log)
        until(lambda: not self.is_alive or self.call("GET", "/health/live").status == 200, START_LIMIT_S)
        assert self.is_alive, self.log[-6000:]
        return self

    def kill(self) -> None:
        """Kill at once, without a chance to say goodbye."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """Kill it where it still runs."""
        if self.is_alive:
            self.kill()

    def stop(self) -> int:
        """Ask to stop, and wait; returns the exit status."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout=60)

    def call(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Call it with a JSON body, or with bytes as they are."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body, ensure_ascii=False).encode()
        sent = ({"Content-Type": "application/json"} if data is not None else {}) | dict(headers or {})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=CALL_LIMIT_S)
        try:
            connection.request(method, path, data, sent)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException):
            return NOBODY
        finally:
            connection.close()

    def exchange(self, request: bytes) -> bytes:
        """Send bytes that no HTTP client would, and give back all that is answered."""
        found = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=CALL_LIMIT_S) as connection:
            try:
                connection.sendall(request)
                while data := connection.recv(65536):
                    found += data
            except ConnectionError:
                return found
        return found

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.toolchain.environment(self.folder), "PORT": str(self.port), **self.settings}


@dataclass(frozen=True)
class Caller:
    """Somebody who calls a service: every request under one subject, so with rate limits and keys of its own."""

    service: Running
    headers: Mapping[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Answer:
        """Read something."""
        return self.send("GET", path, **headers)

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Send a request as it is."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.service.call(method, path, body, {**self.headers, **named})

    def change(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Send a request under a new idempotency key, where none is given."""
        return self.send(method, path, body, **{"Idempotency_Key": str(uuid4()), **headers})


def until(condition: Callable[[], bool], limit_s: float, what: str = "") -> None:
    """Wait until a condition holds."""
    ends = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < ends, f"waited in vain {what}"
        time.sleep(0.05)
