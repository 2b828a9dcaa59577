"""Finds and keeps payments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from payment.domains.payment.models import Payment
from payment.middleware.exception_handlers import NotFoundError


class PaymentRepository:
    """The payments in the database, within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, identity: UUID, *, for_update: bool = False) -> Payment:
        """The payment with that id, locked against other writers if it is to be changed.

        Raises:
            NotFoundError: there is none.
        """
        found = await self._session.get(Payment, identity, with_for_update=for_update)
        if found is None:
            raise NotFoundError("payment", identity)
        return found

    async def find(self, **values: Any) -> Payment:
        """The one payment whose unique fields have these values, locked against other writers.

        Raises:
            NotFoundError: there is none.
        """
        query = select(Payment).filter_by(**values).with_for_update()
        found = (await self._session.scalars(query)).one_or_none()
        if found is None:
            raise NotFoundError("payment", values)
        return found

    async def page(self, *, limit: int, after: UUID | None, filters: Mapping[str, Any]) -> list[Payment]:
        """At most ``limit`` payments in the order of their ids, that is of their creation."""
        query = select(Payment).order_by(Payment.id).limit(limit)
        if after is not None:
            query = query.where(Payment.id > after)
        wanted = {name: value for name, value in filters.items() if value is not None}
        return list((await self._session.scalars(query.filter_by(**wanted))).all())

    async def add(self, payment: Payment) -> None:
        """Keep a new payment."""
        self._session.add(payment)
        await self._session.flush()

    async def remove(self, payment: Payment) -> None:
        """Forget a payment."""
        await self._session.delete(payment)
        await self._session.flush()
