"""Jobs that test services: install by the lock, lint, types, and all tests on PostgreSQL and the broker."""

from __future__ import annotations

from microservices_skill.deployment.blocks import Block
from microservices_skill.deployment.brokers import KAFKA_IMAGE, NATS_IMAGE, RABBITMQ_IMAGE, server_of
from microservices_skill.deployment.compose import POSTGRES_IMAGE
from microservices_skill.deployment.pipelines.blocks import checkout, job, running, using
from microservices_skill.model.system import BrokerKind, Language

PYTHON_VERSION = "3.13"
TITLES = {Language.TYPESCRIPT: "NestJS", Language.PYTHON: "FastAPI"}

_HEALTH = "--health-interval 5s --health-timeout 10s --health-retries 12"

_POSTGRES: Block = {
    "image": POSTGRES_IMAGE,
    "env": {"POSTGRES_HOST_AUTH_METHOD": "trust"},
    "ports": ["5432:5432"],
    "options": f'--health-cmd "pg_isready --username=postgres" {_HEALTH}',
}
_RABBITMQ: Block = {
    "image": RABBITMQ_IMAGE,
    "ports": ["5672:5672"],
    "options": f'--health-cmd "rabbitmq-diagnostics --quiet check_port_connectivity" {_HEALTH}',
}
_KAFKA: Block = {
    "image": KAFKA_IMAGE,
    "ports": ["9092:9092"],
    "options": f'--health-cmd "/opt/kafka/bin/kafka-broker-api-versions.sh --bootstrap-server localhost:9092" {_HEALTH}',
}
_SERVERS: dict[BrokerKind, Block] = {BrokerKind.NATS: {}, BrokerKind.KAFKA: {"kafka": _KAFKA}}
"""The broker beside PostgreSQL, where it is not RabbitMQ. NATS is started by a step."""


SERVERS: Block = {
    "TEST_DATABASE_URL": "postgresql://postgres@127.0.0.1:5432/postgres",
    "TEST_BROKER_URL": server_of(BrokerKind.RABBITMQ).local_url,
}
"""Where tests find the servers of ``services``."""


def services() -> Block:
    """PostgreSQL and RabbitMQ beside a job."""
    return {"postgres": _POSTGRES, "rabbitmq": _RABBITMQ}


def of_system(language: Language, broker: BrokerKind) -> Block:
    """The job that tests every chosen service of one language."""
    matrix: Block = {"include": f"${{{{ fromJSON(needs.changes.outputs.{language}) }}}}"}
    return {
        "name": f"test ${{{{ matrix.service }}}} ({TITLES[language]})",
        "needs": "changes",
        "if": f"needs.changes.outputs.{language} != '[]'",
        "strategy": {"fail-fast": False, "matrix": matrix},
        **_testing(language, broker, "${{ matrix.folder }}"),
    }


def of_service(language: Language, broker: BrokerKind) -> Block:
    """The job that tests the one service of a repository."""
    return {"name": "test", **_testing(language, broker, "")}


def _testing(language: Language, broker: BrokerKind, folder: str) -> Block:
    below = f"{folder}/" if folder else ""
    is_nats = broker is BrokerKind.NATS
    where: Block = {
        "TEST_DATABASE_URL": "postgresql://postgres@127.0.0.1:5432/postgres",
        "TEST_BROKER_URL": server_of(broker).local_url,
        "PACT_DO_NOT_TRACK": "true",
    }
    # A service container takes no options of its own, and NATS has streams only where it is told so.
    start = f"docker run --detach --publish 4222:4222 {NATS_IMAGE} --jetstream"
    steps = [
        checkout(),
        *([running("Start NATS with its streams", start)] if is_nats else []),
        _toolchain(language, below),
        running("Install what is locked", "make install"),
        running("Lint and types", "make lint types"),
        running("Tests: unit, integration, contracts", "make test-servers", env=where),
    ]
    found = job(steps, minutes=30)
    if folder:
        found = {"defaults": {"run": {"working-directory": folder}}, **found}
    return {"services": {"postgres": _POSTGRES, **_SERVERS.get(broker, {"rabbitmq": _RABBITMQ})}, **found}


def _toolchain(language: Language, below: str) -> Block:
    if language is Language.TYPESCRIPT:
        lock: Block = {"cache": "npm", "cache-dependency-path": f"{below}package-lock.json"}
        return using("actions/setup-node", given={"node-version-file": f"{below}.nvmrc", **lock})
    lock = {"cache": "pip", "cache-dependency-path": f"{below}requirements-dev.txt"}
    return using("actions/setup-python", given={"python-version": PYTHON_VERSION, **lock})
