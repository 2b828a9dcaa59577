"""Business rules of stock reservations: what is kept for an order is taken from what is free of each article."""

from __future__ import annotations

from collections import Counter

from inventory.domains.stock_item.models import StockItem
from inventory.domains.stock_reservation.models import StockReservation
from inventory.middleware.exception_handlers import InvariantError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession


async def before_create(stock_reservation: StockReservation, session: AsyncSession) -> None:
    """Keep the articles aside; refused where fewer are free."""
    for item, quantity in await _articles(stock_reservation, session):
        if item.on_hand - item.reserved < quantity:
            raise InvariantError(f"{item.on_hand - item.reserved} of {item.sku} are free, and {quantity} are wanted")
        item.reserved += quantity


async def before_update(stock_reservation: StockReservation, session: AsyncSession) -> None:
    """Called with a stock reservation whose fields have just been set to their new values."""


async def before_transition(stock_reservation: StockReservation, transition: str, session: AsyncSession) -> None:
    """Give the articles back, or let them leave the warehouse."""
    for item, quantity in await _articles(stock_reservation, session):
        item.reserved -= quantity
        if transition == "commit":
            item.on_hand -= quantity


async def before_delete(stock_reservation: StockReservation, session: AsyncSession) -> None:
    """Called with a stock reservation that is about to be forgotten."""


async def _articles(stock_reservation: StockReservation, session: AsyncSession) -> list[tuple[StockItem, int]]:
    """The articles of a reservation and how many of each, locked in the order of their sku: two orders never wait for each other."""
    wanted = Counter[str]()
    for line in stock_reservation.lines:
        wanted[line.sku] += line.quantity
    query = select(StockItem).where(StockItem.sku.in_(wanted)).order_by(StockItem.sku).with_for_update()
    found = {item.sku: item for item in await session.scalars(query)}
    if missing := sorted(set(wanted) - set(found)):
        raise InvariantError(f"there is no article {missing[0]}")
    return [(found[sku], quantity) for sku, quantity in sorted(wanted.items())]
