"""Events over RabbitMQ: lost links, poison, order and traces."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import uuid4

import aio_pika
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from notification.config import SERVICE_NAME, Settings
from notification.infrastructure import rabbitmq
from notification.infrastructure.database import Database
from notification.infrastructure.outbox import OutboxRelay
from tests.fixtures.messaging import BROKER, Happened, Recorder, assert_one_trace, drain, ended, handlers, publish_one, put, until

pytestmark = pytest.mark.skipif(BROKER is None, reason="needs RabbitMQ: set TEST_BROKER_URL (make test-servers insists on it)")


@pytest.fixture
async def rabbit(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Settings]:
    """Settings for RabbitMQ, and queues of their own."""
    suffix = uuid4().hex[:8]
    monkeypatch.setattr(rabbitmq, "EXCHANGE", f"test.{suffix}.events")
    monkeypatch.setattr(rabbitmq, "DEAD_LETTER_EXCHANGE", f"test.{suffix}.dead-letters")
    monkeypatch.setattr(rabbitmq, "ROUTES", {SERVICE_NAME: (Happened.event_type(),)})
    monkeypatch.setattr(rabbitmq, "_ROUTED", frozenset({Happened.event_type()}))
    monkeypatch.setattr(rabbitmq, "queue_name", lambda service: f"test.{suffix}.{service}")
    monkeypatch.setenv("BROKER_URL", str(BROKER))
    yield Settings()
    connection = await aio_pika.connect(str(BROKER))
    async with connection:
        channel = await connection.channel()
        for name in (f"test.{suffix}.{SERVICE_NAME}", f"test.{suffix}.{SERVICE_NAME}.dead-letters"):
            await channel.queue_delete(name)
        for name in (f"test.{suffix}.events", f"test.{suffix}.dead-letters"):
            await channel.exchange_delete(name)


async def test_every_event_arrives_once_and_in_order_though_the_link_breaks(quiet: Database, rabbit: Settings) -> None:
    recorder = Recorder()
    bus = rabbitmq.RabbitEventBus(rabbit)
    await bus.start(handlers(quiet, recorder))
    await until(lambda: bus.is_up)
    relay = OutboxRelay(quiet, bus, rabbit)
    await put(quiet, *(Happened(subject=str(count % 5), count=count) for count in range(50)))
    for _ in range(3):
        await relay.publish_batch()
    assert bus.connection is not None
    await bus.connection.close()
    await until(lambda: not bus.is_up)
    await until(lambda: bus.is_up, 40)
    await drain(quiet, relay)
    await until(lambda: len(recorder.seen) >= 50, 40)
    await bus.stop_consuming()
    await bus.close()
    assert sorted(event.count for event in recorder.seen) == list(range(50))
    for subject in range(5):
        counts = [event.count for event in recorder.seen if event.subject == str(subject)]
        assert counts == sorted(counts)


async def test_a_link_that_dies_under_an_acknowledgement_is_made_anew(
    quiet: Database, rabbit: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder()
    bus = rabbitmq.RabbitEventBus(rabbit)
    await bus.start(handlers(quiet, recorder))
    await until(lambda: bus.is_up)
    acknowledge = aio_pika.IncomingMessage.ack
    deaths: list[str] = []

    async def die_once(message: aio_pika.IncomingMessage) -> None:
        if deaths:
            return await acknowledge(message)
        deaths.append(str(message.message_id))
        assert bus.connection is not None
        await bus.connection.close()
        raise Exception("what a closing channel raises has no class of its own")

    monkeypatch.setattr(aio_pika.IncomingMessage, "ack", die_once)
    await put(quiet, *(Happened(subject=str(count), count=count) for count in range(5)))
    relay = OutboxRelay(quiet, bus, rabbit)
    await drain(quiet, relay)
    await until(lambda: len(recorder.seen) >= 5, 40)
    await until(lambda: bus.is_up, 40)
    await bus.stop_consuming()
    await bus.close()
    assert len(deaths) == 1
    assert sorted(event.count for event in recorder.seen) == list(range(5))


async def test_a_poison_message_reaches_the_dead_letters(quiet: Database, rabbit: Settings) -> None:
    recorder = Recorder(failures=99)
    bus = rabbitmq.RabbitEventBus(rabbit)
    await bus.start(handlers(quiet, recorder))
    await until(lambda: bus.is_up)
    await put(quiet, Happened(subject="a", count=1))
    assert await OutboxRelay(quiet, bus, rabbit).publish_batch() == 1
    connection = await aio_pika.connect(str(BROKER))
    async with connection:
        queue = await (await connection.channel()).get_queue(f"{rabbitmq.queue_name(SERVICE_NAME)}.dead-letters")
        letter = await queue.get(timeout=20, fail=False)
        for _ in range(100):
            if letter is not None:
                break
            await asyncio.sleep(0.1)
            letter = await queue.get(timeout=20, fail=False)
        assert letter is not None
        assert json.loads(letter.body)["data"] == {"subject": "a", "count": 1}
        await letter.ack()
    await bus.stop_consuming()
    await bus.close()


async def test_a_trace_crosses_the_broker(quiet: Database, rabbit: Settings, spans: InMemorySpanExporter) -> None:
    recorder = Recorder()
    bus = rabbitmq.RabbitEventBus(rabbit)
    await bus.start(handlers(quiet, recorder))
    await until(lambda: bus.is_up)
    cause = await publish_one(quiet, OutboxRelay(quiet, bus, rabbit))
    await until(lambda: recorder.seen)
    await bus.stop_consuming()
    await bus.close()
    processed = ended(spans, trace.SpanKind.CONSUMER)
    assert_one_trace(cause, ended(spans, trace.SpanKind.PRODUCER), processed)
    queue = rabbitmq.queue_name(SERVICE_NAME)
    assert processed.attributes is not None
    assert processed.attributes["messaging.system"] == "rabbitmq"
    assert processed.attributes["messaging.destination.name"] == f"{rabbitmq.EXCHANGE}:{Happened.event_type()}:{queue}"
