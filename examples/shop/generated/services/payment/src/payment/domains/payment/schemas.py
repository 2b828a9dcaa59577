"""What callers send and receive."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from payment.domains.payment.models import Payment
from payment.domains.values import Amount, Moment


class RequestBody(BaseModel):
    """Base of requests: unknown fields are refused, so that a typing error is not silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CapturePaymentRequest(RequestBody):
    """Record that the provider took the money."""

    provider_reference: Annotated[str, Field(max_length=100, pattern="^[^\\u0000]*$")] | None = None


class DeclinePaymentRequest(RequestBody):
    """Record that the provider refused."""

    decline_reason: Annotated[str, Field(max_length=200, pattern="^[^\\u0000]*$")] | None = None


class PaymentData(BaseModel):
    """What a payment is made from when an event makes it: checked like a request."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    order_id: UUID
    amount: Amount
    provider_reference: Annotated[str, Field(max_length=100, pattern="^[^\\u0000]*$")] | None = None
    decline_reason: Annotated[str, Field(max_length=200, pattern="^[^\\u0000]*$")] | None = None


class PaymentResponse(BaseModel):
    """What a customer pays for one order."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    order_id: UUID
    amount: Amount
    provider_reference: Annotated[str, Field(max_length=100, pattern="^[^\\u0000]*$")] | None
    decline_reason: Annotated[str, Field(max_length=200, pattern="^[^\\u0000]*$")] | None
    status: Literal["pending", "captured", "declined", "refunded"]
    version: int
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, payment: Payment) -> Self:
        """The payment as callers see it."""
        return cls.model_validate(payment)


class PaymentPage(BaseModel):
    """Some payments, and where to go on."""

    items: list[PaymentResponse]
    next_cursor: UUID | None
