"""Keeps two runs from writing into one workspace; the operating system frees it when a run is killed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from microservices_skill.workspace.errors import BusyError, explained
from microservices_skill.workspace.paths import STATE

_GIT = {
    ".gitignore": "# The rest belongs in version control: it is the base of the next merge.\nrun.lock\njournal.json\nstaging/\n",
    ".gitattributes": (
        "base/** -text -diff -merge linguist-generated\n"
        "platform/** -text -diff -merge linguist-generated\n"
        "proposal/** -text -diff -merge\n"
        "lock.json -merge\n"
    ),
}


@contextmanager
def exclusive(root: Path) -> Iterator[None]:
    """Hold the workspace for the time of the block.

    Raises:
        BusyError: another run holds it.

    """
    path = root / STATE / "run.lock"
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        for name, text in _GIT.items():
            _keep(path.parent / name, text)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
    try:
        try:
            _take(handle)
        except OSError as error:
            raise BusyError(root) from error
        yield
    finally:
        os.close(handle)


def _keep(path: Path, text: str) -> None:
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8", newline="\n")


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
