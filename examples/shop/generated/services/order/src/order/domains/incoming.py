"""The events of other services that this one reacts to, as their publishers promise them."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from order.domains.values import Amount
from order.infrastructure.event_bus import EventData


class PaymentCaptured(EventData):
    """The money of an order has been taken."""

    event_name: ClassVar[str] = "PaymentCaptured"
    event_version: ClassVar[int] = 1

    payment_id: UUID
    order_id: UUID
    amount: Amount


class PaymentDeclined(EventData):
    """The provider refused the payment of an order."""

    event_name: ClassVar[str] = "PaymentDeclined"
    event_version: ClassVar[int] = 1

    payment_id: UUID
    order_id: UUID
    decline_reason: Annotated[str, Field(max_length=200, pattern="^[^\\u0000]*$")] | None = None
