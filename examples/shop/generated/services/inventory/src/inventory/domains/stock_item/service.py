"""What can be done with stock items: each function is one business action within the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from inventory.domains.stock_item import rules
from inventory.domains.stock_item.events import StockItemEvent
from inventory.domains.stock_item.models import StockItem
from inventory.domains.stock_item.repository import StockItemRepository
from inventory.domains.stock_item.schemas import AddStockItemRequest, AdjustStockItemRequest
from inventory.infrastructure.database import SessionDep
from inventory.infrastructure.outbox import enqueue
from inventory.middleware.exception_handlers import InvariantError, VersionMismatchError


class StockItemService:
    """The actions on stock items."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._repository = StockItemRepository(session)

    async def add_stock_item(self, request: AddStockItemRequest) -> StockItem:
        """Take an article into stock."""
        stock_item = StockItem(
            sku=request.sku,
            on_hand=request.on_hand,
            reserved=request.reserved,
        )
        return await self._create(stock_item)

    async def get_stock_item(self, stock_item_id: UUID) -> StockItem:
        """Read what there is of an article."""
        return await self._repository.get(stock_item_id)

    async def list_stock_items(
        self, *, limit: int, cursor: UUID | None, filters: Mapping[str, Any]
    ) -> tuple[list[StockItem], UUID | None]:
        """List articles."""
        found = await self._repository.page(limit=limit + 1, after=cursor, filters=filters)
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    async def adjust_stock_item(self, stock_item_id: UUID, request: AdjustStockItemRequest, *, version: int | None) -> StockItem:
        """Correct what there is of an article."""
        stock_item = await self._at_version(stock_item_id, version)
        stock_item.on_hand = request.on_hand
        stock_item.reserved = request.reserved
        return await self._update(stock_item)

    async def _create(self, stock_item: StockItem, *publishes: type[StockItemEvent]) -> StockItem:
        await rules.before_create(stock_item, self._session)
        check_invariants(stock_item)
        await self._repository.add(stock_item)
        await self._publish(stock_item, *publishes)
        return stock_item

    async def _update(self, stock_item: StockItem, *publishes: type[StockItemEvent]) -> StockItem:
        await rules.before_update(stock_item, self._session)
        check_invariants(stock_item)
        await self._session.flush()
        await self._publish(stock_item, *publishes)
        return stock_item

    async def _at_version(self, identity: UUID, version: int | None) -> StockItem:
        stock_item = await self._repository.get(identity, for_update=True)
        if version is not None and stock_item.version != version:
            raise VersionMismatchError("stock item", stock_item.version)
        return stock_item

    async def _publish(self, stock_item: StockItem, *events: type[StockItemEvent]) -> None:
        for event in events:
            await enqueue(self._session, event.of(stock_item), version=stock_item.version)


def check_invariants(stock_item: StockItem) -> None:
    """Refuse a stock item that breaks a rule which always holds.

    Raises:
        InvariantError: naming the rule.
    """
    if not stock_item.reserved <= stock_item.on_hand:
        raise InvariantError("more is reserved than lies in the warehouse")


async def get_service(session: SessionDep) -> StockItemService:
    """The service on the request's transaction."""
    return StockItemService(session)


StockItemServiceDep = Annotated[StockItemService, Depends(get_service, scope="function")]
