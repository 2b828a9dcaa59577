"""The events that tell of stock items: facts in the past tense, each with a schema of its own."""

from __future__ import annotations

from abc import abstractmethod
from typing import Self

from inventory.domains.stock_item.models import StockItem
from inventory.infrastructure.event_bus import DomainEvent


class StockItemEvent(DomainEvent):
    """Base of the events that are made from a stock item."""

    @classmethod
    @abstractmethod
    def of(cls, stock_item: StockItem) -> Self:
        """The event that tells of a stock item as it is now."""
