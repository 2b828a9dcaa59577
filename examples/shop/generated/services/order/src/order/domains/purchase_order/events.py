"""The events that tell of orders: facts in the past tense, each with a schema of its own."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field

from order.domains.purchase_order.models import PurchaseOrder
from order.domains.values import Amount, Email, OrderLine
from order.infrastructure.event_bus import DomainEvent


class PurchaseOrderEvent(DomainEvent):
    """Base of the events that are made from a purchase order."""

    @classmethod
    @abstractmethod
    def of(cls, purchase_order: PurchaseOrder) -> Self:
        """The event that tells of a purchase order as it is now."""


class OrderCancelled(PurchaseOrderEvent):
    """An order will not be delivered."""

    event_name: ClassVar[str] = "OrderCancelled"
    event_version: ClassVar[int] = 1

    order_id: UUID
    customer_email: Email

    @property
    def ordering_key(self) -> str:
        """Events of one purchase order arrive in order."""
        return f"purchase-order/{self.order_id}"

    @classmethod
    def of(cls, purchase_order: PurchaseOrder) -> Self:
        """The event that tells of a purchase order as it is now."""
        return cls(
            order_id=purchase_order.id,
            customer_email=purchase_order.customer_email,
        )


class OrderConfirmed(PurchaseOrderEvent):
    """An order is paid and will be delivered."""

    event_name: ClassVar[str] = "OrderConfirmed"
    event_version: ClassVar[int] = 1

    order_id: UUID
    customer_email: Email

    @property
    def ordering_key(self) -> str:
        """Events of one purchase order arrive in order."""
        return f"purchase-order/{self.order_id}"

    @classmethod
    def of(cls, purchase_order: PurchaseOrder) -> Self:
        """The event that tells of a purchase order as it is now."""
        return cls(
            order_id=purchase_order.id,
            customer_email=purchase_order.customer_email,
        )


class OrderPlaced(PurchaseOrderEvent):
    """A customer placed an order."""

    event_name: ClassVar[str] = "OrderPlaced"
    event_version: ClassVar[int] = 1

    order_id: UUID
    customer_id: UUID
    customer_email: Email
    lines: Annotated[list[OrderLine], Field(min_length=1, max_length=100)]
    total: Amount

    @property
    def ordering_key(self) -> str:
        """Events of one purchase order arrive in order."""
        return f"purchase-order/{self.order_id}"

    @classmethod
    def of(cls, purchase_order: PurchaseOrder) -> Self:
        """The event that tells of a purchase order as it is now."""
        return cls(
            order_id=purchase_order.id,
            customer_id=purchase_order.customer_id,
            customer_email=purchase_order.customer_email,
            lines=purchase_order.lines,
            total=purchase_order.total,
        )

EVENTS_OF_TRANSITION: dict[str, tuple[type[PurchaseOrderEvent], ...]] = {
    "confirm": (OrderConfirmed,),
    "cancel": (OrderCancelled,),
}
"""What each transition publishes."""
