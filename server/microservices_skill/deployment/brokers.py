"""The broker of a system as a container, as a server of a developer's machine, and as one that tests use."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.deployment.blocks import Block
from microservices_skill.model.system import BROKER_TITLES, BrokerKind

RABBITMQ_IMAGE = "rabbitmq:4.1"
NATS_IMAGE = "nats:2.12-alpine"
"""With a shell's tools, for the check of its health."""


@dataclass(frozen=True, slots=True)
class BrokerServer:
    """Where a broker is, and what starts it."""

    kind: BrokerKind
    image: str
    scheme: str
    port: int
    local_url: str
    data: str
    """Where the container keeps its messages."""

    @property
    def name(self) -> str:
        """Its name among the containers."""
        return str(self.kind)

    @property
    def title(self) -> str:
        """Its name for people."""
        return BROKER_TITLES[self.kind]

    @property
    def password(self) -> str:
        """The variable of its password."""
        return f"{self.kind.upper()}_PASSWORD"

    def url(self, system: str) -> str:
        """Its address for the other containers."""
        return f"{self.scheme}://{system}:${{{self.password}:?}}@{self.name}:{self.port}/"

    def container(self, system: str) -> Block:
        """What its image takes: a user with the system's name, its data on a volume, a check of its health."""
        secret = f"${{{self.password}:?set it in the environment or in .env}}"
        if self.kind is BrokerKind.NATS:
            options = ["--jetstream", "--store_dir", self.data, "--http_port", "8222", "--user", system, "--pass", secret]
            return {
                "image": self.image,
                "command": [*options],
                "volumes": [f"{self.name}:{self.data}"],
                "healthcheck": health_check("wget", "--quiet", "--output-document=-", "http://127.0.0.1:8222/healthz"),
                "restart": "unless-stopped",
            }
        return {
            "image": self.image,
            "hostname": self.name,
            "environment": {"RABBITMQ_DEFAULT_USER": system, "RABBITMQ_DEFAULT_PASS": secret},
            "volumes": [f"{self.name}:{self.data}"],
            "healthcheck": health_check("rabbitmq-diagnostics", "--quiet", "check_port_connectivity"),
            "restart": "unless-stopped",
        }


_RABBITMQ = BrokerServer(BrokerKind.RABBITMQ, RABBITMQ_IMAGE, "amqp", 5672, "amqp://guest:guest@127.0.0.1:5672/", "/var/lib/rabbitmq")
_NATS = BrokerServer(BrokerKind.NATS, NATS_IMAGE, "nats", 4222, "nats://127.0.0.1:4222", "/data")


def server_of(kind: BrokerKind) -> BrokerServer:
    """The server of a kind; where a system has no broker, or one that no code is generated for, RabbitMQ."""
    return _NATS if kind is BrokerKind.NATS else _RABBITMQ


def health_check(*command: str) -> Block:
    """A check by a command within the container."""
    return {"test": ["CMD", *command], "interval": "5s", "timeout": "10s", "retries": 12, "start_period": "30s"}
