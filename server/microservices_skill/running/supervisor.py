"""Runs the processes of a system until somebody says stop or one of them ends.

honcho, the kept library for this, gives a process five seconds to end and knows neither readiness nor log files.
"""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Protocol

from microservices_skill.running.procfile import Process
from microservices_skill.running.system import RunnableSystem

GRACE_S = 30.0
"""Longer than the 20 s in which a service finishes what it has begun."""

_LOOK_S = 0.1


class Audience(Protocol):
    """Who is told of a run; called from several threads, one at a time."""

    def step(self, service: str, text: str) -> None:
        """What is done for a service before it starts, or what became of it."""

    def line(self, service: str, text: str) -> None:
        """A line that a service has written."""

    def ready(self, addresses: dict[str, str]) -> None:
        """Every service answers; where."""


class Supervisor:
    """The processes of a running system."""

    def __init__(self, system: RunnableSystem, audience: Audience) -> None:
        self._system = system
        self._audience = audience
        self._speaking = threading.Lock()
        self._is_asked_to_stop = threading.Event()
        self._running: dict[Process, subprocess.Popen[bytes]] = {}
        self._readers: list[threading.Thread] = []

    def run(self, *, keep_going: bool = False) -> bool:
        """Start all, watch over them, and stop all; whether they ended because somebody asked for it."""
        with self._signals():
            try:
                for process in self._system.processes:
                    self._start(process)
                return self._watch(keep_going=keep_going)
            finally:
                self._stop()

    def _start(self, process: Process) -> None:
        log = self._system.log(process)
        log.parent.mkdir(exist_ok=True)
        child = subprocess.Popen(  # noqa: S603 - the line of the Procfile, which is shell
            ["/bin/sh", "-c", process.command],
            cwd=self._system.root,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self._system.environment(process)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone: services stop in order
        )
        self._running[process] = child
        reader = threading.Thread(target=self._read, args=(process, child.stdout, log.open("wb")), daemon=True)
        reader.start()
        self._readers.append(reader)

    def _read(self, process: Process, source: IO[bytes], log: IO[bytes]) -> None:
        with source, log:
            for line in source:
                log.write(line)
                log.flush()
                self._tell(process.name, line.decode(errors="replace").rstrip("\n"))

    def _tell(self, service: str, line: str) -> None:
        with self._speaking:
            self._audience.line(service, line)

    def _step(self, service: str, text: str) -> None:
        with self._speaking:
            self._audience.step(service, text)

    def _watch(self, *, keep_going: bool) -> bool:
        waiting, is_told = set(self._system.processes), False
        while not self._is_asked_to_stop.wait(_LOOK_S):
            for process, child in list(self._running.items()):
                if child.poll() is not None:
                    self._step(process.name, f"has ended, {_how(child.returncode)}; its log is {self._system.log(process)}")
                    del self._running[process]
                    waiting.discard(process)
                    if not keep_going or not self._running:
                        return False
            waiting = {process for process in waiting if not is_ready(process.port(self._system.variables))}
            if not waiting and not is_told:
                is_told = True
                with self._speaking:
                    self._audience.ready({each.name: f"http://127.0.0.1:{each.port(self._system.variables)}" for each in self._running})
        return True

    def _stop(self) -> None:
        """Ask all at once; after the grace, kill what is left, with whatever it started."""
        for child in self._running.values():
            _send(child, signal.SIGTERM)
        ends = time.monotonic() + GRACE_S
        for process, child in self._running.items():
            try:
                child.wait(max(0.0, ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._step(process.name, f"did not stop within {GRACE_S:.0f} s and is killed")
            _send(child, signal.SIGKILL)
            child.wait()
        for reader in self._readers:
            reader.join(timeout=5)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        chosen = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {each: signal.signal(each, lambda *_: self._is_asked_to_stop.set()) for each in chosen}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


def is_ready(port: int) -> bool:
    """Whether the service on a port says that it can work."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _send(child: subprocess.Popen[bytes], which: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, which)


def _how(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"with exit code {status}"
