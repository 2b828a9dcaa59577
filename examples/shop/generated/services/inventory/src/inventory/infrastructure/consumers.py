"""Which function handles which event; each handler runs in one transaction with its inbox row."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from inventory.domains.incoming import OrderCancelled, OrderConfirmed, OrderPlaced
from inventory.domains.stock_reservation.schemas import StockReservationData
from inventory.domains.stock_reservation.service import StockReservationService
from inventory.infrastructure.database import Database
from inventory.infrastructure.event_bus import EventData, Handler, Message, PoisonMessageError
from inventory.infrastructure.inbox import consumer


def create_consumers(database: Database) -> dict[str, Handler]:
    """Event types to the handlers of this service."""
    return {
        OrderCancelled.event_type(): _each(
            consumer(database, OrderCancelled, transition_stock_reservation_on_order_cancelled, name="stock_reservation.on_order_cancelled"),
        ),
        OrderConfirmed.event_type(): _each(
            consumer(database, OrderConfirmed, transition_stock_reservation_on_order_confirmed, name="stock_reservation.on_order_confirmed"),
        ),
        OrderPlaced.event_type(): _each(
            consumer(database, OrderPlaced, create_stock_reservation_on_order_placed, name="stock_reservation.on_order_placed"),
        ),
    }


async def create_stock_reservation_on_order_placed(session: AsyncSession, event: OrderPlaced) -> None:
    """Order placed: create the stock reservation."""
    data = _mapped(event, {"order_id": "order_id", "lines": "lines"})
    try:
        checked = StockReservationData.model_validate(data)
    except ValidationError as error:
        raise PoisonMessageError(f"OrderPlaced makes no valid stock reservation: {error.error_count()} faults") from error
    await StockReservationService(session).on_order_placed(checked)


async def transition_stock_reservation_on_order_confirmed(session: AsyncSession, event: OrderConfirmed) -> None:
    """Order confirmed: transition the stock reservation."""
    await StockReservationService(session).on_order_confirmed(event)


async def transition_stock_reservation_on_order_cancelled(session: AsyncSession, event: OrderCancelled) -> None:
    """Order cancelled: transition the stock reservation."""
    await StockReservationService(session).on_order_cancelled(event)


def _each(*handlers: Handler) -> Handler:
    async def handle(message: Message) -> None:
        for handler in handlers:
            await handler(message)

    return handle


def _mapped(event: EventData, mapping: dict[str, str]) -> dict[str, Any]:
    """The event's values under the names that the entity gives them."""
    values = event.model_dump(mode="json")
    return {target: values[source] for target, source in mapping.items() if values[source] is not None}
