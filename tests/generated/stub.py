"""A service that others depend on, played by the test: it can be slow, faulty and well again."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Stub:
    """Answers every GET with the same thing, and remembers what it was asked."""

    url: str = ""
    status: int = 200
    delay_s: float = 0.0
    faults: list[int] = field(default_factory=list)
    """Statuses that the next requests get instead."""

    asked: list[tuple[str, Message]] = field(default_factory=list)


@contextmanager
def running_stub() -> Iterator[Stub]:
    """A stub that listens."""
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            stub.asked.append((self.path, self.headers))
            status, delay_s = stub.faults.pop() if stub.faults else stub.status, stub.delay_s
            time.sleep(delay_s)
            body = json.dumps({"id": self.path.rpartition("/")[2], "status": "available"}).encode()
            with suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A caller that hangs up is what the test wants."""

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stub.url = f"http://127.0.0.1:{server.server_port}"
        yield stub
        server.shutdown()
