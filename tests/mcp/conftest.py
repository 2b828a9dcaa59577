"""A workspace with an architecture, which the server of a test works in."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.contracts.samples import SHOP


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MICROSERVICES_SKILL_ROOT", str(tmp_path))
    (tmp_path / "architecture.yaml").write_text(SHOP, encoding="utf-8")
    return tmp_path
