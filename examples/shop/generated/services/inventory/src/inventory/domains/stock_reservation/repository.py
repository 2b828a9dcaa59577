"""Finds and keeps stock reservations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from inventory.domains.stock_reservation.models import StockReservation
from inventory.middleware.exception_handlers import NotFoundError


class StockReservationRepository:
    """The stock reservations in the database, within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, identity: UUID, *, for_update: bool = False) -> StockReservation:
        """The stock reservation with that id, locked against other writers if it is to be changed.

        Raises:
            NotFoundError: there is none.
        """
        found = await self._session.get(StockReservation, identity, with_for_update=for_update)
        if found is None:
            raise NotFoundError("stock reservation", identity)
        return found

    async def find(self, **values: Any) -> StockReservation:
        """The one stock reservation whose unique fields have these values, locked against other writers.

        Raises:
            NotFoundError: there is none.
        """
        query = select(StockReservation).filter_by(**values).with_for_update()
        found = (await self._session.scalars(query)).one_or_none()
        if found is None:
            raise NotFoundError("stock reservation", values)
        return found

    async def page(self, *, limit: int, after: UUID | None, filters: Mapping[str, Any]) -> list[StockReservation]:
        """At most ``limit`` stock reservations in the order of their ids, that is of their creation."""
        query = select(StockReservation).order_by(StockReservation.id).limit(limit)
        if after is not None:
            query = query.where(StockReservation.id > after)
        wanted = {name: value for name, value in filters.items() if value is not None}
        return list((await self._session.scalars(query.filter_by(**wanted))).all())

    async def add(self, stock_reservation: StockReservation) -> None:
        """Keep a new stock reservation."""
        self._session.add(stock_reservation)
        await self._session.flush()

    async def remove(self, stock_reservation: StockReservation) -> None:
        """Forget a stock reservation."""
        await self._session.delete(stock_reservation)
        await self._session.flush()
