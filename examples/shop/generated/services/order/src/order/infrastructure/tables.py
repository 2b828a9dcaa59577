"""Every table of the service, gathered for migrations and tests."""

from __future__ import annotations

from order.domains.purchase_order import models as purchase_order_models
from order.infrastructure import idempotency, inbox, outbox
from order.infrastructure.database import Base

MODULES = (
    purchase_order_models,
    idempotency,
    inbox,
    outbox,
)
"""Importing a module defines its tables."""

metadata = Base.metadata
