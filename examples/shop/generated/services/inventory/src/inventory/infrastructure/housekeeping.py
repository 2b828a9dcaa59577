"""Forgets what is no longer needed: published events, handled messages, old idempotency keys."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from inventory.config import Settings
from inventory.infrastructure import idempotency, inbox, saga_participant
from inventory.infrastructure.database import OUTAGES, Database, utc_now
from inventory.infrastructure.outbox import OutboxRelay

log = structlog.get_logger(__name__)

INTERVAL_S = 600.0


async def sweep(database: Database, relay: OutboxRelay, settings: Settings) -> int:
    """Delete what is past its retention; returns how many rows went."""
    retention = utc_now() - timedelta(hours=settings.retention_hours)
    keys = utc_now() - timedelta(hours=settings.idempotency_retention_hours)
    swept = [
        await relay.purge(retention),
        await inbox.purge(database, retention),
        await idempotency.purge(database, keys),
        await saga_participant.purge(database, utc_now() - saga_participant.RETENTION),
    ]
    return sum(swept)


async def run(database: Database, relay: OutboxRelay, settings: Settings, stopping: asyncio.Event) -> None:
    """Sweep now and then, until the service stops."""
    while not stopping.is_set():
        try:
            log.info("housekeeping.swept", rows=await sweep(database, relay, settings))
        except (*OUTAGES, SQLAlchemyError) as error:
            log.warning("housekeeping.failed", error=repr(error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), INTERVAL_S)
