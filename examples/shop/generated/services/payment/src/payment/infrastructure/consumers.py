"""Which function handles which event; each handler runs in one transaction with its inbox row."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from payment.domains.incoming import OrderPlaced
from payment.domains.payment.schemas import PaymentData
from payment.domains.payment.service import PaymentService
from payment.infrastructure.database import Database
from payment.infrastructure.event_bus import EventData, Handler, Message, PoisonMessageError
from payment.infrastructure.inbox import consumer


def create_consumers(database: Database) -> dict[str, Handler]:
    """Event types to the handlers of this service."""
    return {
        OrderPlaced.event_type(): _each(
            consumer(database, OrderPlaced, create_payment_on_order_placed, name="payment.on_order_placed"),
        ),
    }


async def create_payment_on_order_placed(session: AsyncSession, event: OrderPlaced) -> None:
    """Order placed: create the payment."""
    data = _mapped(event, {"order_id": "order_id", "amount": "total"})
    try:
        checked = PaymentData.model_validate(data)
    except ValidationError as error:
        raise PoisonMessageError(f"OrderPlaced makes no valid payment: {error.error_count()} faults") from error
    await PaymentService(session).on_order_placed(checked)


def _each(*handlers: Handler) -> Handler:
    async def handle(message: Message) -> None:
        for handler in handlers:
            await handler(message)

    return handle


def _mapped(event: EventData, mapping: dict[str, str]) -> dict[str, Any]:
    """The event's values under the names that the entity gives them."""
    values = event.model_dump(mode="json")
    return {target: values[source] for target, source in mapping.items() if values[source] is not None}
