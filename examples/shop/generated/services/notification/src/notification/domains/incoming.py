"""The events of other services that this one reacts to, with what it uses of them: a publisher may change the rest."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from notification.domains.values import Email
from notification.infrastructure.event_bus import EventData


class OrderCancelled(EventData):
    """An order will not be delivered."""

    event_name: ClassVar[str] = "OrderCancelled"
    event_version: ClassVar[int] = 1

    order_id: UUID
    customer_email: Email


class OrderConfirmed(EventData):
    """An order is paid and will be delivered."""

    event_name: ClassVar[str] = "OrderConfirmed"
    event_version: ClassVar[int] = 1

    order_id: UUID
    customer_email: Email
