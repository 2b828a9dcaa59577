"""Every table of the service, gathered for migrations and tests."""

from __future__ import annotations

from payment.domains.payment import models as payment_models
from payment.infrastructure import idempotency, inbox, outbox
from payment.infrastructure.database import Base

MODULES = (
    payment_models,
    idempotency,
    inbox,
    outbox,
)
"""Importing a module defines its tables."""

metadata = Base.metadata
