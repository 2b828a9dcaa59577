"""Finds and keeps stock items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from inventory.domains.stock_item.models import StockItem
from inventory.middleware.exception_handlers import NotFoundError


class StockItemRepository:
    """The stock items in the database, within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, identity: UUID, *, for_update: bool = False) -> StockItem:
        """The stock item with that id, locked against other writers if it is to be changed.

        Raises:
            NotFoundError: there is none.
        """
        found = await self._session.get(StockItem, identity, with_for_update=for_update)
        if found is None:
            raise NotFoundError("stock item", identity)
        return found

    async def find(self, **values: Any) -> StockItem:
        """The one stock item whose unique fields have these values, locked against other writers.

        Raises:
            NotFoundError: there is none.
        """
        query = select(StockItem).filter_by(**values).with_for_update()
        found = (await self._session.scalars(query)).one_or_none()
        if found is None:
            raise NotFoundError("stock item", values)
        return found

    async def page(self, *, limit: int, after: UUID | None, filters: Mapping[str, Any]) -> list[StockItem]:
        """At most ``limit`` stock items in the order of their ids, that is of their creation."""
        query = select(StockItem).order_by(StockItem.id).limit(limit)
        if after is not None:
            query = query.where(StockItem.id > after)
        wanted = {name: value for name, value in filters.items() if value is not None}
        return list((await self._session.scalars(query.filter_by(**wanted))).all())

    async def add(self, stock_item: StockItem) -> None:
        """Keep a new stock item."""
        self._session.add(stock_item)
        await self._session.flush()

    async def remove(self, stock_item: StockItem) -> None:
        """Forget a stock item."""
        await self._session.delete(stock_item)
        await self._session.flush()
