"""A look into the databases of all services."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg  # type: ignore[import-untyped]


class Databases:
    """The databases by the name of their service."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = urls

    def rows(self, service: str, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        """What a statement finds."""
        return asyncio.run(_fetch(self._urls[service], statement, *arguments))

    def number(self, service: str, statement: str) -> int:
        """The first value of the first row, 0 where there is none."""
        found = self.rows(service, statement)
        return int(found[0][0] or 0) if found else 0

    def empty(self) -> None:
        """Drop them all, on the servers where they are."""
        for url in self._urls.values():
            parts = urlsplit(url)
            server, name = urlunsplit(parts._replace(path="/postgres")), parts.path.lstrip("/").replace('"', "")
            asyncio.run(_fetch(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


async def _fetch(url: str, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return [tuple(row.values()) for row in await connection.fetch(statement, *arguments)]
    finally:
        await connection.close()
