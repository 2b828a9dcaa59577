"""The services of the system under test as processes, each with its own links to the servers and to what stands outside."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from microservices_skill.chaos.errors import ServerFailedError
from microservices_skill.chaos.links import Link
from microservices_skill.running.supervisor import is_ready

START_LIMIT_S = 90.0


class Child:
    """A process group that can be killed, frozen and started again."""

    def __init__(self, name: str, command: str, folder: Path, environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        self._command = command
        self._folder = folder
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1", **environment}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Run it; what it says goes on in its log."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - a line of the Procfile or of the scenario, which is shell
                ["/bin/sh", "-c", self._command],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it at once."""
        self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def stop(self) -> None:
        """Ask it to end; kill it where it does not."""
        self.signal(signal.SIGTERM)
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=30)
        self.kill()

    def signal(self, which: signal.Signals) -> None:
        """Send a signal to it and to whatever it started."""
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, which)


class Member(Child):
    """A service, and its links by the name of what they lead to."""

    def __init__(
        self, name: str, command: str, folder: Path, environment: Mapping[str, str], log: Path, *, port: int, links: Mapping[str, Link]
    ) -> None:
        super().__init__(name, command, folder, environment, log)
        self.port = port
        self.links = links

    @property
    def is_ready(self) -> bool:
        """Whether it says that it can work."""
        return is_ready(self.port)

    def await_ready(self) -> None:
        """Wait until it can work.

        Raises:
            ServerFailedError: it ends or takes too long.

        """
        ends = time.monotonic() + START_LIMIT_S
        while not self.is_ready:
            if not self.is_alive or time.monotonic() > ends:
                raise ServerFailedError(self.name, self.log)
            time.sleep(0.1)
