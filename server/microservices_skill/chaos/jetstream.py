"""NATS JetStream, observed."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import nats
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NothingCameError
from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from microservices_skill.chaos.observer import DeadLetter, Event, Observer
from microservices_skill.deployment.chaos_plan import ChaosPlan

LANES = 8
OBSERVER = "chaos-observer"
_FETCH_S = 2.0
_DRAIN_S = 0.3
_CONNECT_S = 5


class JetStreamObserver(Observer[Msg]):
    """A consumer of its own of the stream of all events. A queue stands for the consumers of a service, one for each lane."""

    def start(self) -> None:
        """Watch; returns once no event can be missed."""
        logging.getLogger("nats").setLevel(logging.CRITICAL)  # a broker that is away is what we are here for
        super().start()

    @staticmethod
    def forget(url: str, plan: ChaosPlan) -> None:
        """Delete the streams of a system."""

        async def delete() -> None:
            async with _connected(url) as jetstream:
                for stream in (_events(plan), _letters(plan)):
                    with suppress(NotFoundError):
                        await jetstream.delete_stream(stream)

        asyncio.run(delete())

    async def _declare(self) -> None:
        async with _connected(self._url) as jetstream:
            config = api.ConsumerConfig(durable_name=OBSERVER, ack_policy=api.AckPolicy.EXPLICIT, max_ack_pending=1000, ack_wait=10)
            await jetstream.add_consumer(_events(self._plan), config)

    async def _watch(self) -> None:
        async with _connected(self._url) as jetstream:
            messages = await jetstream.pull_subscribe_bind(OBSERVER, stream=_events(self._plan))
            while True:
                with suppress(NothingCameError):
                    for message in await messages.fetch(100, timeout=_FETCH_S):
                        self._see(_event(message), message)
                        await message.ack()
                await jetstream.consumer_info(_events(self._plan), OBSERVER)  # fails where the link is lost

    async def _send_again(self, message: Msg) -> None:
        async with _connected(self._url) as jetstream:
            await jetstream.publish(message.subject, message.data, headers=message.headers)

    async def _shuffle(self, queue: str) -> int:
        """The first of each lane goes to the end of it: published again first, so that a crash here doubles it and loses none."""
        moved = 0
        async with _connected(self._url) as jetstream:
            for consumer in _consumers(self._plan, queue):
                info = await jetstream.consumer_info(_events(self._plan), consumer)
                if (info.num_pending or 0) < 2:
                    continue
                messages = await jetstream.pull_subscribe_bind(consumer, stream=_events(self._plan))
                with suppress(NothingCameError):
                    [message] = await messages.fetch(1, timeout=_DRAIN_S)
                    await jetstream.publish(message.subject, message.data, headers=message.headers)
                    await message.ack_sync()
                    moved += 1
        return moved

    async def _waiting(self, queues: list[str]) -> int:
        async with _connected(self._url) as jetstream:
            names = [consumer for queue in queues for consumer in _consumers(self._plan, queue)]
            infos = [await jetstream.consumer_info(_events(self._plan), name) for name in names]
            return sum((info.num_pending or 0) + (info.num_ack_pending or 0) for info in infos)

    async def _dead_letters(self, queues: list[str]) -> list[DeadLetter]:
        found = []
        async with _connected(self._url) as jetstream:
            state = (await jetstream.stream_info(_letters(self._plan))).state
            for sequence in range(state.first_seq, state.last_seq + 1 if state.messages else state.first_seq):
                message = await jetstream.get_msg(_letters(self._plan), sequence)
                queue = f"{self._plan.system}.{(message.subject or '').rpartition('.')[2]}"
                if queue in queues:
                    envelope = json.loads(message.data or b"{}")
                    found.append(DeadLetter(queue, Event(envelope.get("id", ""), envelope.get("type", ""), envelope.get("data", {}))))
        return found


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[JetStreamContext]:
    connection = await nats.connect(url, allow_reconnect=False, connect_timeout=_CONNECT_S, error_cb=_hush)
    try:
        yield connection.jetstream(timeout=_CONNECT_S)
    finally:
        with suppress(Exception):  # it may be gone already
            await connection.close()


async def _hush(_: Exception) -> None:
    """A broker that is away is what we are here for."""


def _events(plan: ChaosPlan) -> str:
    return f"{plan.system}-events"


def _letters(plan: ChaosPlan) -> str:
    return f"{plan.system}-dead-letters"


def _consumers(plan: ChaosPlan, queue: str) -> list[str]:
    service = queue.removeprefix(f"{plan.system}.")
    return [f"{service}-{lane}" for lane in range(LANES)]


def _event(message: Msg) -> Event:
    return Event((message.headers or {}).get("id", ""), message.subject.split(".", 3)[-1], json.loads(message.data)["data"])
