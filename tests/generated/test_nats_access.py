"""A service reaches NATS over TLS with a certificate of its own, and tells nothing to a server that does not encrypt."""

from __future__ import annotations

import atexit
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from tests.generated.architectures import ROOT, in_language, on_broker, own_name, read_example, write_service
from tests.generated.certificates import Authority
from tests.generated.languages import Toolchains
from tests.generated.processes import Running, until
from tests.generated.servers import new_database

from microservices_skill.chaos.links import free_port
from microservices_skill.model.system import BrokerKind, Language

pytestmark = pytest.mark.slow

LIMIT_S = 40
WHO = "ada:p%40ss%2Fword"
INFO = b'INFO {"server_id":"x","version":"2.10.0","proto":1,"host":"127.0.0.1","port":4222,"max_payload":1048576,"headers":true}\r\n'
"""How a server introduces itself that does not encrypt."""


class Listening:
    """Listens in the clear, and keeps what it is told."""

    def __init__(self) -> None:
        self.port, self.heard, self.callers = free_port(), b"", 0
        threading.Thread(target=self._serve, args=(socket.create_server(("127.0.0.1", self.port)),), daemon=True).start()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.settimeout(1)
                connection.sendall(INFO)
                self.callers += 1
                while data := connection.recv(65536):
                    self.heard += data


@pytest.mark.parametrize("language", [Language.PYTHON, Language.TYPESCRIPT])
def test_a_service_reaches_nats_over_tls_and_no_other(language: Language, tmp_path: Path, toolchains: Toolchains) -> None:
    authority = Authority("the first")
    own, theirs = authority.issue(tmp_path / "own", "ada"), authority.issue(tmp_path / "theirs", "localhost")
    architecture = on_broker(in_language(read_example("fleet", system=own_name("fleet")), language), BrokerKind.NATS)
    service = next(each for each in architecture.services if each.subscriptions)
    folder = write_service(architecture, service, tmp_path / "service")
    toolchain = toolchains.on(BrokerKind.NATS)[language]
    toolchain.prepare(folder)
    port, listening = free_port(), Listening()
    shown = [f"--tlscert={theirs.certificate}", f"--tlskey={theirs.key}", f"--tlscacert={theirs.authority}", "--tls", "--tlsverify"]
    where = ["--addr=127.0.0.1", f"--port={port}", "--jetstream", f"--store_dir={tmp_path / 'store'}", "--user=ada", "--pass=p@ss/word"]
    server = subprocess.Popen([str(ROOT / ".tools" / "python" / "bin" / "nats-server"), *where, *shown], stderr=subprocess.DEVNULL)
    atexit.register(server.kill)
    files = f"cafile={own.authority}&certfile={own.certificate}&keyfile={own.key}"
    try:
        with new_database() as database:
            settings = {"DATABASE_URL": database.url, "BROKER_TIMEOUT_S": "3"}
            running = Running(toolchain, folder, {**settings, "BROKER_URL": f"tls://{WHO}@localhost:{port}?{files}"}).migrate().start()
            until(lambda: is_connected(running), LIMIT_S, "for the service to be let in")
            running.end()
            for url in (f"tls://{WHO}@127.0.0.1:{port}?{files}", f"tls://{WHO}@localhost:{port}?cafile={own.authority}"):
                refused(Running(toolchain, folder, {**settings, "BROKER_URL": url}))
            refused(Running(toolchain, folder, {**settings, "BROKER_URL": f"tls://{WHO}@127.0.0.1:{listening.port}?{files}"}))
            assert listening.callers > 0
            assert listening.heard == b""
    finally:
        server.kill()
        server.wait()


def refused(running: Running) -> None:
    """Start a service that does not reach its broker."""
    before = failures(running)
    running.start()
    until(lambda: failures(running) > before + 1, LIMIT_S, "for the service to be refused")
    assert not is_connected(running)
    running.end()


def is_connected(running: Running) -> bool:
    """Whether a service says that it reaches the broker."""
    return bool(running.call("GET", "/health/ready").json["checks"]["broker"] == "up")


def failures(running: Running) -> int:
    """How often a service has told that it does not reach the broker."""
    return sum(each.get("event") == "broker.unavailable" for each in running.records)
