"""The brokers that services run on, seen from outside: RabbitMQ from the environment, the others as processes of the tests' own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractChannel
from tests.generated.jetstream import JetStream, nats_url
from tests.generated.kafka import Kafka, server_for
from tests.generated.received import Received

from microservices_skill.chaos.links import Link
from microservices_skill.model.system import BrokerKind

ROOT = Path(__file__).parents[2]
RABBITMQ_URL = os.environ.get("TEST_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672/")
START_LIMIT_S = 20

T = TypeVar("T")


class Broker(Protocol):
    """The broker of one system, seen from outside."""

    def dead_letters(self, service: str) -> str:
        """Where what a service gave up is found."""
        ...

    def observe(self) -> str:
        """A new queue that gets a copy of every event from now on."""
        ...

    def publish(self, event_type: str, bodies: list[tuple[str, str, bytes]], headers: Mapping[str, str] | None = None) -> None:
        """Publish messages, each with its id and key, and wait until the broker has them."""
        ...

    def take(self, queue: str) -> list[Received]:
        """Every message that is in a queue now; they are gone afterwards."""
        ...

    def waiting(self, queue: str) -> int:
        """How many messages wait in a queue."""
        ...

    def forget(self, services: list[str], *queues: str) -> None:
        """Delete all that services and tests have declared."""
        ...


def broker_of(kind: BrokerKind, system: str) -> Broker:
    """The broker of a system."""
    match kind:
        case BrokerKind.NATS:
            return JetStream(system)
        case BrokerKind.KAFKA:
            return Kafka(system)
        case _:
            return RabbitMq(system)


def broker_url(kind: BrokerKind, system: str) -> str:
    """Where the broker of a system is."""
    match kind:
        case BrokerKind.NATS:
            return nats_url()
        case BrokerKind.KAFKA:
            return server_for(system).link.url
        case _:
            return RABBITMQ_URL


def link_to(kind: BrokerKind, system: str) -> Link:
    """A way to the broker of a system; to Kafka all its services have the same, as it tells its clients where it is."""
    return server_for(system).link if kind is BrokerKind.KAFKA else Link(broker_url(kind, system), 5672)


def own_settings(kind: BrokerKind) -> dict[str, str]:
    """What services have to know of the tests' broker."""
    return {"BROKER_IDEMPOTENCE": "false"} if kind is BrokerKind.KAFKA else {}


@dataclass(frozen=True)
class RabbitMq:
    """RabbitMQ: an exchange for all events, a queue for each service."""

    system: str

    @property
    def exchange(self) -> str:
        """Where the system's events are published."""
        return f"{self.system}.events"

    def dead_letters(self, service: str) -> str:
        """The queue of what a service gave up."""
        return f"{self.system}.{service}.dead-letters"

    def observe(self) -> str:
        """A new queue that gets a copy of every event from now on."""
        queue = f"{self.system}.observer-{uuid4().hex[:8]}"

        async def declare(channel: AbstractChannel) -> None:
            exchange = await channel.declare_exchange(self.exchange, aio_pika.ExchangeType.TOPIC, durable=True)
            await (await channel.declare_queue(queue, durable=True)).bind(exchange, routing_key="#")

        self._do(declare)
        return queue

    def publish(self, event_type: str, bodies: list[tuple[str, str, bytes]], headers: Mapping[str, str] | None = None) -> None:
        """Publish messages, each with its id and key, and wait until the broker has them."""

        async def publish(channel: AbstractChannel) -> None:
            exchange = await channel.get_exchange(self.exchange)
            for identity, key, body in bodies:
                message = aio_pika.Message(
                    body,
                    message_id=identity,
                    type=event_type,
                    content_type="application/cloudevents+json",
                    delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                    headers={"key": key, **(headers or {})},
                )
                await exchange.publish(message, routing_key=event_type)

        self._do(publish)

    def take(self, queue: str) -> list[Received]:
        """Every message that is in a queue now; they are gone afterwards."""

        async def drain(channel: AbstractChannel) -> list[Received]:
            found = []
            source = await channel.get_queue(queue, ensure=False)
            while (message := await source.get(no_ack=True, fail=False)) is not None:
                key = str((message.headers or {}).get("key", ""))
                found.append(Received(message.type or "", key, message.content_type or "", message.body))
            return found

        return self._do(drain)

    def waiting(self, queue: str) -> int:
        """How many messages wait in a queue; of a quorum queue the broker knows it with a delay."""

        async def count(channel: AbstractChannel) -> int:
            return (await channel.declare_queue(queue, passive=True)).declaration_result.message_count or 0

        return self._do(count)

    def forget(self, services: list[str], *queues: str) -> None:
        """Delete queues, and the exchanges."""
        own = [f"{self.system}.{service}" for service in services]

        async def delete(channel: AbstractChannel) -> None:
            for queue in (*queues, *own, *(f"{each}.dead-letters" for each in own)):
                await channel.queue_delete(queue)
            for exchange in (self.exchange, f"{self.system}.dead-letters"):
                await channel.exchange_delete(exchange)

        self._do(delete)

    def _do(self, work: Callable[[AbstractChannel], Awaitable[T]]) -> T:
        async def connected() -> T:
            async with await aio_pika.connect(RABBITMQ_URL) as connection:
                return await work(await connection.channel())

        return asyncio.run(connected())
