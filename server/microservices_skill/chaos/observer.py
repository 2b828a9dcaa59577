"""An observer at the broker: it keeps a copy of every event, sends some a second time and late, and shuffles queues."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import threading
import warnings
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from microservices_skill.deployment.chaos_plan import ChaosPlan

T = TypeVar("T")

_DRAIN_S = 0.3
_CALL_LIMIT_S = 30.0
_RETRY_S = 0.3


@dataclass(frozen=True, slots=True)
class Event:
    """An event that was published."""

    id: str
    type: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that a service has given up."""

    queue: str
    event: Event


class Observer:
    """Sees every event from its start on; ``duplicates`` is the share of events that it sends again."""

    def __init__(self, url: str, exchange: str, *, seed: int, duplicates: float) -> None:
        self._url = url
        self._exchange = exchange
        self._queue = _observing(exchange)
        self._chance = random.Random(seed)  # noqa: S311 - to be repeatable is its purpose
        self._duplicates = duplicates
        self._is_meddling = True
        self._repeats: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._watching: asyncio.Task[None] | None = None
        self.events: dict[str, Event] = {}
        self.repeated = 0
        self.reordered = 0

    def start(self) -> None:
        """Watch; returns once no event can be missed."""
        for name in ("aio_pika", "aiormq"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # a broker that is away is what we are here for
        warnings.filterwarnings("ignore", "coroutine 'Connection.close' was never awaited", RuntimeWarning)  # of a connect that failed
        self._thread.start()
        self._call(self._declare())

    def stop_meddling(self) -> None:
        """Send nothing again any more; what is on its way still comes."""
        self._is_meddling = False

    def close(self) -> None:
        """Stop watching."""
        if self._thread.is_alive():
            self._call(self._end())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def shuffle(self, queue: str) -> None:
        """Put what waits in a queue that nobody drains into another order; what cannot be done now is left."""
        with suppress(Exception):  # the broker may be down, too: then this fault does not happen
            self.reordered += self._call(self._shuffle(queue))

    def waiting(self, queues: list[str]) -> int:
        """How many messages wait in some queues."""
        return self._call(self._waiting(queues))

    def dead_letters(self, queues: list[str]) -> list[DeadLetter]:
        """What was given up; it is left where it is."""
        return self._call(self._dead_letters(queues))

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_CALL_LIMIT_S)

    async def _declare(self) -> None:
        async with await aio_pika.connect(self._url) as connection:
            channel = await connection.channel()
            exchange = await channel.declare_exchange(self._exchange, aio_pika.ExchangeType.TOPIC, durable=True)
            queue = await channel.declare_queue(self._queue, durable=True, arguments={"x-queue-type": "quorum"})
            await queue.bind(exchange, routing_key="#")
        self._watching = asyncio.create_task(self._watch())

    async def _end(self) -> None:
        tasks = [*self._repeats, *([self._watching] if self._watching is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self) -> None:
        """Keep what arrives; after a crash of the broker go on where it was."""
        while True:
            try:
                async with await aio_pika.connect(self._url, timeout=5) as connection:
                    channel = await connection.channel()
                    await channel.set_qos(prefetch_count=200)
                    queue = await channel.get_queue(self._queue)
                    async with queue.iterator() as messages:
                        async for message in messages:
                            await self._see(message)
            except asyncio.CancelledError:
                raise
            except Exception:  # noqa: BLE001 - whatever ended the link, a new one is needed
                await asyncio.sleep(_RETRY_S)

    async def _see(self, message: AbstractIncomingMessage) -> None:
        event = _event(message)
        if event.id not in self.events and self._is_meddling and self._chance.random() < self._duplicates:
            repeat = asyncio.create_task(self._repeat(message, self._chance.uniform(0, 3)))
            self._repeats.add(repeat)
            repeat.add_done_callback(self._repeats.discard)
        self.events[event.id] = event
        await message.ack()

    async def _repeat(self, message: AbstractIncomingMessage, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        with suppress(Exception):  # the broker may be down: then this fault does not happen
            async with await aio_pika.connect(self._url, timeout=5) as connection:
                exchange = await (await connection.channel()).get_exchange(self._exchange)
                await exchange.publish(_copy(message), routing_key=message.type or "")
                self.repeated += 1

    async def _shuffle(self, name: str) -> int:
        async with await aio_pika.connect(self._url, timeout=5) as connection:
            channel = await connection.channel()
            queue = await channel.get_queue(name)
            found: list[AbstractIncomingMessage] = []
            with suppress(TimeoutError):
                async with queue.iterator(timeout=_DRAIN_S) as messages:
                    async for message in messages:
                        found.append(message)  # noqa: PERF401 - what came before the time is up is kept
            shuffled = list(found)
            self._chance.shuffle(shuffled)
            for message in shuffled:
                await channel.default_exchange.publish(_copy(message), routing_key=name)
            for message in found:  # those that were sent anew are there already: a crash here doubles them, and loses none
                await message.ack()
            return len(found) if len(found) > 1 else 0

    async def _waiting(self, names: list[str]) -> int:
        async with await aio_pika.connect(self._url, timeout=5) as connection:
            channel = await connection.channel()
            queues = [await channel.declare_queue(name, passive=True) for name in names]
            return sum(queue.declaration_result.message_count or 0 for queue in queues)

    async def _dead_letters(self, names: list[str]) -> list[DeadLetter]:
        async with await aio_pika.connect(self._url, timeout=5) as connection:
            channel = await connection.channel()
            return [DeadLetter(name, event) for name in names for event in await _peek(channel, name)]


def forget(url: str, plan: ChaosPlan) -> None:
    """Delete the queues and exchanges of a system at a broker that others use, too."""

    async def delete() -> None:
        async with await aio_pika.connect(url, timeout=10) as connection:
            channel = await connection.channel()
            queues = [each.queue for each in plan.services if each.queue is not None]
            for queue in (*queues, *(f"{each}.dead-letters" for each in queues), _observing(plan.exchange)):
                await channel.queue_delete(queue)
            for exchange in (plan.exchange, f"{plan.system}.dead-letters"):
                await channel.exchange_delete(exchange)

    asyncio.run(delete())


def _observing(exchange: str) -> str:
    return f"{exchange}.chaos-observer"


async def _peek(channel: AbstractChannel, name: str) -> list[Event]:
    queue = await channel.get_queue(name)
    found = []
    while (message := await queue.get(fail=False)) is not None:
        found.append(message)
    events = [_event(message) for message in found]
    for message in found:
        await message.nack(requeue=True)
    return events


def _event(message: AbstractIncomingMessage) -> Event:
    return Event(message.message_id or "", message.type or "", json.loads(message.body)["data"])


def _copy(message: AbstractIncomingMessage) -> aio_pika.Message:
    """The same message, byte for byte."""
    return aio_pika.Message(
        message.body,
        message_id=message.message_id,
        type=message.type,
        content_type=message.content_type,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        headers={"key": (message.headers or {}).get("key", "")},
    )
