"""A customer's order."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from sqlalchemy import BigInteger, String, Text, Uuid
from sqlalchemy.orm import Mapped, composite, mapped_column

from order.domains.values import Amount, OrderLine
from order.infrastructure.database import AsJson, EntityBase

PurchaseOrderStatus = Literal["pending", "confirmed", "cancelled"]
"""The states of the lifecycle."""

TRANSITIONS: dict[str, tuple[tuple[PurchaseOrderStatus, ...], PurchaseOrderStatus]] = {
    "confirm": (("pending",), "confirmed"),
    "cancel": (("pending",), "cancelled"),
}
"""Each transition: the states that it may start from, and the one that it leads to."""


class PurchaseOrder(EntityBase):
    """A customer's order."""

    __tablename__ = "orders"

    customer_id: Mapped[UUID] = mapped_column(Uuid)
    customer_email: Mapped[str] = mapped_column(String(320))
    lines: Mapped[list[OrderLine]] = mapped_column(AsJson(list[OrderLine]))
    total: Mapped[Amount] = composite(
        lambda minor_units, currency: Amount(minor_units=minor_units, currency=currency),
        mapped_column("total_minor_units", BigInteger, nullable=False), mapped_column("total_currency", String(3), nullable=False),
    )
    note: Mapped[str | None] = mapped_column(Text)
    status: Mapped[PurchaseOrderStatus] = mapped_column(String(40), default="pending", index=True)
