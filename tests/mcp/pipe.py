"""Our server as a process, spoken to line by line as no client library would."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[2]
SERVE = [sys.executable, "-c", "from microservices_skill.cli import main; main(['serve'])"]
INITIALIZE = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
PATIENCE_S = 60
"""The machine may be busy."""


def modern(version: str = "2026-07-28", **capabilities: object) -> dict[str, Any]:
    """What each request of 2026-07-28 carries."""
    prefix = "io.modelcontextprotocol"
    return {"_meta": {f"{prefix}/protocolVersion": version, f"{prefix}/clientCapabilities": capabilities}}


def environment(workspace: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT / "server"), "MICROSERVICES_SKILL_ROOT": str(workspace)}


class Pipe:
    """A server and the pipe to it."""

    def __init__(self, workspace: Path) -> None:
        kept = subprocess.PIPE
        self.process = subprocess.Popen(SERVE, stdin=kept, stdout=kept, stderr=kept, env=environment(workspace), text=True)
        self._numbers = iter(range(1, 1000))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def send(self, method: str, params: dict[str, Any] | None = None, *, number: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method} | ({"params": params} if params else {}) | ({"id": number} if number else {})
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def ask(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The answer to a request; what is told on the way is left out."""
        number = next(self._numbers)
        self.send(method, params, number=number)
        while True:
            told = self.read()
            if told.get("id") == number:
                return told

    def shake_hands(self) -> dict[str, Any]:
        answer = self.ask("initialize", INITIALIZE)
        self.send("notifications/initialized")
        return answer

    def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        told: dict[str, Any] = json.loads(line)
        return told

    def end(self) -> tuple[int, str, str]:
        """The exit code once the process ends, and what it still had to say."""
        rest, errors = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, rest, errors
