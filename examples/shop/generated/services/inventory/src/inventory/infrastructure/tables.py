"""Every table of the service, gathered for migrations and tests."""

from __future__ import annotations

from inventory.domains.stock_item import models as stock_item_models
from inventory.domains.stock_reservation import models as stock_reservation_models
from inventory.infrastructure import idempotency, inbox, outbox, saga_participant
from inventory.infrastructure.database import Base

MODULES = (
    stock_item_models,
    stock_reservation_models,
    idempotency,
    inbox,
    outbox,
    saga_participant,
)
"""Importing a module defines its tables."""

metadata = Base.metadata
