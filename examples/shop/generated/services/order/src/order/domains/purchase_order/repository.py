"""Finds and keeps orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from order.domains.purchase_order.models import PurchaseOrder
from order.middleware.exception_handlers import NotFoundError


class PurchaseOrderRepository:
    """The orders in the database, within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, identity: UUID, *, for_update: bool = False) -> PurchaseOrder:
        """The purchase order with that id, locked against other writers if it is to be changed.

        Raises:
            NotFoundError: there is none.
        """
        found = await self._session.get(PurchaseOrder, identity, with_for_update=for_update)
        if found is None:
            raise NotFoundError("purchase order", identity)
        return found

    async def find(self, **values: Any) -> PurchaseOrder:
        """The one purchase order whose unique fields have these values, locked against other writers.

        Raises:
            NotFoundError: there is none.
        """
        query = select(PurchaseOrder).filter_by(**values).with_for_update()
        found = (await self._session.scalars(query)).one_or_none()
        if found is None:
            raise NotFoundError("purchase order", values)
        return found

    async def page(self, *, limit: int, after: UUID | None, filters: Mapping[str, Any]) -> list[PurchaseOrder]:
        """At most ``limit`` orders in the order of their ids, that is of their creation."""
        query = select(PurchaseOrder).order_by(PurchaseOrder.id).limit(limit)
        if after is not None:
            query = query.where(PurchaseOrder.id > after)
        wanted = {name: value for name, value in filters.items() if value is not None}
        return list((await self._session.scalars(query.filter_by(**wanted))).all())

    async def add(self, purchase_order: PurchaseOrder) -> None:
        """Keep a new purchase order."""
        self._session.add(purchase_order)
        await self._session.flush()

    async def remove(self, purchase_order: PurchaseOrder) -> None:
        """Forget a purchase order."""
        await self._session.delete(purchase_order)
        await self._session.flush()
