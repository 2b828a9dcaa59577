"""RabbitMQ: confirmed publishing, one ordered queue per service, bounded tries, dead letters, reconnection."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Mapping
from uuid import UUID
from zlib import crc32

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, AbstractIncomingMessage, AbstractQueue
from opentelemetry import context as otel_context
from opentelemetry import propagate

from inventory.config import SERVICE_NAME, SYSTEM_NAME, Settings
from inventory.infrastructure.event_bus import Handler, Message, deliver
from inventory.infrastructure.topology import NEWER, RETIRED, ROUTES
from inventory.transport import broker_tls

log = structlog.get_logger(__name__)

EXCHANGE = f"{SYSTEM_NAME}.events"
DEAD_LETTER_EXCHANGE = f"{SYSTEM_NAME}.dead-letters"
LANES = 8
BACKOFF_S = 0.2
MAX_BACKOFF_S = 5.0


class BrokerUnavailableError(Exception):
    """The broker is away; it may come back."""


class RabbitEventBus:
    """One connection that heals itself: a supervisor connects, declares, consumes and waits until the link is lost."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._handlers: Mapping[str, Handler] = {}
        self._supervisor: asyncio.Task[None] | None = None
        self.connection: AbstractConnection | None = None
        self._exchange: AbstractExchange | None = None
        self._consuming = True
        self._queue: AbstractQueue | None = None
        self._consumer_tag: str | None = None
        self._must_ask = bool(NEWER)
        self._lanes: list[asyncio.Queue[AbstractIncomingMessage | None]] = []
        self._in_hand = 0

    @property
    def is_up(self) -> bool:
        """Whether messages can be sent now."""
        return self._exchange is not None

    async def start(self, handlers: Mapping[str, Handler]) -> None:
        """Connect in the background: the service starts without its broker and waits for it."""
        self._handlers = handlers
        self._supervisor = asyncio.create_task(self._supervise(), name="rabbitmq-supervisor")

    async def publish(self, message: Message) -> None:
        """Publish and wait for the broker's confirm.

        Raises:
            BrokerUnavailableError: there is no connection, or it was lost before the confirm.
        """
        exchange = self._exchange
        if exchange is None:
            raise BrokerUnavailableError("not connected to RabbitMQ")
        trace: dict[str, str] = {}
        propagate.inject(trace)
        outgoing = aio_pika.Message(
            message.body,
            message_id=str(message.id),
            type=message.type,
            content_type="application/cloudevents+json",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            headers={"key": message.key, **trace},
        )
        try:
            async with asyncio.timeout(self._settings.broker_timeout_s):
                await exchange.publish(outgoing, routing_key=message.type, mandatory=message.type in _ROUTED)
        except Exception as error:  # a channel that dies raises whatever closed it, a bare Exception too
            raise BrokerUnavailableError(repr(error)) from error

    def channel(self, event_type: str) -> Mapping[str, str]:
        """The exchange and the routing key."""
        return _channel(event_type)

    async def stop_consuming(self) -> None:
        """Cancel the consumer and finish the messages in hand."""
        self._consuming = False
        if self._queue is not None and self._consumer_tag is not None:
            with contextlib.suppress(Exception):  # a link that is gone consumes no more either
                await self._queue.cancel(self._consumer_tag)
        while self._in_hand:  # noqa: ASYNC110 - the lanes count down; the caller sets the time limit
            await asyncio.sleep(0.02)

    async def close(self) -> None:
        """Disconnect; messages not yet acknowledged go back to the queue."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._supervisor

    async def _supervise(self) -> None:
        pause = BACKOFF_S
        while True:
            try:
                await self._session()
                pause = BACKOFF_S
            except Exception as error:  # noqa: BLE001 - whatever ended the link, the service needs a new one
                log.warning("broker.unavailable", error=repr(error), retry_in_s=round(pause, 2))
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, MAX_BACKOFF_S)

    async def _session(self) -> None:
        """One connection's life."""
        timeout = self._settings.broker_timeout_s
        url = self._settings.broker_url.get_secret_value()
        connection = await aio_pika.connect(url, timeout=timeout, ssl_context=broker_tls(url))
        self.connection = connection
        lost = asyncio.Event()
        connection.close_callbacks.add(lambda *_: lost.set())
        self._lanes = [asyncio.Queue() for _ in range(LANES)]
        lanes = [asyncio.create_task(self._lane(index), name=f"consumer-lane-{index}") for index in range(LANES)]
        self._in_hand = 0
        try:
            async with connection:
                await self._open(connection, lost)
                log.info("broker.connected")
                await lost.wait()
                log.warning("broker.disconnected")
        finally:
            self._exchange = self._queue = self._consumer_tag = None
            for queue in self._lanes:
                while not queue.empty():
                    queue.get_nowait()  # not acknowledged, so the broker sends it again
                queue.put_nowait(None)
            await asyncio.gather(*lanes)

    async def _open(self, connection: AbstractConnection, lost: asyncio.Event) -> None:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        channel.close_callbacks.add(lambda *_: lost.set())
        exchange = await self._declare(channel)
        if self._handlers and self._consuming:
            consuming = await connection.channel()
            consuming.close_callbacks.add(lambda *_: lost.set())
            await consuming.set_qos(prefetch_count=self._settings.consumer_prefetch)
            self._queue = await consuming.get_queue(queue_name(SERVICE_NAME))
            self._consumer_tag = await self._queue.consume(self._receive)
        self._exchange = exchange

    async def _declare(self, channel: AbstractChannel) -> AbstractExchange:
        """Declare the exchanges and every queue that this service fills or drains.

        A publisher declares its subscribers' queues too, so that nothing is lost before a subscriber's first start.
        """
        exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
        dead = await channel.declare_exchange(DEAD_LETTER_EXCHANGE, aio_pika.ExchangeType.DIRECT, durable=True)
        for subscriber, event_types in ROUTES.items():
            letters = await channel.declare_queue(
                f"{queue_name(subscriber)}.dead-letters", durable=True, arguments={"x-queue-type": "quorum"}
            )
            await letters.bind(dead, routing_key=subscriber)
            queue = await channel.declare_queue(
                queue_name(subscriber),
                durable=True,
                arguments={
                    "x-queue-type": "quorum",
                    "x-single-active-consumer": True,  # order per key outlives a restart and a second replica
                    "x-delivery-limit": 20,  # a message that kills its consumer stops coming back
                    "x-dead-letter-exchange": DEAD_LETTER_EXCHANGE,
                    "x-dead-letter-routing-key": subscriber,
                    "x-dead-letter-strategy": "at-least-once",
                    "x-overflow": "reject-publish",
                },
            )
            for event_type in event_types:
                await queue.bind(exchange, routing_key=event_type)
            for event_type in RETIRED if subscriber == SERVICE_NAME else ():
                await queue.unbind(exchange, routing_key=event_type)
        return exchange

    async def _receive(self, incoming: AbstractIncomingMessage) -> None:
        key = str((incoming.headers or {}).get("key", ""))
        self._in_hand += 1
        await self._lanes[crc32(key.encode()) % LANES].put(incoming)
        if self._must_ask and self._queue is not None:
            self._must_ask = False
            await self._ask_for_newer(self._queue)

    async def _ask_for_newer(self, queue: AbstractQueue) -> None:
        """Get newer versions too, now that messages come to us: no older instance, which does not know them, is served before us."""
        try:
            for event_type in NEWER:
                await queue.bind(EXCHANGE, routing_key=event_type)
        except Exception as error:  # noqa: BLE001 - a channel that dies raises whatever closed it
            log.warning("broker.newer_versions_not_asked", error=repr(error))
            self._must_ask = True

    async def _lane(self, index: int) -> None:
        """Handle messages of some keys one after the other; other lanes go on beside it. Nothing ends the lane."""
        queue = self._lanes[index]
        while (incoming := await queue.get()) is not None:
            try:
                await self._handle(incoming)
            except Exception as error:  # noqa: BLE001 - a channel that dies raises whatever closed it
                log.warning("broker.ack_failed", error=repr(error))  # it comes again; the inbox knows it
            finally:
                self._in_hand -= 1

    async def _handle(self, incoming: AbstractIncomingMessage) -> None:
        token = otel_context.attach(propagate.extract(_trace_of(incoming)))
        try:
            await self._settle(incoming)
        finally:
            otel_context.detach(token)

    async def _settle(self, incoming: AbstractIncomingMessage) -> None:
        event_type = incoming.type or incoming.routing_key or ""
        handler = self._handlers.get(event_type)
        message = _message(incoming, event_type)
        if handler is None or message is None:
            log.error("event.unroutable", event_type=event_type, event_id=incoming.message_id)
            await incoming.reject(requeue=False)
        elif await deliver(handler, message, self._settings):
            await incoming.ack()
        else:
            await incoming.reject(requeue=False)


_ROUTED = frozenset(event_type for event_types in ROUTES.values() for event_type in event_types)


def queue_name(service: str) -> str:
    """The queue that holds a service's events."""
    return f"{SYSTEM_NAME}.{service}"


def _channel(event_type: str, *queue: str) -> Mapping[str, str]:
    """Where a message of a type is published, or the queue that it comes from, as a span tells it."""
    return {
        "messaging.system": "rabbitmq",
        "messaging.destination.name": ":".join([EXCHANGE, event_type, *queue]),
        "messaging.rabbitmq.destination.routing_key": event_type,
    }


def _trace_of(incoming: AbstractIncomingMessage) -> dict[str, str]:
    """The trace of the publishing that delivered a message."""
    headers = incoming.headers or {}
    return {name: str(headers[name]) for name in ("traceparent", "tracestate") if name in headers}


def _message(incoming: AbstractIncomingMessage, event_type: str) -> Message | None:
    try:
        identity = UUID(incoming.message_id or "")
    except ValueError:
        return None
    key = str((incoming.headers or {}).get("key", ""))
    return Message(identity, event_type, key, incoming.body, _channel(event_type, queue_name(SERVICE_NAME)))
