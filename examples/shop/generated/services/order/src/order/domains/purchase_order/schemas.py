"""What callers send and receive."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from order.domains.purchase_order.models import PurchaseOrder
from order.domains.values import Amount, Email, Moment, OrderLine


class RequestBody(BaseModel):
    """Base of requests: unknown fields are refused, so that a typing error is not silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PlaceOrderRequest(RequestBody):
    """Place an order."""

    customer_id: UUID
    customer_email: Email
    lines: Annotated[list[OrderLine], Field(min_length=1, max_length=100)]
    total: Amount
    note: Annotated[str, Field(max_length=2000, pattern="^[^\\u0000]*$")] | None = None


class UpdateOrderNoteRequest(RequestBody):
    """Change the note on an order."""

    note: Annotated[str, Field(max_length=2000, pattern="^[^\\u0000]*$")] | None = None


class PurchaseOrderResponse(BaseModel):
    """A customer's order."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    customer_id: UUID
    customer_email: Email
    lines: Annotated[list[OrderLine], Field(min_length=1, max_length=100)]
    total: Amount
    note: Annotated[str, Field(max_length=2000, pattern="^[^\\u0000]*$")] | None
    status: Literal["pending", "confirmed", "cancelled"]
    version: int
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, purchase_order: PurchaseOrder) -> Self:
        """The purchase order as callers see it."""
        return cls.model_validate(purchase_order)


class PurchaseOrderPage(BaseModel):
    """Some orders, and where to go on."""

    items: list[PurchaseOrderResponse]
    next_cursor: UUID | None
