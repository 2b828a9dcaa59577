"""NATS as a process of the tests' own, and what is in its streams."""

from __future__ import annotations

import asyncio
import atexit
import os
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, unquote
from uuid import uuid4
from zlib import crc32

import nats
from nats.errors import TimeoutError as NothingCameError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import NotFoundError
from tests.generated.received import Received

from microservices_skill.chaos.links import free_port

ROOT = Path(__file__).parents[2]
START_LIMIT_S = 20
LANES = 8

T = TypeVar("T")


@cache
def nats_url() -> str:
    """A NATS server with JetStream that runs until the tests end; the one that the environment names where it does."""
    given = os.environ.get("TEST_NATS_URL")
    if given is not None:
        return given
    server = ROOT / ".tools" / "python" / "bin" / "nats-server"
    assert server.exists(), "nats-server is missing: run `make tools`"
    port, store = free_port(), tempfile.mkdtemp(prefix="nats-")
    command = [str(server), "--addr", "127.0.0.1", "--port", str(port), "--jetstream", "--store_dir", store]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    atexit.register(process.kill)
    url = f"nats://127.0.0.1:{port}"
    ends = time.monotonic() + START_LIMIT_S
    while not asyncio.run(_answers(url)):
        assert time.monotonic() < ends, "NATS does not start"
    return url


async def _answers(url: str) -> bool:
    with suppress(Exception):
        connection = await nats.connect(url, allow_reconnect=False, connect_timeout=1)
        await connection.close()
        return True
    await asyncio.sleep(0.05)
    return False


@dataclass(frozen=True)
class JetStream:
    """NATS JetStream: a stream of all events in lanes, and one of dead letters; a queue is a consumer of one of them."""

    system: str

    def dead_letters(self, service: str) -> str:
        """The consumer of what a service gave up."""
        return f"dead-letters/{service}"

    def observe(self) -> str:
        """A new consumer of every event from now on."""
        queue = f"observer-{uuid4().hex[:8]}"
        self._do(lambda jetstream: self._consumer(jetstream, self._events, queue, f"{self.system}.events.>"))
        return f"events/{queue}"

    def publish(self, event_type: str, bodies: list[tuple[str, str, bytes]], headers: Mapping[str, str] | None = None) -> None:
        """Publish messages, each with its id and key, and wait until the broker has them."""

        async def publish(jetstream: JetStreamContext) -> None:
            for identity, key, body in bodies:
                about = {"id": identity, "key": quote(key), "Content-Type": "application/cloudevents+json", **(headers or {})}
                await jetstream.publish(f"{self.system}.events.{crc32(key.encode()) % LANES}.{event_type}", body, headers=about)

        self._do(publish)

    def take(self, queue: str) -> list[Received]:
        """Every message that a consumer has not had yet."""

        async def drain(jetstream: JetStreamContext) -> list[Received]:
            found = []
            stream, name = await self._found(jetstream, queue)
            messages = await jetstream.pull_subscribe_bind(name, stream=stream)
            for _ in range((await messages.consumer_info()).num_pending or 0):
                with suppress(NothingCameError):
                    [message] = await messages.fetch(1, timeout=5)
                    await message.ack_sync()
                    about = message.headers or {}
                    event_type = message.subject.split(".", 3)[-1]
                    found.append(Received(event_type, unquote(about.get("key", "")), about.get("Content-Type", ""), message.data))
            return found

        return self._do(drain)

    def waiting(self, queue: str) -> int:
        """How many messages a consumer has not had yet."""

        async def count(jetstream: JetStreamContext) -> int:
            stream, name = await self._found(jetstream, queue)
            return (await jetstream.consumer_info(stream, name)).num_pending or 0

        return self._do(count)

    def forget(self, services: list[str], *queues: str) -> None:  # noqa: ARG002 - consumers go with their stream
        """Delete the streams."""

        async def delete(jetstream: JetStreamContext) -> None:
            for stream in (self._events, self._letters):
                with suppress(NotFoundError):
                    await jetstream.delete_stream(stream)

        self._do(delete)

    @property
    def _events(self) -> str:
        return f"{self.system}-events"

    @property
    def _letters(self) -> str:
        return f"{self.system}-dead-letters"

    async def _found(self, jetstream: JetStreamContext, queue: str) -> tuple[str, str]:
        """The stream and the name of a consumer; one of dead letters is made when it is first looked at."""
        kind, _, name = queue.partition("/")
        if kind == "events":
            return self._events, name
        await self._consumer(jetstream, self._letters, name, f"{self.system}.dead-letters.{name}")
        return self._letters, name

    async def _consumer(self, jetstream: JetStreamContext, stream: str, name: str, subject: str) -> None:
        with suppress(NotFoundError):
            await jetstream.consumer_info(stream, name)
            return
        await jetstream.add_consumer(stream, ConsumerConfig(durable_name=name, filter_subject=subject, ack_policy=AckPolicy.EXPLICIT))

    def _do(self, work: Callable[[JetStreamContext], Awaitable[T]]) -> T:
        async def connected() -> T:
            connection = await nats.connect(nats_url())
            try:
                return await work(connection.jetstream())
            finally:
                await connection.close()

        return asyncio.run(connected())
