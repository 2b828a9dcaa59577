"""The real servers that services run on, PostgreSQL and RabbitMQ from the environment, seen from outside."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import aio_pika
import asyncpg  # type: ignore[import-untyped]
from aio_pika.abc import AbstractChannel

DATABASE_URL = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
BROKER_URL = os.environ.get("TEST_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672/")

T = TypeVar("T")


@dataclass(frozen=True)
class Database:
    """A database of one service, seen from outside."""

    url: str

    def rows(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        """What a statement finds."""

        async def fetch() -> list[tuple[Any, ...]]:
            connection = await asyncpg.connect(self.url)
            try:
                return [tuple(row.values()) for row in await connection.fetch(statement, *arguments)]
            finally:
                await connection.close()

        return asyncio.run(fetch())

    def ids(self, table: str) -> set[str]:
        """The ids of a table's rows."""
        return {str(row[0]) for row in self.rows(f'SELECT id FROM "{table}"')}

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self.rows(f'SELECT count(*) FROM "{table}"')[0][0])

    def pending_events(self, *types: str) -> int:
        """How many messages wait in the outbox; only those of some types where types are given."""
        waiting = self.rows("SELECT event_type FROM outbox_messages WHERE published_at IS NULL")
        return sum(not types or each in types for (each,) in waiting)


@contextmanager
def new_database() -> Iterator[Database]:
    """An empty database on the real server."""
    name = f"generated_{uuid4().hex[:12]}"
    server = Database(DATABASE_URL)
    server.rows(f"CREATE DATABASE {name}")
    yield Database(urlunsplit(urlsplit(DATABASE_URL)._replace(path=f"/{name}")))
    server.rows(f"DROP DATABASE {name} WITH (FORCE)")


@dataclass(frozen=True)
class Received:
    """A message that was found in a queue."""

    type: str
    key: str
    content_type: str
    body: bytes


@dataclass(frozen=True)
class Broker:
    """The broker of one system, seen from outside."""

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

    def forget(self, *queues: str) -> None:
        """Delete queues, and the exchanges."""

        async def delete(channel: AbstractChannel) -> None:
            for queue in queues:
                await channel.queue_delete(queue)
            for exchange in (self.exchange, f"{self.system}.dead-letters"):
                await channel.exchange_delete(exchange)

        self._do(delete)

    def _do(self, work: Callable[[AbstractChannel], Awaitable[T]]) -> T:
        async def connected() -> T:
            async with await aio_pika.connect(BROKER_URL) as connection:
                return await work(await connection.channel())

        return asyncio.run(connected())
