"""Stock that is kept aside for one order."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from sqlalchemy import String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from inventory.domains.values import OrderLine
from inventory.infrastructure.database import AsJson, EntityBase

StockReservationStatus = Literal["held", "committed", "released"]
"""The states of the lifecycle."""

TRANSITIONS: dict[str, tuple[tuple[StockReservationStatus, ...], StockReservationStatus]] = {
    "commit": (("held",), "committed"),
    "release": (("held",), "released"),
}
"""Each transition: the states that it may start from, and the one that it leads to."""


class StockReservation(EntityBase):
    """Stock that is kept aside for one order."""

    __tablename__ = "stock_reservations"
    __table_args__ = (
        UniqueConstraint("order_id"),
    )

    order_id: Mapped[UUID] = mapped_column(Uuid)
    lines: Mapped[list[OrderLine]] = mapped_column(AsJson(list[OrderLine]))
    status: Mapped[StockReservationStatus] = mapped_column(String(40), default="held", index=True)
