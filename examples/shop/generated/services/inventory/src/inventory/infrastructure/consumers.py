"""Which function handles which event; each handler runs in one transaction with its inbox row."""

from __future__ import annotations

from inventory.infrastructure.database import Database
from inventory.infrastructure.event_bus import Handler


def create_consumers(database: Database) -> dict[str, Handler]:
    """Event types to the handlers of this service."""
    return {}
