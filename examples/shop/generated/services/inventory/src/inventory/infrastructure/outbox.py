"""Transactional outbox (Richardson, Microservices Patterns, ch. 3): an event is a row in the same transaction as its cause.

A relay claims rows with a lease, publishes them, and marks them once the broker has confirmed. A relay that dies
between the two sends again after the lease; the consumer's inbox makes that harmless. Rows of one key go out in the
order of their commits: a row waits while an earlier one of its key is unpublished.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import structlog
from opentelemetry import context as otel_context
from opentelemetry import propagate, trace
from sqlalchemy import (
    BigInteger,
    CursorResult,
    Index,
    Integer,
    LargeBinary,
    String,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column
from sqlalchemy.sql.dml import ReturningUpdate

from inventory.config import SERVICE_NAME, Settings
from inventory.infrastructure.database import OUTAGES, Base, Database, UtcDateTime, execute, utc_now
from inventory.infrastructure.event_bus import DomainEvent, Envelope, EventBus, Message, span_attributes
from inventory.infrastructure.identifiers import uuid7
from inventory.infrastructure.metrics import EVENTS_PUBLISHED, OUTBOX_LAG, OUTBOX_PENDING

log = structlog.get_logger(__name__)
tracer = trace.get_tracer(__name__)

MAX_BACKOFF_S = 60.0
LINGER_S, LINGER_PER_EVENT_S = 0.05, 0.005
"""How long a busy relay lets events gather, as small batches cost as much as large ones: the longer, the more the last batch held,
so that a lonely event hardly waits. A key's backlog never does."""


class OutboxMessage(Base):
    """An event that must be published."""

    __tablename__ = "outbox_messages"

    position: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    event_type: Mapped[str] = mapped_column(String(200))
    ordering_key: Mapped[str] = mapped_column(String(300))
    envelope: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    available_at: Mapped[datetime] = mapped_column(UtcDateTime())
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    attempts: Mapped[int] = mapped_column(default=0)


Index(
    "ix_outbox_messages_pending",
    OutboxMessage.ordering_key,
    OutboxMessage.position,
    postgresql_where=OutboxMessage.published_at.is_(None),
    sqlite_where=OutboxMessage.published_at.is_(None),
)


_INSERT = insert(Base.metadata.tables[OutboxMessage.__tablename__]).inline()


async def enqueue(session: AsyncSession, event: DomainEvent, *older: DomainEvent, version: int | None = None) -> None:
    """Add ``event`` to the session's transaction; it is published after the commit, or never if there is none.

    ``older`` is the same fact in the older versions that live: all go out under one id, the newest first, so that whoever
    reads several of them takes in the newest and knows the others for duplicates.
    ``version`` is that of the entity it tells of: by it a receiver tells a later event from an earlier one.
    """
    identity, versions = uuid7(), (event, *older)
    for each in versions:
        await session.run_sync(execute, _INSERT, _row(each, identity, version, is_oldest=each is versions[-1]))
    session.info["has_enqueued"] = True


def _row(event: DomainEvent, identity: UUID, version: int | None, *, is_oldest: bool) -> dict[str, object]:
    """The row of a fact in one version. The oldest version's has the fact's id: it is the one that older relays send too."""
    now = utc_now()
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    envelope = Envelope(
        id=identity,
        source=f"/{SERVICE_NAME}",
        type=event.event_type(),
        subject=event.ordering_key,
        time=now,
        dataschema=f"/contracts/events/{event.event_name}.v{event.event_version}.json",
        partitionkey=event.ordering_key,
        sequence=None if version is None else f"{version:010d}",
        traceparent=carrier.get("traceparent"),
        tracestate=carrier.get("tracestate"),
        data=event.model_dump(mode="json"),
    )
    return {
        "id": identity if is_oldest else uuid7(),
        "event_type": envelope.type,
        "ordering_key": event.ordering_key,
        "envelope": envelope.model_dump_json(exclude_none=True).encode(),
        "created_at": now,
        "available_at": now,
    }


class OutboxRelay:
    """Publishes pending rows; any number may run beside each other."""

    def __init__(self, database: Database, bus: EventBus, settings: Settings) -> None:
        self._database = database
        self._bus = bus
        self._settings = settings
        self._wake = asyncio.Event()
        self._is_stopping = False
        self._measure_at = 0.0
        self._linger_s = 0.0
        self._last_keys: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Run in the background, woken by each commit that enqueued something, and by a poll for what others left."""
        sqlalchemy_event.listen(Session, "after_commit", self._note_committed)
        self._task = asyncio.create_task(self._run(), name="outbox-relay")

    async def stop(self, *, drain_s: float) -> None:
        """Publish what is pending for up to ``drain_s`` seconds, then stop; the rest stays safe in its table.

        The loop ends by itself rather than by cancellation: a statement that is cut off may cost its connection.
        """
        self._is_stopping = True
        self._wake.set()
        sqlalchemy_event.remove(Session, "after_commit", self._note_committed)
        if self._task is not None:
            await self._task
        ends_at = time.monotonic() + drain_s
        try:
            while self._bus.is_up and time.monotonic() < ends_at and await self.publish_batch():
                pass
        except OUTAGES as error:
            log.warning("outbox.drain_incomplete", error=repr(error))

    async def publish_batch(self) -> int:
        """Claim, publish and mark one batch; returns how many were published."""
        claimed = await self._claim()
        if not claimed:
            return 0
        keys = {row.ordering_key for row in claimed}
        has_backlog = len(claimed) >= self._settings.outbox_batch or not keys.isdisjoint(self._last_keys)
        self._linger_s = 0.0 if has_backlog else min(LINGER_S, LINGER_PER_EVENT_S * len(claimed))
        self._last_keys = keys
        outcomes = await asyncio.gather(*(self._publish(row) for row in claimed))
        rows = list(zip(claimed, outcomes, strict=True))
        await self._settle([row for row, is_sent in rows if is_sent], [row for row, is_sent in rows if not is_sent])
        return sum(outcomes)

    async def pending(self) -> int:
        """How many rows wait; the gauges are brought up to date."""
        async with self._database.sessions() as session:
            query = select(func.count(), func.min(OutboxMessage.created_at)).where(OutboxMessage.published_at.is_(None))
            count, oldest = (await session.execute(query)).one()
        OUTBOX_PENDING.set(count)
        OUTBOX_LAG.set(0 if oldest is None else (utc_now() - oldest).total_seconds())
        return int(count)

    async def purge(self, before: datetime) -> int:
        """Forget rows published before a moment; returns how many."""
        async with self._database.sessions.begin() as session:
            result = await session.execute(delete(OutboxMessage).where(OutboxMessage.published_at < before))
            return cast(CursorResult[object], result).rowcount

    async def _run(self) -> None:
        while not self._is_stopping:
            self._wake.clear()  # before the claim: a commit that it just misses wakes the next one
            try:
                published = await self.publish_batch() if self._bus.is_up else 0
                await self._measure()
            except (*OUTAGES, SQLAlchemyError) as error:
                log.warning("outbox.unavailable", error=repr(error))
                published = 0
            if published:
                await asyncio.sleep(self._linger_s)
            elif not self._is_stopping:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._settings.outbox_poll_s * random.uniform(0.75, 1.25))

    async def _measure(self) -> None:
        """Bring the gauges up to date, but not after every batch: counting costs as much as publishing."""
        if time.monotonic() >= self._measure_at:
            self._measure_at = time.monotonic() + self._settings.outbox_poll_s
            await self.pending()

    async def _claim(self) -> list[OutboxMessage]:
        now = utc_now()
        values = {"now": now, "lease_ends": now + timedelta(seconds=self._settings.outbox_lease_s), "batch": self._settings.outbox_batch}
        async with self._database.sessions.begin() as session:
            rows = list((await session.scalars(_CLAIM, values)).all())
        return sorted(rows, key=lambda row: row.position)

    async def _publish(self, row: OutboxMessage) -> bool:
        envelope = json.loads(row.envelope)
        carrier = {name: envelope[name] for name in ("traceparent", "tracestate") if name in envelope}
        identity = UUID(envelope["id"])
        message = Message(identity, row.event_type, row.ordering_key, row.envelope, self._bus.channel(row.event_type))
        about = span_attributes(message, "publish")
        token = otel_context.attach(propagate.extract(carrier))
        try:
            with tracer.start_as_current_span(f"publish {row.event_type}", kind=trace.SpanKind.PRODUCER, attributes=about):
                await self._bus.publish(message)
                log.info("event.published", event_id=str(identity), event_type=row.event_type, subject=message.subject)
        except Exception as error:  # noqa: BLE001 - whatever a broker raises, the row stays and is tried again
            EVENTS_PUBLISHED.labels(event=row.event_type, outcome="failed").inc()
            log.warning("outbox.publish_failed", event_id=str(identity), attempts=row.attempts, error=repr(error))
            return False
        finally:
            otel_context.detach(token)
        EVENTS_PUBLISHED.labels(event=row.event_type, outcome="confirmed").inc()
        return True

    async def _settle(self, sent: list[OutboxMessage], failed: list[OutboxMessage]) -> None:
        now = utc_now()
        async with self._database.engine.begin() as connection:
            if sent:
                await connection.execute(_MARK, [{"of_position": row.position, "now": now} for row in sent])
            if failed:
                await connection.execute(_POSTPONE, [{"of_position": row.position, "due": now + _pause(row)} for row in failed])

    def _note_committed(self, session: Session) -> None:
        if session.info.pop("has_enqueued", False):
            self._wake.set()


def _claim_statement() -> ReturningUpdate[OutboxMessage]:
    """Lease the first unpublished row of each key that is due, and that no other relay holds."""
    earlier = aliased(OutboxMessage)
    is_head = ~exists().where(
        earlier.ordering_key == OutboxMessage.ordering_key,
        earlier.published_at.is_(None),
        earlier.position < OutboxMessage.position,
    )
    due = (
        select(OutboxMessage.position)
        .where(OutboxMessage.published_at.is_(None), OutboxMessage.available_at <= bindparam("now"), is_head)
        .order_by(OutboxMessage.position)
        .limit(bindparam("batch", type_=Integer))
        .with_for_update(skip_locked=True, of=OutboxMessage)
    )
    return (
        update(OutboxMessage)
        .where(OutboxMessage.position.in_(due.scalar_subquery()), OutboxMessage.published_at.is_(None))
        .values(attempts=OutboxMessage.attempts + 1, available_at=bindparam("lease_ends"))
        .returning(OutboxMessage)
        .execution_options(synchronize_session=False)
    )


def _pause(row: OutboxMessage) -> timedelta:
    return timedelta(seconds=min(0.2 * 2 ** min(row.attempts, 10), MAX_BACKOFF_S) * random.uniform(0.5, 1.0))


_CLAIM = _claim_statement()
_MARK = update(OutboxMessage).where(OutboxMessage.position == bindparam("of_position")).values(published_at=bindparam("now"))
_POSTPONE = update(OutboxMessage).where(OutboxMessage.position == bindparam("of_position")).values(available_at=bindparam("due"))
