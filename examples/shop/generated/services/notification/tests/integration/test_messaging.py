"""Events are never lost and never take effect twice."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import ClassVar
from uuid import UUID, uuid4

import aio_pika
import httpx2
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from notification.config import SERVICE_NAME, SYSTEM_NAME, Settings
from notification.infrastructure import housekeeping, rabbitmq
from notification.infrastructure.database import Database, utc_now
from notification.infrastructure.event_bus import DomainEvent, Handler, MemoryEventBus, Message
from notification.infrastructure.inbox import InboxMessage, consumer
from notification.infrastructure.outbox import OutboxMessage, OutboxRelay, enqueue

BROKER = os.environ.get("TEST_BROKER_URL")


class Happened(DomainEvent):
    event_name: ClassVar[str] = "Happened"
    event_version: ClassVar[int] = 1

    subject: str
    count: int

    @property
    def ordering_key(self) -> str:
        return f"subject/{self.subject}"


class Recorder:
    """A handler that remembers what it was given, and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.seen: list[Happened] = []
        self.failures = failures

    async def __call__(self, session: AsyncSession, event: Happened) -> None:
        if self.failures:
            self.failures -= 1
            raise ValueError("not now")
        self.seen.append(event)


class DeadBus(MemoryEventBus):
    """A broker that takes messages and dies before its confirm arrives."""

    async def publish(self, message: Message) -> None:
        await super().publish(message)
        raise ConnectionError("the confirm was lost")


async def started(bus: MemoryEventBus, handlers: dict[str, Handler]) -> MemoryEventBus:
    await bus.start(handlers)
    return bus


def handlers(database: Database, recorder: Recorder) -> dict[str, Handler]:
    return {Happened.event_type(): consumer(database, Happened, recorder, name="test")}


async def put(database: Database, *events: Happened) -> None:
    for event in events:
        async with database.sessions.begin() as session:
            await enqueue(session, event)


async def make_due(database: Database) -> None:
    async with database.sessions.begin() as session:
        await session.execute(update(OutboxMessage).values(available_at=utc_now()))


@pytest.fixture
async def quiet(database: Database, app: object) -> Database:
    """The database of a service whose own relay stands still."""
    relay: OutboxRelay = app.state.relay  # type: ignore[attr-defined] # app is the FastAPI fixture
    await relay.stop(drain_s=0.1)
    relay.start = relay.stop = _nothing  # type: ignore[method-assign, assignment] # the shutdown stops it again
    return database


async def _nothing(**_: object) -> None:
    return None


async def test_an_event_is_published_after_the_commit_and_not_without_one(quiet: Database, settings: Settings) -> None:
    recorder = Recorder()
    relay = OutboxRelay(quiet, await started(MemoryEventBus(settings), handlers(quiet, recorder)), settings)
    with pytest.raises(RuntimeError):
        async with quiet.sessions.begin() as session:
            await enqueue(session, Happened(subject="a", count=1))
            raise RuntimeError("the transaction fails")
    assert await relay.publish_batch() == 0
    await put(quiet, Happened(subject="a", count=2))
    assert await relay.publish_batch() == 1
    assert [event.count for event in recorder.seen] == [2]
    assert await relay.pending() == 0


async def test_events_of_one_key_keep_their_order_past_a_failure(quiet: Database, settings: Settings) -> None:
    recorder = Recorder()
    bus = await started(DeadBus(settings), {})
    await put(quiet, *(Happened(subject="a", count=count) for count in range(3)), Happened(subject="b", count=9))
    assert await OutboxRelay(quiet, bus, settings).publish_batch() == 0
    assert len(bus.published) == 2, "only the first of each key may leave while it is not confirmed"
    relay = OutboxRelay(quiet, await started(MemoryEventBus(settings), handlers(quiet, recorder)), settings)
    await make_due(quiet)
    while await relay.publish_batch():
        pass
    assert [event.count for event in recorder.seen if event.subject == "a"] == [0, 1, 2]


async def test_what_waits_when_the_service_stops_is_delivered_after_its_next_start(quiet: Database, settings: Settings) -> None:
    recorder = Recorder()
    bus = await started(MemoryEventBus(settings), handlers(quiet, recorder))
    relay = OutboxRelay(quiet, bus, settings)
    await bus.stop_consuming()
    relay.start()
    await put(quiet, Happened(subject="a", count=1))
    await relay.stop(drain_s=1)
    assert await relay.publish_batch() == 0
    assert (await relay.pending(), recorder.seen) == (1, [])
    await make_due(quiet)
    assert await OutboxRelay(quiet, await started(MemoryEventBus(settings), handlers(quiet, recorder)), settings).publish_batch() == 1
    assert len(recorder.seen) == 1


async def test_a_relay_that_dies_after_publishing_sends_again_and_the_inbox_drops_it(quiet: Database, settings: Settings) -> None:
    recorder = Recorder()
    await put(quiet, Happened(subject="a", count=1))
    first = OutboxRelay(quiet, await started(DeadBus(settings), handlers(quiet, recorder)), settings)
    assert await first.publish_batch() == 0
    await make_due(quiet)
    second = OutboxRelay(quiet, await started(MemoryEventBus(settings), handlers(quiet, recorder)), settings)
    assert await second.publish_batch() == 1
    assert len(recorder.seen) == 1


async def test_two_relays_never_take_the_same_row(quiet: Database, settings: Settings) -> None:
    await put(quiet, *(Happened(subject=str(count), count=count) for count in range(40)))
    buses = [await started(MemoryEventBus(settings), {}) for _ in range(2)]
    relays = [OutboxRelay(quiet, bus, settings) for bus in buses]
    await asyncio.gather(*(relay.publish_batch() for relay in relays))
    while sum(await asyncio.gather(*(relay.publish_batch() for relay in relays))):
        pass
    sent = [message.id for bus in buses for message in bus.published]
    assert (len(sent), len(set(sent))) == (40, 40)


async def test_a_failing_handler_is_tried_again_and_its_effects_are_not_doubled(quiet: Database, settings: Settings) -> None:
    recorder = Recorder(failures=2)
    bus = await started(MemoryEventBus(settings), handlers(quiet, recorder))
    await put(quiet, Happened(subject="a", count=1))
    await OutboxRelay(quiet, bus, settings).publish_batch()
    assert (len(recorder.seen), bus.dead_letters) == (1, [])


async def test_a_message_that_cannot_be_handled_is_dead_lettered(quiet: Database, settings: Settings) -> None:
    recorder = Recorder(failures=99)
    bus = await started(MemoryEventBus(settings), handlers(quiet, recorder))
    await put(quiet, Happened(subject="a", count=1))
    await OutboxRelay(quiet, bus, settings).publish_batch()
    await bus.publish(Message(uuid4(), Happened.event_type(), "a", b"{not an event"))
    assert len(bus.dead_letters) == 2
    async with quiet.sessions() as session:
        assert (await session.scalars(select(InboxMessage))).all() == []


async def test_a_duplicate_delivered_at_the_same_time_has_one_effect(quiet: Database, settings: Settings) -> None:
    recorder = Recorder()
    await put(quiet, Happened(subject="a", count=1))
    async with quiet.sessions() as session:
        row = (await session.scalars(select(OutboxMessage))).one()
    message = Message(row.id, row.event_type, row.ordering_key, row.envelope)
    handler = handlers(quiet, recorder)[Happened.event_type()]
    await asyncio.gather(*(handler(message) for _ in range(10)))
    assert len(recorder.seen) == 1


async def test_the_envelope_is_a_cloud_event(quiet: Database) -> None:
    await put(quiet, Happened(subject="a", count=1))
    async with quiet.sessions() as session:
        envelope = json.loads((await session.scalars(select(OutboxMessage.envelope))).one())
    assert envelope["specversion"] == "1.0"
    assert (envelope["type"], envelope["source"]) == (f"{SYSTEM_NAME}.Happened.v1", f"/{SERVICE_NAME}")
    assert (envelope["partitionkey"], envelope["data"]) == ("subject/a", {"subject": "a", "count": 1})
    assert UUID(envelope["id"]).version == 7


async def test_what_is_past_its_retention_is_swept(quiet: Database, settings: Settings) -> None:
    relay = OutboxRelay(quiet, await started(MemoryEventBus(settings), {}), settings)
    await put(quiet, Happened(subject="a", count=1), Happened(subject="b", count=2))
    await relay.publish_batch()
    async with quiet.sessions.begin() as session:
        old = utc_now() - timedelta(hours=settings.retention_hours + 1)
        await session.execute(update(OutboxMessage).where(OutboxMessage.ordering_key == "subject/a").values(published_at=old))
    await housekeeping.sweep(quiet, relay, settings)  # unless the service's own sweep came first
    async with quiet.sessions() as session:
        assert list(await session.scalars(select(OutboxMessage.ordering_key))) == ["subject/b"]


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


async def until(condition: object, limit_s: float = 20) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():  # type: ignore[operator] # a function without arguments
            await asyncio.sleep(0.02)


@pytest.mark.skipif(BROKER is None, reason="needs RabbitMQ: set TEST_BROKER_URL (make test-servers insists on it)")
async def test_on_rabbitmq_every_event_arrives_once_and_in_order_though_the_link_breaks(quiet: Database, rabbit: Settings) -> None:
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
    async with asyncio.timeout(60):
        while await relay.pending():
            await make_due(quiet)
            if not await relay.publish_batch():
                await asyncio.sleep(0.05)
    await until(lambda: len(recorder.seen) >= 50, 40)
    await bus.stop_consuming()
    await bus.close()
    assert sorted(event.count for event in recorder.seen) == list(range(50))
    for subject in range(5):
        counts = [event.count for event in recorder.seen if event.subject == str(subject)]
        assert counts == sorted(counts)


@pytest.mark.skipif(BROKER is None, reason="needs RabbitMQ: set TEST_BROKER_URL (make test-servers insists on it)")
async def test_on_rabbitmq_a_link_that_dies_under_an_acknowledgement_is_made_anew(
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
    async with asyncio.timeout(60):
        while await relay.pending():
            await make_due(quiet)
            if not await relay.publish_batch():
                await asyncio.sleep(0.05)
    await until(lambda: len(recorder.seen) >= 5, 40)
    await until(lambda: bus.is_up, 40)
    await bus.stop_consuming()
    await bus.close()
    assert len(deaths) == 1
    assert sorted(event.count for event in recorder.seen) == list(range(5))


@pytest.mark.skipif(BROKER is None, reason="needs RabbitMQ: set TEST_BROKER_URL (make test-servers insists on it)")
async def test_on_rabbitmq_a_poison_message_reaches_the_dead_letters(quiet: Database, rabbit: Settings) -> None:
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


@pytest.fixture
def spans(app: object) -> Iterator[InMemorySpanExporter]:
    """The spans that the service ends from now on."""
    exporter = InMemorySpanExporter()
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter
    exporter.shutdown()


def ended(spans: InMemorySpanExporter, kind: trace.SpanKind) -> ReadableSpan:
    [found] = [span for span in spans.get_finished_spans() if span.kind is kind]
    return found


async def publish_one(database: Database, relay: OutboxRelay) -> trace.SpanContext:
    """Publish an event that a span of its own has caused; gives that span's ids."""
    with trace.get_tracer("test").start_as_current_span("cause") as cause:
        await put(database, Happened(subject="a", count=1))
    assert await relay.publish_batch() == 1
    return cause.get_span_context()


def assert_one_trace(cause: trace.SpanContext, published: ReadableSpan, processed: ReadableSpan) -> None:
    for span in (published, processed):
        assert span.parent is not None
        assert (span.parent.trace_id, span.parent.span_id) == (cause.trace_id, cause.span_id)
    assert [(link.context.trace_id, link.context.span_id) for link in processed.links] == [
        (published.context.trace_id, published.context.span_id)
    ]


async def test_a_request_goes_on_in_the_trace_of_its_caller(spans: InMemorySpanExporter, client: httpx2.AsyncClient) -> None:
    await client.get("/nowhere", headers={"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"})
    span = ended(spans, trace.SpanKind.SERVER)
    assert span.parent is not None
    assert (span.parent.trace_id, span.parent.span_id) == (0x4BF92F3577B34DA6A3CE929D0E0E4736, 0x00F067AA0BA902B7)


async def test_what_an_event_brings_about_is_in_the_trace_of_its_cause(
    quiet: Database, settings: Settings, spans: InMemorySpanExporter
) -> None:
    bus = await started(MemoryEventBus(settings), handlers(quiet, Recorder()))
    cause = await publish_one(quiet, OutboxRelay(quiet, bus, settings))
    assert_one_trace(cause, ended(spans, trace.SpanKind.PRODUCER), ended(spans, trace.SpanKind.CONSUMER))


@pytest.mark.skipif(BROKER is None, reason="needs RabbitMQ: set TEST_BROKER_URL (make test-servers insists on it)")
async def test_on_rabbitmq_a_trace_crosses_the_broker(quiet: Database, rabbit: Settings, spans: InMemorySpanExporter) -> None:
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
