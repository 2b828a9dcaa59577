"""The broker that a system's events go over, as templates see it."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.views.shared import newer_types, routing
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.service import Service
from microservices_skill.model.system import BrokerKind, encrypted_scheme


@dataclass(frozen=True, slots=True)
class Broker:
    """What is said of a broker, and which it is; a system without one gets what RabbitMQ's gets."""

    title: str
    example: str
    schemes: str
    encrypted_scheme: str
    """How a URL begins that encrypts."""

    encrypted_example: str
    exists: bool
    is_rabbitmq: bool
    is_nats: bool
    is_kafka: bool

    @property
    def has_leases(self) -> bool:
        """Whether it waits for a time before it gives the message of an instance that died to another."""
        return self.is_nats or self.is_kafka


def broker_of(architecture: Architecture) -> Broker:
    """The broker of a system."""
    return broker_named(architecture.system.platform.broker)


def broker_named(kind: BrokerKind) -> Broker:
    """What is said of a kind of broker."""
    title, example, schemes, secure_port = _SAID.get(kind, _SAID[BrokerKind.RABBITMQ])
    is_nats, is_kafka = kind is BrokerKind.NATS, kind is BrokerKind.KAFKA
    return Broker(
        title,
        example,
        schemes,
        encrypted_scheme(kind),
        f"{encrypted_scheme(kind)}broker.example:{secure_port}",
        exists=kind is not BrokerKind.NONE,
        is_rabbitmq=not (is_nats or is_kafka),
        is_nats=is_nats,
        is_kafka=is_kafka,
    )


_SAID = {
    BrokerKind.RABBITMQ: ("RabbitMQ", "amqp://localhost:5672/", "amqp:// or amqps://", 5671),
    BrokerKind.NATS: ("NATS", "nats://localhost:4222", "nats:// or tls://", 4222),
    BrokerKind.KAFKA: ("Kafka", "kafka://localhost:9092", "kafka:// or kafkas://", 9093),
}


def routes_of(architecture: Architecture, service: Service) -> dict[str, list[str]]:
    """The subscribers that a service declares, each with the event types that go to it.

    A queue of RabbitMQ is bound to one type after the other, so each publisher binds its own, and a subscriber newer versions when
    it gets messages; a consumer of NATS has one list, so whoever declares it names all.
    """
    own = routing(architecture, service)
    if architecture.system.platform.broker is not BrokerKind.NATS:
        return own
    found = {}
    for name, types in own.items():
        subscriber = architecture.service(name)
        whole = routing(architecture, subscriber).get(name, []) if subscriber is not None else []
        newer = newer_types(architecture, service) if name == service.name else []
        found[name] = sorted({*types, *whole, *newer})
    return found
