"""A server for a team, in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.http_server.kit import Team, team


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def ours(tmp_path: Path) -> AsyncIterator[Team]:
    async with team(tmp_path) as found:
        yield found
