"""The events that tell of payments: facts in the past tense, each with a schema of its own."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field

from payment.domains.payment.models import Payment
from payment.domains.values import Amount
from payment.infrastructure.event_bus import DomainEvent


class PaymentEvent(DomainEvent):
    """Base of the events that are made from a payment."""

    @classmethod
    @abstractmethod
    def of(cls, payment: Payment) -> Self:
        """The event that tells of a payment as it is now."""


class PaymentCaptured(PaymentEvent):
    """The money of an order has been taken."""

    event_name: ClassVar[str] = "PaymentCaptured"
    event_version: ClassVar[int] = 1

    payment_id: UUID
    order_id: UUID
    amount: Amount

    @property
    def ordering_key(self) -> str:
        """Events of one payment arrive in order."""
        return f"payment/{self.order_id}"

    @classmethod
    def of(cls, payment: Payment) -> Self:
        """The event that tells of a payment as it is now."""
        return cls(
            payment_id=payment.id,
            order_id=payment.order_id,
            amount=payment.amount,
        )


class PaymentDeclined(PaymentEvent):
    """The provider refused the payment of an order."""

    event_name: ClassVar[str] = "PaymentDeclined"
    event_version: ClassVar[int] = 1

    payment_id: UUID
    order_id: UUID
    decline_reason: Annotated[str, Field(max_length=200, pattern="^[^\\u0000]*$")] | None = None

    @property
    def ordering_key(self) -> str:
        """Events of one payment arrive in order."""
        return f"payment/{self.order_id}"

    @classmethod
    def of(cls, payment: Payment) -> Self:
        """The event that tells of a payment as it is now."""
        return cls(
            payment_id=payment.id,
            order_id=payment.order_id,
            decline_reason=payment.decline_reason,
        )


class PaymentRefunded(PaymentEvent):
    """The money of an order has been given back."""

    event_name: ClassVar[str] = "PaymentRefunded"
    event_version: ClassVar[int] = 1

    payment_id: UUID
    order_id: UUID
    amount: Amount

    @property
    def ordering_key(self) -> str:
        """Events of one payment arrive in order."""
        return f"payment/{self.order_id}"

    @classmethod
    def of(cls, payment: Payment) -> Self:
        """The event that tells of a payment as it is now."""
        return cls(
            payment_id=payment.id,
            order_id=payment.order_id,
            amount=payment.amount,
        )

EVENTS_OF_TRANSITION: dict[str, tuple[type[PaymentEvent], ...]] = {
    "capture": (PaymentCaptured,),
    "decline": (PaymentDeclined,),
    "refund": (PaymentRefunded,),
}
"""What each transition publishes."""
