"""The events that tell of stock reservations: facts in the past tense, each with a schema of its own."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Self
from uuid import UUID

from inventory.domains.stock_reservation.models import StockReservation
from inventory.infrastructure.event_bus import DomainEvent


class StockReservationEvent(DomainEvent):
    """Base of the events that are made from a stock reservation."""

    @classmethod
    @abstractmethod
    def of(cls, stock_reservation: StockReservation) -> Self:
        """The event that tells of a stock reservation as it is now."""


class StockReleased(StockReservationEvent):
    """Stock that was kept for an order is free again."""

    event_name: ClassVar[str] = "StockReleased"
    event_version: ClassVar[int] = 1

    stock_reservation_id: UUID
    order_id: UUID

    @property
    def ordering_key(self) -> str:
        """Events of one stock reservation arrive in order."""
        return f"stock-reservation/{self.order_id}"

    @classmethod
    def of(cls, stock_reservation: StockReservation) -> Self:
        """The event that tells of a stock reservation as it is now."""
        return cls(
            stock_reservation_id=stock_reservation.id,
            order_id=stock_reservation.order_id,
        )


class StockReserved(StockReservationEvent):
    """Stock is kept aside for an order."""

    event_name: ClassVar[str] = "StockReserved"
    event_version: ClassVar[int] = 1

    stock_reservation_id: UUID
    order_id: UUID

    @property
    def ordering_key(self) -> str:
        """Events of one stock reservation arrive in order."""
        return f"stock-reservation/{self.order_id}"

    @classmethod
    def of(cls, stock_reservation: StockReservation) -> Self:
        """The event that tells of a stock reservation as it is now."""
        return cls(
            stock_reservation_id=stock_reservation.id,
            order_id=stock_reservation.order_id,
        )

EVENTS_OF_TRANSITION: dict[str, tuple[type[StockReservationEvent], ...]] = {
    "release": (StockReleased,),
}
"""What each transition publishes."""
