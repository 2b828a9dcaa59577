"""What a customer pays for one order."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from sqlalchemy import BigInteger, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, composite, mapped_column

from payment.domains.values import Amount
from payment.infrastructure.database import EntityBase

PaymentStatus = Literal["pending", "captured", "declined", "refunded"]
"""The states of the lifecycle."""

TRANSITIONS: dict[str, tuple[tuple[PaymentStatus, ...], PaymentStatus]] = {
    "capture": (("pending",), "captured"),
    "decline": (("pending",), "declined"),
    "refund": (("captured",), "refunded"),
}
"""Each transition: the states that it may start from, and the one that it leads to."""


class Payment(EntityBase):
    """What a customer pays for one order."""

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("order_id"),
    )

    order_id: Mapped[UUID] = mapped_column(Uuid)
    amount: Mapped[Amount] = composite(
        lambda minor_units, currency: Amount(minor_units=minor_units, currency=currency),
        mapped_column("amount_minor_units", BigInteger, nullable=False), mapped_column("amount_currency", String(3), nullable=False),
    )
    provider_reference: Mapped[str | None] = mapped_column(String(100))
    decline_reason: Mapped[str | None] = mapped_column(String(200))
    status: Mapped[PaymentStatus] = mapped_column(String(40), default="pending", index=True)
