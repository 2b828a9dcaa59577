"""The messages of the sagas that this service coordinates or takes part in."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from inventory.domains.values import Amount
from inventory.infrastructure.saga_message import SagaMessage, SagaReply


class OrderLine(BaseModel):
    """One article of an order."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sku: Annotated[str, Field(max_length=40, pattern="^[A-Z0-9-]{1,40}$")]
    quantity: Annotated[int, Field(strict=True, ge=1, le=1000)]
    unit_price: Amount


class PlaceOrderReserveStockCommand(SagaMessage):
    """PlaceOrderSaga asks inventory to reserve stock."""

    event_name: ClassVar[str] = "PlaceOrderReserveStockCommand"
    event_version: ClassVar[int] = 1

    order_id: UUID
    lines: Annotated[list[OrderLine], Field(min_length=1, max_length=100)]


class PlaceOrderReserveStockCompensation(SagaMessage):
    """PlaceOrderSaga asks inventory to reserve stock no more."""

    event_name: ClassVar[str] = "PlaceOrderReserveStockCompensation"
    event_version: ClassVar[int] = 1


class PlaceOrderCommitStockCommand(SagaMessage):
    """PlaceOrderSaga asks inventory to commit stock."""

    event_name: ClassVar[str] = "PlaceOrderCommitStockCommand"
    event_version: ClassVar[int] = 1


class PlaceOrderReserveStockReply(SagaReply):
    """What became of reserve stock in inventory."""

    event_name: ClassVar[str] = "PlaceOrderReserveStockReply"
    event_version: ClassVar[int] = 1


class PlaceOrderCommitStockReply(SagaReply):
    """What became of commit stock in inventory."""

    event_name: ClassVar[str] = "PlaceOrderCommitStockReply"
    event_version: ClassVar[int] = 1
