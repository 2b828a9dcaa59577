"""What callers send and receive."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from inventory.domains.stock_reservation.models import StockReservation
from inventory.domains.values import Moment, OrderLine


class RequestBody(BaseModel):
    """Base of requests: unknown fields are refused, so that a typing error is not silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ReserveStockRequest(RequestBody):
    """Keep stock aside for an order."""

    order_id: UUID
    lines: Annotated[list[OrderLine], Field(min_length=1, max_length=100)]


class StockReservationResponse(BaseModel):
    """Stock that is kept aside for one order."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    order_id: UUID
    lines: Annotated[list[OrderLine], Field(min_length=1, max_length=100)]
    status: Literal["held", "committed", "released"]
    version: int
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, stock_reservation: StockReservation) -> Self:
        """The stock reservation as callers see it."""
        return cls.model_validate(stock_reservation)


class StockReservationPage(BaseModel):
    """Some stock reservations, and where to go on."""

    items: list[StockReservationResponse]
    next_cursor: UUID | None
