"""A service reaches Kafka over TLS and tells who it is; it trusts no certificate that it does not know."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.generated.architectures import in_language, on_broker, own_name, read_example, write_service
from tests.generated.guard import Guard
from tests.generated.kafka import KafkaServer
from tests.generated.languages import Toolchains
from tests.generated.processes import Running, until
from tests.generated.servers import new_database

from microservices_skill.chaos.links import free_port
from microservices_skill.model.system import BrokerKind, Language

pytestmark = pytest.mark.slow

SUBJECT = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]


@pytest.mark.parametrize("language", [Language.PYTHON, Language.TYPESCRIPT])
def test_a_service_reaches_kafka_over_tls_with_its_password(language: Language, tmp_path: Path, toolchains: Toolchains) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*make, *SUBJECT], check=True, capture_output=True)
    architecture = on_broker(in_language(read_example("fleet", system=own_name("fleet")), language), BrokerKind.KAFKA)
    service = next(each for each in architecture.services if each.subscriptions)
    folder = write_service(architecture, service, tmp_path / "service")
    toolchain = toolchains.on(BrokerKind.KAFKA)[language]
    toolchain.prepare(folder)
    port = free_port()
    server = KafkaServer.start(tells=f"tcp://localhost:{port}")
    guard = Guard(port, server.port, certificate, key, "ada", "p@ss/word")
    guard.start()
    known, unknown = (f"kafkas://ada:{password}@localhost:{port}?cafile={certificate}" for password in ("p%40ss%2Fword", "guessed"))
    try:
        with new_database() as database:
            settings = {"DATABASE_URL": database.url, "BROKER_IDEMPOTENCE": "false", "BROKER_TIMEOUT_S": "3", "DELIVERY_LEASE_S": "6"}
            running = Running(toolchain, folder, {**settings, "BROKER_URL": known}).migrate().start()
            until(lambda: is_connected(running), 40, "for the service to be let in")
            until(lambda: guard.admitted >= 3, 40, "for who declares, who sends and who receives")
            running.end()
            admitted = guard.admitted
            running = Running(toolchain, folder, {**settings, "BROKER_URL": unknown}).start()
            until(lambda: guard.refused > 1, 40, "for the password to be refused")
            assert not is_connected(running)
            running.end()
            refused = guard.refused
            before = failures(running)
            running = Running(toolchain, folder, {**settings, "BROKER_URL": known.partition("?")[0]}).start()
            until(lambda: failures(running) > before + 1, 40, "for the certificate to be refused")
            assert not is_connected(running)
            running.end()
            assert (guard.admitted, guard.refused) == (admitted, refused)
    finally:
        server.end()


def is_connected(running: Running) -> bool:
    """Whether a service says that it reaches the broker."""
    return bool(running.call("GET", "/health/ready").json["checks"]["broker"] == "up")


def failures(running: Running) -> int:
    """How often a service has told that it does not reach the broker."""
    return sum(each.get("event") == "broker.unavailable" for each in running.records)
