"""Business rules of stock reservations: yours to write. What you write stays when it is generated again.

Each function runs inside the transaction, before the change is stored. Raise ``InvariantError`` with a sentence for
the caller to refuse the change; nothing of it is kept then. The session reads and writes in the same transaction.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from inventory.domains.stock_reservation.models import StockReservation


async def before_create(stock_reservation: StockReservation, session: AsyncSession) -> None:
    """Called with each new stock reservation."""


async def before_update(stock_reservation: StockReservation, session: AsyncSession) -> None:
    """Called with a stock reservation whose fields have just been set to their new values."""


async def before_transition(stock_reservation: StockReservation, transition: str, session: AsyncSession) -> None:
    """Called with a stock reservation that may make the transition, and is about to."""


async def before_delete(stock_reservation: StockReservation, session: AsyncSession) -> None:
    """Called with a stock reservation that is about to be forgotten."""
