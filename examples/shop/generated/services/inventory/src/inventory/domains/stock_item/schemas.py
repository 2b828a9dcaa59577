"""What callers send and receive."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from inventory.domains.stock_item.models import StockItem
from inventory.domains.values import Moment


class RequestBody(BaseModel):
    """Base of requests: unknown fields are refused, so that a typing error is not silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AddStockItemRequest(RequestBody):
    """Take an article into stock."""

    sku: Annotated[str, Field(max_length=40, pattern="^[A-Z0-9-]{1,40}$")]
    on_hand: Annotated[int, Field(strict=True, ge=0, le=1000000)]
    reserved: Annotated[int, Field(strict=True, ge=0, le=1000000)]


class AdjustStockItemRequest(RequestBody):
    """Correct what there is of an article."""

    on_hand: Annotated[int, Field(strict=True, ge=0, le=1000000)]
    reserved: Annotated[int, Field(strict=True, ge=0, le=1000000)]


class StockItemResponse(BaseModel):
    """How much of one article there is."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    sku: Annotated[str, Field(max_length=40, pattern="^[A-Z0-9-]{1,40}$")]
    on_hand: Annotated[int, Field(strict=True, ge=0, le=1000000)]
    reserved: Annotated[int, Field(strict=True, ge=0, le=1000000)]
    version: int
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, stock_item: StockItem) -> Self:
        """The stock item as callers see it."""
        return cls.model_validate(stock_item)


class StockItemPage(BaseModel):
    """Some stock items, and where to go on."""

    items: list[StockItemResponse]
    next_cursor: UUID | None
