"""Which function handles which event; each handler runs in one transaction with its inbox row."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from notification.domains.customer_notice.schemas import CustomerNoticeData
from notification.domains.customer_notice.service import CustomerNoticeService
from notification.domains.incoming import OrderCancelled, OrderConfirmed
from notification.infrastructure.database import Database
from notification.infrastructure.event_bus import EventData, Handler, Message, PoisonMessageError
from notification.infrastructure.inbox import consumer


def create_consumers(database: Database) -> dict[str, Handler]:
    """Event types to the handlers of this service."""
    return {
        OrderCancelled.event_type(): _each(
            consumer(database, OrderCancelled, create_customer_notice_on_order_cancelled, name="customer_notice.on_order_cancelled"),
        ),
        OrderConfirmed.event_type(): _each(
            consumer(database, OrderConfirmed, create_customer_notice_on_order_confirmed, name="customer_notice.on_order_confirmed"),
        ),
    }


async def create_customer_notice_on_order_confirmed(session: AsyncSession, event: OrderConfirmed) -> None:
    """Order confirmed: create the customer notice."""
    data = _mapped(event, {"order_id": "order_id", "customer_email": "customer_email"})
    try:
        checked = CustomerNoticeData.model_validate(data)
    except ValidationError as error:
        raise PoisonMessageError(f"OrderConfirmed makes no valid customer notice: {error.error_count()} faults") from error
    await CustomerNoticeService(session).on_order_confirmed(checked)


async def create_customer_notice_on_order_cancelled(session: AsyncSession, event: OrderCancelled) -> None:
    """Order cancelled: create the customer notice."""
    data = _mapped(event, {"order_id": "order_id", "customer_email": "customer_email"})
    try:
        checked = CustomerNoticeData.model_validate(data)
    except ValidationError as error:
        raise PoisonMessageError(f"OrderCancelled makes no valid customer notice: {error.error_count()} faults") from error
    await CustomerNoticeService(session).on_order_cancelled(checked)


def _each(*handlers: Handler) -> Handler:
    async def handle(message: Message) -> None:
        for handler in handlers:
            await handler(message)

    return handle


def _mapped(event: EventData, mapping: dict[str, str]) -> dict[str, Any]:
    """The event's values under the names that the entity gives them."""
    values = event.model_dump(mode="json")
    return {target: values[source] for target, source in mapping.items() if values[source] is not None}
