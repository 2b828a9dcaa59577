"""Tells whoever wants to know which files were written, deep below."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

Written = list[Path]
_WRITTEN: ContextVar[Written | None] = ContextVar("written", default=None)


@contextmanager
def noting() -> Iterator[Written]:
    """A list that grows by every file that is written while the block runs, also in threads that it starts."""
    found: Written = []
    before = _WRITTEN.set(found)
    try:
        yield found
    finally:
        _WRITTEN.reset(before)


def note(*paths: Path) -> None:
    """Files that were just written, moved or deleted."""
    found = _WRITTEN.get()
    if found is not None:
        found.extend(paths)
