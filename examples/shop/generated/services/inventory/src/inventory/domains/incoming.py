"""The events of other services that this one reacts to, with what it uses of them: a publisher may change the rest."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from inventory.domains.values import Amount
from inventory.infrastructure.event_bus import EventData


class OrderLine(BaseModel):
    """One article of an order."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sku: Annotated[str, Field(max_length=40, pattern="^[A-Z0-9-]{1,40}$")]
    quantity: Annotated[int, Field(strict=True, ge=1, le=1000)]
    unit_price: Amount


class OrderCancelled(EventData):
    """An order will not be delivered."""

    event_name: ClassVar[str] = "OrderCancelled"
    event_version: ClassVar[int] = 1

    order_id: UUID


class OrderConfirmed(EventData):
    """An order is paid and will be delivered."""

    event_name: ClassVar[str] = "OrderConfirmed"
    event_version: ClassVar[int] = 1

    order_id: UUID


class OrderPlaced(EventData):
    """A customer placed an order."""

    event_name: ClassVar[str] = "OrderPlaced"
    event_version: ClassVar[int] = 1

    order_id: UUID
    lines: Annotated[list[OrderLine], Field(min_length=1, max_length=100)]
