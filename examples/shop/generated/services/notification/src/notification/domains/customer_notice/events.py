"""The events that tell of customer notices: facts in the past tense, each with a schema of its own."""

from __future__ import annotations

from abc import abstractmethod
from typing import Self

from notification.domains.customer_notice.models import CustomerNotice
from notification.infrastructure.event_bus import DomainEvent


class CustomerNoticeEvent(DomainEvent):
    """Base of the events that are made from a customer notice."""

    @classmethod
    @abstractmethod
    def of(cls, customer_notice: CustomerNotice) -> Self:
        """The event that tells of a customer notice as it is now."""

EVENTS_OF_TRANSITION: dict[str, tuple[type[CustomerNoticeEvent], ...]] = {
}
"""What each transition publishes."""
