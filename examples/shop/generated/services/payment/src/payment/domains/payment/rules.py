"""Business rules of payments: yours to write. The generator makes this file once and leaves it to you.

Each function runs inside the transaction, before the change is stored. Raise ``InvariantError`` with a sentence for
the caller to refuse the change; nothing of it is kept then. The session reads and writes in the same transaction.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from payment.domains.payment.models import Payment


async def before_create(payment: Payment, session: AsyncSession) -> None:
    """Called with each new payment."""


async def before_update(payment: Payment, session: AsyncSession) -> None:
    """Called with a payment whose fields have just been set to their new values."""


async def before_transition(payment: Payment, transition: str, session: AsyncSession) -> None:
    """Called with a payment that may make the transition, and is about to."""


async def before_delete(payment: Payment, session: AsyncSession) -> None:
    """Called with a payment that is about to be forgotten."""
