"""Which function handles which event; each handler runs in one transaction with its inbox row."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from order.domains.incoming import PaymentCaptured, PaymentDeclined
from order.domains.purchase_order.service import PurchaseOrderService
from order.infrastructure.database import Database
from order.infrastructure.event_bus import Handler, Message
from order.infrastructure.inbox import consumer


def create_consumers(database: Database) -> dict[str, Handler]:
    """Event types to the handlers of this service."""
    return {
        PaymentCaptured.event_type(): _each(
            consumer(database, PaymentCaptured, transition_purchase_order_on_payment_captured, name="purchase_order.on_payment_captured"),
        ),
        PaymentDeclined.event_type(): _each(
            consumer(database, PaymentDeclined, transition_purchase_order_on_payment_declined, name="purchase_order.on_payment_declined"),
        ),
    }


async def transition_purchase_order_on_payment_captured(session: AsyncSession, event: PaymentCaptured) -> None:
    """Payment captured: transition the purchase order."""
    await PurchaseOrderService(session).on_payment_captured(event)


async def transition_purchase_order_on_payment_declined(session: AsyncSession, event: PaymentDeclined) -> None:
    """Payment declined: transition the purchase order."""
    await PurchaseOrderService(session).on_payment_declined(event)


def _each(*handlers: Handler) -> Handler:
    async def handle(message: Message) -> None:
        for handler in handlers:
            await handler(message)

    return handle
