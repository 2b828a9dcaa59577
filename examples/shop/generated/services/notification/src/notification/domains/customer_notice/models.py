"""A message to a customer."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from sqlalchemy import String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from notification.infrastructure.database import EntityBase

CustomerNoticeStatus = Literal["queued", "sent", "failed"]
"""The states of the lifecycle."""

TRANSITIONS: dict[str, tuple[tuple[CustomerNoticeStatus, ...], CustomerNoticeStatus]] = {
    "send": (("queued", "failed"), "sent"),
    "fail": (("queued",), "failed"),
}
"""Each transition: the states that it may start from, and the one that it leads to."""


class CustomerNotice(EntityBase):
    """A message to a customer."""

    __tablename__ = "customer_notices"

    order_id: Mapped[UUID] = mapped_column(Uuid)
    customer_email: Mapped[str] = mapped_column(String(320))
    failure: Mapped[str | None] = mapped_column(String(200))
    status: Mapped[CustomerNoticeStatus] = mapped_column(String(40), default="queued", index=True)
