"""Writes many files as one: staged beside the tree, promised in a journal, then moved into place.

Until the journal exists, the old tree stands and the staged files are rubbish. From then on the new tree is promised:
whoever comes next, this run or one after a crash, finishes the moves. A file that a person changed in between stays.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from microservices_skill.regeneration.changes import ChangeSet, Kind
from microservices_skill.regeneration.plan import digest_of
from microservices_skill.workspace.errors import explained
from microservices_skill.workspace.lockfile import LOCK
from microservices_skill.workspace.paths import STATE, check_target

_STAGING = f"{STATE}/staging"
_JOURNAL = f"{STATE}/journal.json"


@dataclass(frozen=True, slots=True)
class _Move:
    """One step: a staged file to its path, or, without one, the removal of the path."""

    path: str
    before: str | None
    staged: str | None


def stage(root: Path, changes: ChangeSet, *, lock: str) -> None:
    """Put every new text on disk beside the tree, then promise the moves."""
    with explained(root):
        _clear(root)
        staging = root / _STAGING
        staging.mkdir(parents=True)
        moves = []
        for number, change in enumerate(changes.of(Kind.CREATE, Kind.UPDATE, Kind.DELETE)):
            name = f"{number:06}" if change.file is not None else None
            if change.file is not None:
                _write(staging / f"{number:06}", change.file.text, mode=0o755 if change.file.executable else 0o644)
            moves.append(_Move(change.path, change.before, name))
        _write(staging / "lock", lock, mode=0o644)
        draft = staging / "journal"
        _write(draft, json.dumps([asdict(move) for move in moves]), mode=0o644)
        _sync(staging)
        draft.replace(root / _JOURNAL)
        _sync(root / STATE)


def finish(root: Path) -> bool:
    """Carry out what a journal promises; whether there was one."""
    journal = root / _JOURNAL
    with explained(root):
        if not journal.exists():
            return False
        for step in json.loads(journal.read_text(encoding="utf-8")):
            _carry_out(root, _Move(**step))
        staged_lock = root / _STAGING / "lock"
        if staged_lock.exists():
            staged_lock.replace(root / LOCK)
        _sync(root / STATE)
        journal.unlink()
        _clear(root)
        return True


def digest_at(path: Path) -> str | None:
    """The digest of the file at ``path``, if there is one."""
    try:
        return digest_of(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None


def _carry_out(root: Path, move: _Move) -> None:
    target = check_target(root, move.path)
    staged = root / _STAGING / move.staged if move.staged is not None else None
    if staged is not None and not staged.exists():
        return
    if digest_at(target) != move.before:
        return
    if staged is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        staged.replace(target)
        _sync(target.parent)
    elif move.before is not None:
        target.unlink()
        _remove_empty(root, target.parent)


def _remove_empty(root: Path, folder: Path) -> None:
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _write(path: Path, text: str, *, mode: int) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(mode)


def _sync(folder: Path) -> None:
    with contextlib.suppress(PermissionError):  # Windows does not open folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _clear(root: Path) -> None:
    staging = root / _STAGING
    if staging.is_symlink():
        staging.unlink()
    elif staging.exists():
        shutil.rmtree(staging)
