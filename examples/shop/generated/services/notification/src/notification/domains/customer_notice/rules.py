"""Business rules of customer notices: yours to write. What you write stays when it is generated again.

Each function runs inside the transaction, before the change is stored. Raise ``InvariantError`` with a sentence for
the caller to refuse the change; nothing of it is kept then. The session reads and writes in the same transaction.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from notification.domains.customer_notice.models import CustomerNotice


async def before_create(customer_notice: CustomerNotice, session: AsyncSession) -> None:
    """Called with each new customer notice."""


async def before_update(customer_notice: CustomerNotice, session: AsyncSession) -> None:
    """Called with a customer notice whose fields have just been set to their new values."""


async def before_transition(customer_notice: CustomerNotice, transition: str, session: AsyncSession) -> None:
    """Called with a customer notice that may make the transition, and is about to."""


async def before_delete(customer_notice: CustomerNotice, session: AsyncSession) -> None:
    """Called with a customer notice that is about to be forgotten."""
