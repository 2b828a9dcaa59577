"""Idempotent consumer (Richardson, Microservices Patterns, ch. 3): an event's id is a row in its handler's transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar, cast
from uuid import UUID

import structlog
from opentelemetry import propagate, trace
from pydantic import ValidationError
from sqlalchemy import CursorResult, String, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from inventory.infrastructure.database import Base, Database, UtcDateTime, utc_now
from inventory.infrastructure.event_bus import Envelope, EventData, Handler, Message, PoisonMessageError, open_envelope, span_attributes
from inventory.infrastructure.metrics import EVENTS_CONSUMED

log = structlog.get_logger(__name__)
tracer = trace.get_tracer(__name__)

E = TypeVar("E", bound=EventData)


class InboxMessage(Base):
    """A message that has been handled."""

    __tablename__ = "inbox_messages"

    consumer: Mapped[str] = mapped_column(String(120), primary_key=True)
    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)


def consumer(database: Database, event_class: type[E], handle: Callable[[AsyncSession, E], Awaitable[None]], *, name: str) -> Handler:
    """Wrap ``handle`` so that it runs once per message and consumer, in one transaction with its effects.

    Its span is a child of what caused the event, and is linked to the publishing that delivered it.
    """

    async def handle_data(session: AsyncSession, event: E, _: Envelope) -> None:
        await handle(session, event)

    return envelope_consumer(database, event_class, handle_data, name=name)


def envelope_consumer(
    database: Database, event_class: type[E], handle: Callable[[AsyncSession, E, Envelope], Awaitable[None]], *, name: str
) -> Handler:
    """The same for a ``handle`` that asks of the event's time and sequence too."""

    async def receive(message: Message) -> None:
        envelope = open_envelope(message)
        event = data_of(envelope, event_class)
        carrier = {key: value for key in ("traceparent", "tracestate") if (value := getattr(envelope, key))}
        about = {"event_id": str(envelope.id), "event_type": message.type, "subject": message.subject, "consumer": name}
        delivery = trace.get_current_span().get_span_context()
        span = tracer.start_as_current_span(
            f"process {message.type}",
            context=propagate.extract(carrier),
            kind=trace.SpanKind.CONSUMER,
            attributes=span_attributes(message, "process"),
            links=[trace.Link(delivery)] if delivery.is_valid else None,
        )
        with span:
            async with database.sessions.begin() as session:
                if await claim(session, envelope.id, name):
                    await handle(session, event, envelope)
                    log.info("event.handled", **about)
                else:
                    EVENTS_CONSUMED.labels(event=message.type, outcome="duplicate").inc()
                    log.info("event.duplicate", **about)

    return receive


def data_of(envelope: Envelope, event_class: type[E]) -> E:
    """What an envelope tells.

    Raises:
        PoisonMessageError: it is not of the agreed schema.
    """
    try:
        return event_class.model_validate(envelope.data)
    except ValidationError as error:
        raise PoisonMessageError(f"data does not fit {event_class.__name__}: {_summary(error)}") from error


async def claim(session: AsyncSession, message_id: UUID, consumer_name: str) -> bool:
    """Whether this message is new to this consumer; a concurrent transaction with the same message waits."""
    insert = postgresql.insert if session.bind is not None and session.bind.dialect.name == "postgresql" else sqlite.insert
    statement = (
        insert(InboxMessage)
        .values(consumer=consumer_name, message_id=message_id, received_at=utc_now())
        .on_conflict_do_nothing()
        .returning(InboxMessage.message_id)
    )
    return (await session.execute(statement)).first() is not None


async def purge(database: Database, before: datetime) -> int:
    """Forget messages received before a moment; returns how many."""
    async with database.sessions.begin() as session:
        result = await session.execute(delete(InboxMessage).where(InboxMessage.received_at < before))
        return cast(CursorResult[object], result).rowcount


def _summary(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_input=False)[:5])
