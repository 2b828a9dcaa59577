"""The system as a whole: what was asked of it, the platform it stands on, its teams and its neighbours."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field as Spec

from microservices_skill.model.types import Duration, Line, Node, Prose, RuleId, Slug

Percent = Annotated[float, Spec(gt=0, le=100)]


class Style(StrEnum):
    """The shape of the whole."""

    MICROSERVICES = "microservices"
    MODULAR_MONOLITH = "modular-monolith"


class Language(StrEnum):
    """What a service is written in. Code is generated for some of these; all are validated and documented."""

    TYPESCRIPT = "typescript"
    PYTHON = "python"
    GO = "go"
    JAVA = "java"
    KOTLIN = "kotlin"
    CSHARP = "csharp"
    RUST = "rust"
    OTHER = "other"


class Runtime(StrEnum):
    """Where containers run."""

    KUBERNETES = "kubernetes"
    SERVERS = "servers"


class BrokerKind(StrEnum):
    """Which message broker carries events."""

    RABBITMQ = "rabbitmq"
    NATS = "nats"
    KAFKA = "kafka"
    NONE = "none"


BROKER_TITLES = {BrokerKind.RABBITMQ: "RabbitMQ", BrokerKind.NATS: "NATS", BrokerKind.KAFKA: "Kafka"}
_ENCRYPTED_SCHEMES = {BrokerKind.NATS: "tls://", BrokerKind.KAFKA: "kafkas://"}


def encrypted_scheme(broker: BrokerKind) -> str:
    """How the URL of a broker begins that is reached encrypted; where a system has no broker, as RabbitMQ's."""
    return _ENCRYPTED_SCHEMES.get(broker, "amqps://")


class LogFormat(StrEnum):
    """How services log."""

    JSON = "json"
    TEXT = "text"


class Tracing(StrEnum):
    """How a request is followed across services."""

    OPENTELEMETRY = "opentelemetry"
    NONE = "none"


class Metrics(StrEnum):
    """How services are measured."""

    PROMETHEUS = "prometheus"
    NONE = "none"


class AuthKind(StrEnum):
    """How callers are authenticated."""

    JWT = "jwt"
    NONE = "none"


class Regulation(StrEnum):
    """Rules from outside that decide where data may lie."""

    GDPR = "gdpr"
    PCI_DSS = "pci-dss"
    HIPAA = "hipaa"
    SOX = "sox"
    CCPA = "ccpa"
    SOC2 = "soc2"


ERASING = frozenset({Regulation.GDPR, Regulation.CCPA})
"""Those that let a person ask for the erasure of what is kept about them (GDPR, Art. 17; CCPA, 1798.105)."""


class Observability(Node):
    """What every service of the system reports, and how."""

    logging: LogFormat = LogFormat.JSON
    tracing: Tracing = Tracing.OPENTELEMETRY
    metrics: Metrics = Metrics.PROMETHEUS


class Platform(Node):
    """What all services stand on."""

    runtime: Runtime = Runtime.KUBERNETES
    broker: BrokerKind = BrokerKind.RABBITMQ
    observability: Observability = Observability()
    auth: AuthKind = AuthKind.JWT
    gateway: bool = True


class ConsistencyNeed(Node):
    """A piece of data that must agree across the named services the moment a request ends."""

    data: Line
    services: tuple[Slug, ...] = ()


class Requirements(Node):
    """The answers of the questionnaire that rules and decisions reckon with."""

    users: Annotated[int, Spec(ge=0)] | None = None
    peak_rps: Annotated[float, Spec(ge=0)] | None = None
    data_gb: Annotated[float, Spec(ge=0)] | None = None
    latency_p99: Duration | None = None
    availability: Percent | None = None
    rto: Duration | None = None
    rpo: Duration | None = None
    regulations: tuple[Regulation, ...] = ()
    strong_consistency: tuple[ConsistencyNeed, ...] = ()
    eventual_consistency: tuple[Line, ...] = ()


class System(Node):
    """The system: its name, its domain, what it is for and what it stands on."""

    name: Slug
    title: Line = ""
    domain: Line
    description: Prose = ""
    style: Style = Style.MICROSERVICES
    requirements: Requirements = Requirements()
    platform: Platform = Platform()


class Team(Node):
    """People who own services."""

    name: Slug
    size: Annotated[int, Spec(ge=1, le=1000)] | None = None
    languages: tuple[Language, ...] = ()
    location: Line = ""


class External(Node):
    """A system outside our hands that services call: a payment provider, a carrier."""

    name: Slug
    description: Line = ""
    availability: Percent | None = None
    p99: Duration | None = None


class StoreKind(StrEnum):
    """What keeps the data."""

    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    MONGODB = "mongodb"
    REDIS = "redis"
    ELASTICSEARCH = "elasticsearch"
    S3 = "s3"


class Replication(StrEnum):
    """When a copy of a write exists elsewhere."""

    NONE = "none"
    ASYNC = "async"
    SYNC = "sync"


class DataStore(Node):
    """A store of data; exactly one service should own it."""

    name: Slug
    kind: StoreKind = StoreKind.POSTGRESQL
    purpose: Line = ""
    replication: Replication = Replication.NONE
    backup_interval: Duration | None = None
    encrypted: bool = True


class DecisionStatus(StrEnum):
    """Where a decision stands (Nygard)."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    SUPERSEDED = "superseded"


class Decision(Node):
    """A choice worth recording, with the answer that led to it."""

    id: Annotated[str, Spec(pattern=r"^ADR-\d{3}$")]
    title: Line
    status: DecisionStatus = DecisionStatus.ACCEPTED
    context: Prose = ""
    choice: Prose
    reasons: tuple[Line, ...] = ()
    alternatives: tuple[Line, ...] = ()
    consequences: tuple[Line, ...] = ()
    sources: tuple[Line, ...] = ()
    superseded_by: Annotated[str, Spec(pattern=r"^ADR-\d{3}$")] | None = None


class AcceptedRisk(Node):
    """A finding that the team has read and lives with, and why."""

    rule: RuleId
    at: Annotated[str, Spec(pattern=r"^(/.*)?$", max_length=300)]
    reason: Annotated[str, Spec(min_length=10, max_length=1000)]
