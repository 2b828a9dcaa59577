"""Events between services: the envelope (CloudEvents 1.0) and the port that a broker implements."""

from __future__ import annotations

import asyncio
import random
import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol
from uuid import UUID

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from notification.config import SYSTEM_NAME, Settings
from notification.infrastructure.database import is_outage
from notification.infrastructure.metrics import DEAD_LETTERS, EVENTS_CONSUMED

log = structlog.get_logger(__name__)

MAX_BACKOFF_S = 30.0
_IDENTIFIED = re.compile(r"[^/]+/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class EventData(BaseModel):
    """The data of an event. Unknown fields are let through, so that a publisher may add some (tolerant reader)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    event_name: ClassVar[str]
    event_version: ClassVar[int]

    @classmethod
    def event_type(cls) -> str:
        """The CloudEvents type, which is also the routing key."""
        return f"{SYSTEM_NAME}.{cls.event_name}.v{cls.event_version}"


class DomainEvent(EventData, ABC):
    """An event that this service publishes."""

    @property
    @abstractmethod
    def ordering_key(self) -> str:
        """Events of one key are delivered in the order of their commits."""


class Envelope(BaseModel):
    """A CloudEvents 1.0 event in structured JSON mode, with the tracing, partitioning and sequence extensions."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str | None = None
    partitionkey: str
    sequence: str | None = None
    traceparent: str | None = None
    tracestate: str | None = None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """An envelope as bytes, with what a broker needs to route it."""

    id: UUID
    type: str
    key: str
    body: bytes
    channel: Mapping[str, str] = field(default_factory=dict)
    """Where it goes or comes from, as a span tells it."""

    @property
    def subject(self) -> str:
        """What it is about, fit for a log: a kind of entity, and an id where the key holds one; any other key may be personal."""
        return self.key if _IDENTIFIED.fullmatch(self.key) else self.key.partition("/")[0]


class PoisonMessageError(Exception):
    """The message can never be handled: not an event, or not of the agreed schema."""


def span_attributes(message: Message, operation: Literal["publish", "process"]) -> dict[str, str]:
    """What a span tells of a message (OpenTelemetry's messaging conventions). Its key may be personal, so it stays out."""
    kind = "send" if operation == "publish" else operation
    about = {"messaging.operation.name": operation, "messaging.operation.type": kind, "messaging.message.id": str(message.id)}
    return {**about, **message.channel}


Handler = Callable[[Message], Awaitable[None]]
"""Handles one message, in one transaction; raises when the message must come again."""


class EventBus(Protocol):
    """A broker: at least once, in order per key, dead-lettered after bounded tries."""

    @property
    def is_up(self) -> bool:
        """Whether messages can be sent and received now."""
        ...

    async def start(self, handlers: Mapping[str, Handler]) -> None:
        """Connect in the background and deliver each message to the handler of its type."""
        ...

    async def publish(self, message: Message) -> None:
        """Hand over one message; returns when the broker has it safe, raises when that is not known."""
        ...

    def channel(self, event_type: str) -> Mapping[str, str]:
        """Where messages of a type are published, as a span tells it."""
        ...

    async def stop_consuming(self) -> None:
        """Take no new messages and finish those in hand."""
        ...

    async def close(self) -> None:
        """Disconnect."""
        ...


def create_event_bus(settings: Settings) -> EventBus:
    """The bus that ``BROKER_URL`` names.

    Raises:
        ValueError: no such broker is supported.
    """
    url = settings.broker_url.get_secret_value()
    if settings.is_embedded_broker:
        return MemoryEventBus(settings)
    if url.startswith(("amqp://", "amqps://")):
        from notification.infrastructure.rabbitmq import RabbitEventBus  # noqa: PLC0415 - loaded only where it is used

        return RabbitEventBus(settings)
    raise ValueError("BROKER_URL must start with memory://, amqp:// or amqps://")


async def deliver(handler: Handler, message: Message, settings: Settings) -> bool:
    """Try a handler until it succeeds; ``False`` says that the message belongs among the dead letters.

    An outage of the database does not count as a try: the message waits until the database is back.
    """
    attempt = 0
    pause = settings.delivery_backoff_s
    while True:
        try:
            await handler(message)
        except PoisonMessageError as error:
            return _dead(message, attempt + 1, error)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, its message must not be lost
            attempt += 0 if is_outage(error) else 1
            if attempt >= settings.delivery_attempts:
                return _dead(message, attempt, error)
            log.warning("event.retry", event_id=str(message.id), event_type=message.type, attempt=attempt, error=repr(error))
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, MAX_BACKOFF_S)
        else:
            EVENTS_CONSUMED.labels(event=message.type, outcome="handled").inc()
            return True


def _dead(message: Message, attempts: int, error: Exception) -> bool:
    DEAD_LETTERS.labels(event=message.type).inc()
    log.error("event.dead_lettered", event_id=str(message.id), event_type=message.type, attempts=attempts, error=repr(error))
    return False


def open_envelope(message: Message) -> Envelope:
    """The envelope in a message.

    Raises:
        PoisonMessageError: the bytes are not a CloudEvent.
    """
    try:
        return Envelope.model_validate_json(message.body)
    except ValidationError as error:
        raise PoisonMessageError(f"not a CloudEvent: {error.error_count()} faults") from error


class MemoryEventBus:
    """The embedded default: events stay in this process. The outbox keeps them safe; nothing else is needed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._handlers: Mapping[str, Handler] = {}
        self._is_stopping = False
        self.dead_letters: list[Message] = []
        self.published: list[Message] = []

    @property
    def is_up(self) -> bool:
        """Until it stops: what nobody handles any more stays in the outbox."""
        return not self._is_stopping

    async def start(self, handlers: Mapping[str, Handler]) -> None:
        """Remember who handles what."""
        self._handlers = handlers

    async def publish(self, message: Message) -> None:
        """Deliver at once; what nobody here handles is only remembered, as no other process can hear it.

        Raises:
            ConnectionError: it has been stopped.
        """
        if self._is_stopping:
            raise ConnectionError("the event bus is stopping")
        self.published = [*self.published[-99:], message]
        handler = self._handlers.get(message.type)
        if handler is not None and not await deliver(handler, message, self._settings):
            self.dead_letters.append(message)

    def channel(self, event_type: str) -> Mapping[str, str]:
        """This process."""
        return {"messaging.system": "in_process", "messaging.destination.name": event_type}

    async def stop_consuming(self) -> None:
        """Take no more messages; what waits stays in the outbox for the next start."""
        self._is_stopping = True

    async def close(self) -> None:
        """Nothing is held open."""
