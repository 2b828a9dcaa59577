"""Events are never lost and never take effect twice."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import ClassVar
from uuid import UUID, uuid4

import httpx2
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import select, update

from notification.config import SERVICE_NAME, SYSTEM_NAME, Settings
from notification.infrastructure import housekeeping
from notification.infrastructure.database import Database, utc_now
from notification.infrastructure.event_bus import Handler, MemoryEventBus, Message
from notification.infrastructure.inbox import InboxMessage
from notification.infrastructure.outbox import OutboxMessage, OutboxRelay, enqueue
from tests.fixtures.messaging import Happened, Recorder, assert_one_trace, ended, handlers, make_due, publish_one, put


class DeadBus(MemoryEventBus):
    """A broker that takes messages and dies before its confirm arrives."""

    async def publish(self, message: Message) -> None:
        await super().publish(message)
        raise ConnectionError("the confirm was lost")


class NewlyHappened(Happened):
    """A newer version of it."""

    event_version: ClassVar[int] = 2


async def started(bus: MemoryEventBus, handlers: dict[str, Handler]) -> MemoryEventBus:
    await bus.start(handlers)
    return bus


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


async def test_a_fact_in_two_versions_goes_out_under_one_id_the_newest_first(quiet: Database, settings: Settings) -> None:
    bus = await started(MemoryEventBus(settings), {})
    async with quiet.sessions.begin() as session:
        await enqueue(session, NewlyHappened(subject="a", count=1), Happened(subject="a", count=1))
    async with quiet.sessions() as session:
        rows = (await session.scalars(select(OutboxMessage).order_by(OutboxMessage.position))).all()
    relay = OutboxRelay(quiet, bus, settings)
    while await relay.publish_batch():
        pass
    assert [message.type for message in bus.published] == [NewlyHappened.event_type(), Happened.event_type()]
    assert {message.id for message in bus.published} == {rows[1].id}, "a relay that knows no versions sends the oldest under this id"
    assert len({row.id for row in rows}) == 2


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
