"""The broker of a system as a container, as a server of a developer's machine, and as one that tests use."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.deployment.blocks import Block
from microservices_skill.model.system import BROKER_TITLES, BrokerKind

RABBITMQ_IMAGE = "rabbitmq:4.1"
NATS_IMAGE = "nats:2.12-alpine"
"""With a shell's tools, for the check of its health."""

KAFKA_IMAGE = "apache/kafka:4.1.0"
"""Without settings it is one broker that listens on 9092 and tells its clients so."""

_KAFKA_SETTINGS = {
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_LISTENERS": "CLIENT://:9092,CONTROLLER://localhost:9093,INNER://localhost:9094",
    "KAFKA_ADVERTISED_LISTENERS": "CLIENT://kafka:9092,INNER://localhost:9094",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CLIENT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT,INNER:PLAINTEXT",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_INTER_BROKER_LISTENER_NAME": "INNER",
    "KAFKA_SASL_ENABLED_MECHANISMS": "PLAIN",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
}
"""One broker that is its own controller. Services come in with a password; what is plain is only within the container."""


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
        if self.kind is BrokerKind.KAFKA:
            module = "org.apache.kafka.common.security.plain.PlainLoginModule"
            users = {"KAFKA_LISTENER_NAME_CLIENT_PLAIN_SASL_JAAS_CONFIG": f'{module} required user_{system}="{secret}";'}
            return {
                "image": self.image,
                "environment": {**_KAFKA_SETTINGS, **users, "KAFKA_LOG_DIRS": self.data},
                "volumes": [f"{self.name}:{self.data}"],
                "healthcheck": health_check("/opt/kafka/bin/kafka-broker-api-versions.sh", "--bootstrap-server", "localhost:9094"),
                "restart": "unless-stopped",
            }
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

_KAFKA = BrokerServer(BrokerKind.KAFKA, KAFKA_IMAGE, "kafka", 9092, "kafka://127.0.0.1:9092", "/var/lib/kafka/data")
_SERVERS = {each.kind: each for each in (_RABBITMQ, _NATS, _KAFKA)}


def server_of(kind: BrokerKind) -> BrokerServer:
    """The server of a kind; where a system has no broker, RabbitMQ."""
    return _SERVERS.get(kind, _RABBITMQ)


def health_check(*command: str) -> Block:
    """A check by a command within the container."""
    return {"test": ["CMD", *command], "interval": "5s", "timeout": "10s", "retries": 12, "start_period": "30s"}
