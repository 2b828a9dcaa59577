"""Alembic's environment: one transaction a migration, one migrator at a time, the same on PostgreSQL and SQLite."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, event, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from notification.config import get_settings
from notification.infrastructure import tables
from notification.infrastructure.database import AsJson, ExactDecimal, UtcDateTime, use_tls

LEFT_BEHIND: frozenset[str] = frozenset(
    (
    )
)
"""Tables and columns that the database keeps for the version before."""


def render_item(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
    """Say our column types in SQLAlchemy's own words, so that an old migration never depends on today's code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, ExactDecimal):
        return f'sa.Numeric({item.precision}, {item.scale}).with_variant(sa.String({item.precision + 2}), "sqlite")'
    if kind == "type" and isinstance(item, AsJson):
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def include_object(found: Any, name: str | None, kind: str, is_reflected: bool, other: Any) -> bool:
    """Whether to compare something with the models: what is left behind for the version before is not theirs any more."""
    if not is_reflected or other is not None or not LEFT_BEHIND:
        return True
    if kind == "table":
        return name not in LEFT_BEHIND
    table = found.table.name
    names = [name] if kind == "column" else [column.name for column in found.columns]
    return table not in LEFT_BEHIND and not any(f"{table}.{each}" in LEFT_BEHIND for each in names)


def wait_for_others(connection: Connection) -> None:
    """Be the only migrator. It asks again and again: one that waited in a statement would hold back an index that is being built."""
    while not connection.scalar(text("SELECT pg_try_advisory_lock(hashtext('notification.migrations'))")):
        connection.rollback()
        time.sleep(0.2)
    connection.execute(text("SET lock_timeout = '10s'"))
    connection.commit()


def migrate(connection: Connection) -> None:
    """Run the migrations on one connection, each in its own transaction; the lock ends with the connection."""
    is_postgresql = connection.dialect.name == "postgresql"
    if is_postgresql:
        wait_for_others(connection)
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        compare_type=is_postgresql,
        render_as_batch=not is_postgresql,
        render_item=render_item,
        include_object=include_object,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def leave_transactions_to_us(connection: Any, _: Any) -> None:
    """SQLite's driver would end a transaction before it changes a table."""
    connection.isolation_level = None


def begin(connection: Connection) -> None:
    """Begin where we say so."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


async def run() -> None:
    """Connect and migrate."""
    engine = create_async_engine(get_settings().async_database_url, poolclass=NullPool)
    use_tls(engine, get_settings())
    if get_settings().is_sqlite:
        event.listen(engine.sync_engine, "connect", leave_transactions_to_us)
        event.listen(engine.sync_engine, "begin", begin)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
            await connection.commit()
    finally:
        await engine.dispose()


asyncio.run(run())
