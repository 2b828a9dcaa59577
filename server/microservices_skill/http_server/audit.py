"""Tells who did what: a line of JSON for each call and each refusal; never what a file holds, nor a token."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime

from microservices_skill.http_server.errors import SettingError

_LONGEST = 300


class AuditLog:
    """Appends lines to a stream or a file; lines of several workers never mix."""

    def __init__(self, target: str) -> None:
        self._handle = _opened(target)

    def write(self, record: dict[str, object]) -> None:
        """Append a record, with the time and the process before it."""
        told: dict[str, object] = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "worker": os.getpid()}
        told |= {key: value[:_LONGEST] if isinstance(value, str) else value for key, value in record.items()}
        os.write(self._handle, (json.dumps(told, ensure_ascii=True, separators=(",", ":")) + "\n").encode())


def _opened(target: str) -> int:
    if target in ("stderr", "stdout"):
        return (sys.stderr if target == "stderr" else sys.stdout).fileno()
    try:
        return os.open(target, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    except OSError as error:
        raise SettingError("audit_log", f"{target}: {error.strerror}", "write stderr, stdout or the path of a file") from error
