"""RabbitMQ, observed."""

from __future__ import annotations

import asyncio
import json
import logging
import warnings
from contextlib import suppress

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from microservices_skill.chaos.observer import DeadLetter, Event, Observer
from microservices_skill.deployment.chaos_plan import ChaosPlan

_DRAIN_S = 0.3
_CONNECT_S = 5


class RabbitObserver(Observer[AbstractIncomingMessage]):
    """A queue of its own at the exchange of all events."""

    def start(self) -> None:
        """Watch; returns once no event can be missed."""
        for name in ("aio_pika", "aiormq"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # a broker that is away is what we are here for
        warnings.filterwarnings("ignore", "coroutine 'Connection.close' was never awaited", RuntimeWarning)  # of a connect that failed
        super().start()

    @staticmethod
    def forget(url: str, plan: ChaosPlan) -> None:
        """Delete the queues and exchanges of a system."""

        async def delete() -> None:
            async with await aio_pika.connect(url, timeout=10) as connection:
                channel = await connection.channel()
                queues = [each.queue for each in plan.services if each.queue is not None]
                for queue in (*queues, *map(_letters_of, queues), _own(plan)):
                    await channel.queue_delete(queue)
                for exchange in (plan.exchange, f"{plan.system}.dead-letters"):
                    await channel.exchange_delete(exchange)

        asyncio.run(delete())

    async def _declare(self) -> None:
        async with await aio_pika.connect(self._url) as connection:
            channel = await connection.channel()
            exchange = await channel.declare_exchange(self._plan.exchange, aio_pika.ExchangeType.TOPIC, durable=True)
            queue = await channel.declare_queue(_own(self._plan), durable=True, arguments={"x-queue-type": "quorum"})
            await queue.bind(exchange, routing_key="#")

    async def _watch(self) -> None:
        async with await aio_pika.connect(self._url, timeout=_CONNECT_S) as connection:
            channel = await connection.channel()
            await channel.set_qos(prefetch_count=200)
            queue = await channel.get_queue(_own(self._plan))
            async with queue.iterator() as messages:
                async for message in messages:
                    self._see(_event(message), message)
                    await message.ack()

    async def _send_again(self, message: AbstractIncomingMessage) -> None:
        async with await aio_pika.connect(self._url, timeout=_CONNECT_S) as connection:
            exchange = await (await connection.channel()).get_exchange(self._plan.exchange)
            await exchange.publish(_copy(message), routing_key=message.type or "")

    async def _shuffle(self, queue: str) -> int:
        async with await aio_pika.connect(self._url, timeout=_CONNECT_S) as connection:
            channel = await connection.channel()
            found: list[AbstractIncomingMessage] = []
            with suppress(TimeoutError):
                async with (await channel.get_queue(queue)).iterator(timeout=_DRAIN_S) as messages:
                    async for message in messages:
                        found.append(message)  # noqa: PERF401 - what came before the time is up is kept
            shuffled = list(found)
            self._chance.shuffle(shuffled)
            for message in shuffled:
                await channel.default_exchange.publish(_copy(message), routing_key=queue)
            for message in found:  # those that were sent anew are there already: a crash here doubles them, and loses none
                await message.ack()
            return len(found) if len(found) > 1 else 0

    async def _waiting(self, queues: list[str]) -> int:
        async with await aio_pika.connect(self._url, timeout=_CONNECT_S) as connection:
            channel = await connection.channel()
            found = [await channel.declare_queue(name, passive=True) for name in queues]
            return sum(queue.declaration_result.message_count or 0 for queue in found)

    async def _dead_letters(self, queues: list[str]) -> list[DeadLetter]:
        async with await aio_pika.connect(self._url, timeout=_CONNECT_S) as connection:
            channel = await connection.channel()
            return [DeadLetter(name, event) for name in map(_letters_of, queues) for event in await _peek(channel, name)]


def _own(plan: ChaosPlan) -> str:
    return f"{plan.exchange}.chaos-observer"


def _letters_of(queue: str) -> str:
    return f"{queue}.dead-letters"


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
