"""Every table of the service, gathered for migrations and tests."""

from __future__ import annotations

from notification.domains.customer_notice import models as customer_notice_models
from notification.infrastructure import idempotency, inbox, outbox
from notification.infrastructure.database import Base

MODULES = (
    customer_notice_models,
    idempotency,
    inbox,
    outbox,
)
"""Importing a module defines its tables."""

metadata = Base.metadata
