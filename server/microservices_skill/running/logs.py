"""Reads the logs of a system's last run."""

from __future__ import annotations

from pathlib import Path

from microservices_skill.running.errors import NoLogsError
from microservices_skill.running.story import Record, parse
from microservices_skill.running.system import LOGS


def read_logs(root: Path) -> tuple[Record, ...]:
    """Every record of every service.

    Raises:
        NoLogsError: nothing has run here yet.

    """
    files = sorted((root / LOGS).glob("*.log"))
    if not files:
        raise NoLogsError(root / LOGS)
    return tuple(
        record for path in files for record in parse(path.read_text(encoding="utf-8", errors="replace").splitlines(), service=path.stem)
    )
