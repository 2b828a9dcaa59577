"""Alembic's environment: one transaction, one migrator at a time, the same on PostgreSQL and SQLite."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from order.config import get_settings
from order.infrastructure import tables
from order.infrastructure.database import AsJson, ExactDecimal, UtcDateTime


def render_item(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
    """Say our column types in SQLAlchemy's own words, so that an old migration never depends on today's code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, ExactDecimal):
        return f'sa.Numeric({item.precision}, {item.scale}).with_variant(sa.String({item.precision + 2}), "sqlite")'
    if kind == "type" and isinstance(item, AsJson):
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def migrate(connection: Connection) -> None:
    """Run the migrations on one connection."""
    is_postgresql = connection.dialect.name == "postgresql"
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        compare_type=is_postgresql,
        render_as_batch=not is_postgresql,
        render_item=render_item,
    )
    with context.begin_transaction():
        if is_postgresql:
            connection.execute(text("SET LOCAL lock_timeout = '10s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('order.migrations'))"))
        context.run_migrations()


async def run() -> None:
    """Connect and migrate."""
    engine = create_async_engine(get_settings().async_database_url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
            await connection.commit()
    finally:
        await engine.dispose()


asyncio.run(run())
