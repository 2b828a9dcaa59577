"""The way between two processes: a TCP proxy on loopback that can be cut, slowed, muted or made to swallow everything."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit

_PORTS = range(10_000, 32_768)
"""Below those that systems give to outgoing connections (from 32768, or 49152): nobody takes the port of a server that is restarted."""


def free_port() -> int:
    """A port that nobody listens on, and that no outgoing connection will be given."""
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):  # somebody has it: take another one
            probe.bind(("", port))
            return port


class Link:
    """A way to a server.

    It can be cut (connections break, new ones are refused), slowed, muted (nothing comes back until it is restored), or
    partitioned (what is sent is lost on the way, and nobody is told).
    """

    def __init__(self, url: str, default_port: int) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname or "127.0.0.1", parts.port or default_port)
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self._lets_answers_through = threading.Event()
        self._delay_s = 0.0
        self._is_partitioned = False
        self.port = free_port()
        user = parts.netloc.rpartition("@")[0]
        self.url = urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{self.port}" if user else f"127.0.0.1:{self.port}"))
        self.restore()

    def restore(self) -> None:
        """Work again; connections over which something was lost break."""
        if self._is_partitioned:
            self.cut()
            self._is_partitioned = False
        self._delay_s = 0.0
        self._lets_answers_through.set()
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def slow(self, delay_s: float) -> None:
        """Hold every answer back for a while, until it is restored or cut."""
        self._delay_s = delay_s

    def mute(self) -> None:
        """Let requests through and hold the answers back, until it is restored or cut."""
        self._lets_answers_through.clear()

    def partition(self) -> None:
        """Lose everything on the way, in both directions, until it is restored."""
        self._is_partitioned = True

    def cut(self) -> None:
        """Break everything."""
        if self._listener is not None:
            _close(self._listener)
            self._listener = None
        for connection in list(self._open):
            _close(connection)
        self._open.clear()
        self._delay_s = 0.0
        self._lets_answers_through.set()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                try:
                    far = socket.create_connection(self._target)
                except OSError:  # the server is away: its client is told so, and the next one may find it
                    near.close()
                    continue
                for end in (near, far):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open |= {near, far}
                threading.Thread(target=self._pump, args=(near, far, False), daemon=True).start()
                threading.Thread(target=self._pump, args=(far, near, True), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:  # noqa: FBT001 - a thread's argument
        with suppress(OSError):
            while data := source.recv(65536):
                if self._is_partitioned:
                    continue
                if is_answer:
                    self._lets_answers_through.wait()
                    if self._delay_s:
                        time.sleep(self._delay_s)
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
        if is_answer:
            self._open -= {source, sink}
            _close(source)
            _close(sink)


def _close(connection: socket.socket) -> None:
    """Close it in both directions, so that whoever reads from it is woken."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
