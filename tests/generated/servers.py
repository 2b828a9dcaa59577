"""The real database server that services run on, from the environment, seen from outside."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]

DATABASE_URL = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")


@dataclass(frozen=True)
class Database:
    """A database of one service, seen from outside."""

    url: str

    def rows(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        """What a statement finds."""

        async def fetch() -> list[tuple[Any, ...]]:
            connection = await asyncpg.connect(self.url)
            try:
                return [tuple(row.values()) for row in await connection.fetch(statement, *arguments)]
            finally:
                await connection.close()

        return asyncio.run(fetch())

    def run(self, *statements: str) -> None:
        """Run statements, each by itself."""

        async def execute() -> None:
            connection = await asyncpg.connect(self.url)
            try:
                for each in statements:
                    await connection.execute(each)
            finally:
                await connection.close()

        asyncio.run(execute())

    def ids(self, table: str) -> set[str]:
        """The ids of a table's rows."""
        return {str(row[0]) for row in self.rows(f'SELECT id FROM "{table}"')}

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self.rows(f'SELECT count(*) FROM "{table}"')[0][0])

    def pending_events(self, *types: str) -> int:
        """How many messages wait in the outbox; only those of some types where types are given."""
        waiting = self.rows("SELECT event_type FROM outbox_messages WHERE published_at IS NULL")
        return sum(not types or each in types for (each,) in waiting)


@contextmanager
def new_database() -> Iterator[Database]:
    """An empty database on the real server."""
    name = f"generated_{uuid4().hex[:12]}"
    server = Database(DATABASE_URL)
    server.rows(f"CREATE DATABASE {name}")
    yield Database(urlunsplit(urlsplit(DATABASE_URL)._replace(path=f"/{name}")))
    server.rows(f"DROP DATABASE {name} WITH (FORCE)")
