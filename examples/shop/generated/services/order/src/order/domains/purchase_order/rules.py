"""Business rules of orders: yours to write. The generator makes this file once and leaves it to you.

Each function runs inside the transaction, before the change is stored. Raise ``InvariantError`` with a sentence for
the caller to refuse the change; nothing of it is kept then. The session reads and writes in the same transaction.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from order.domains.purchase_order.models import PurchaseOrder


async def before_create(purchase_order: PurchaseOrder, session: AsyncSession) -> None:
    """Called with each new purchase order."""


async def before_update(purchase_order: PurchaseOrder, session: AsyncSession) -> None:
    """Called with a purchase order whose fields have just been set to their new values."""


async def before_transition(purchase_order: PurchaseOrder, transition: str, session: AsyncSession) -> None:
    """Called with a purchase order that may make the transition, and is about to."""


async def before_delete(purchase_order: PurchaseOrder, session: AsyncSession) -> None:
    """Called with a purchase order that is about to be forgotten."""
