"""Finds and keeps customer notices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from notification.domains.customer_notice.models import CustomerNotice
from notification.middleware.exception_handlers import NotFoundError


class CustomerNoticeRepository:
    """The customer notices in the database, within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, identity: UUID, *, for_update: bool = False) -> CustomerNotice:
        """The customer notice with that id, locked against other writers if it is to be changed.

        Raises:
            NotFoundError: there is none.
        """
        found = await self._session.get(CustomerNotice, identity, with_for_update=for_update)
        if found is None:
            raise NotFoundError("customer notice", identity)
        return found

    async def find(self, **values: Any) -> CustomerNotice:
        """The one customer notice whose unique fields have these values, locked against other writers.

        Raises:
            NotFoundError: there is none.
        """
        query = select(CustomerNotice).filter_by(**values).with_for_update()
        found = (await self._session.scalars(query)).one_or_none()
        if found is None:
            raise NotFoundError("customer notice", values)
        return found

    async def page(self, *, limit: int, after: UUID | None, filters: Mapping[str, Any]) -> list[CustomerNotice]:
        """At most ``limit`` customer notices in the order of their ids, that is of their creation."""
        query = select(CustomerNotice).order_by(CustomerNotice.id).limit(limit)
        if after is not None:
            query = query.where(CustomerNotice.id > after)
        wanted = {name: value for name, value in filters.items() if value is not None}
        return list((await self._session.scalars(query.filter_by(**wanted))).all())

    async def add(self, customer_notice: CustomerNotice) -> None:
        """Keep a new customer notice."""
        self._session.add(customer_notice)
        await self._session.flush()

    async def remove(self, customer_notice: CustomerNotice) -> None:
        """Forget a customer notice."""
        await self._session.delete(customer_notice)
        await self._session.flush()
