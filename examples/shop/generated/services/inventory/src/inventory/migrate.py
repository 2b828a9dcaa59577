"""Brings the database's schema up to date: ``python -m inventory.migrate``, a job that runs before the service.

With ``--create-database`` it makes the database first where the server has none of that name.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from inventory.config import Settings, get_settings
from inventory.infrastructure.database import use_tls

ALREADY_THERE = frozenset({"42P04", "23505"})
"""What PostgreSQL says where another process has just made the same database."""


def config() -> Config:
    """Alembic's configuration, wherever the service is installed."""
    found = Config()
    found.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return found


async def create_database(settings: Settings) -> None:
    """Make the database that the settings name, where the PostgreSQL server has none of that name."""
    if settings.is_sqlite:
        return
    url = make_url(settings.async_database_url)
    engine = create_async_engine(url.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    use_tls(engine, settings)
    try:
        async with engine.connect() as connection:
            known = await connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": url.database})
            if known is None:
                name = engine.dialect.identifier_preparer.quote_identifier(url.database or "")
                await connection.exec_driver_sql(f"CREATE DATABASE {name}")
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") not in ALREADY_THERE:
            raise
    finally:
        await engine.dispose()


def main(*arguments: str) -> None:
    """Upgrade to the newest revision; several at once wait for each other."""
    if "--create-database" in arguments:
        asyncio.run(create_database(get_settings()))
    command.upgrade(config(), "head")


if __name__ == "__main__":
    main(*sys.argv[1:])
