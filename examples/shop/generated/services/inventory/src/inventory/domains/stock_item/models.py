"""How much of one article there is."""

from __future__ import annotations

from sqlalchemy import BigInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from inventory.infrastructure.database import EntityBase


class StockItem(EntityBase):
    """How much of one article there is."""

    __tablename__ = "stock_items"
    __table_args__ = (
        UniqueConstraint("sku"),
    )

    sku: Mapped[str] = mapped_column(String(40))
    on_hand: Mapped[int] = mapped_column(BigInteger)
    reserved: Mapped[int] = mapped_column(BigInteger)
