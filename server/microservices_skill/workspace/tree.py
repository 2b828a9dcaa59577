"""Plans and applies a generated tree against a folder on disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from microservices_skill import __version__
from microservices_skill.regeneration.changes import ChangeSet
from microservices_skill.regeneration.plan import plan
from microservices_skill.regeneration.request import Request
from microservices_skill.workspace.errors import ChangedMeanwhileError, UnsafeTargetError, explained
from microservices_skill.workspace.exclusive import exclusive
from microservices_skill.workspace.journal import JOURNAL, digest_at, finish, proceed, stage
from microservices_skill.workspace.lockfile import LOCK, dump_lock
from microservices_skill.workspace.paths import STATE, check_target
from microservices_skill.workspace.standing import read_pristine, survey
from microservices_skill.workspace.written import note

_READ_ONLY = "make it writable for you, or choose another folder"


def preview(root: Path, request: Request) -> ChangeSet:
    """What writing would do; nothing is written.

    Raises:
        SkillError: a target is a link, a folder or out of the root, or cannot be read.

    """
    with explained(root):
        _check_root(root)
        return plan(survey(root, request), request)


def apply(root: Path, request: Request, *, checkpoint: Callable[[], None] = proceed) -> ChangeSet:
    """Write what is generated together with what people wrote; all of it or, on an error or an open conflict, nothing.

    ``checkpoint`` is called until everything is promised, and raises where the run must stop; nothing is written then.

    Raises:
        SkillError: a target is unsafe, the folder is busy, or the disk refuses.

    """
    with explained(root):
        _check_root(root)
        root.mkdir(parents=True, exist_ok=True)
    with exclusive(root):
        finish(root)
        changes = preview(root, request)
        if changes.is_blocked:
            return changes
        checkpoint()
        base = read_pristine(root, request.memory)
        lock = dump_lock(changes.moved, tool=__version__)
        if not changes.written and base == changes.pristine and _text_of(root / LOCK) == lock:
            return changes
        with explained(root):
            _check(root, changes)
        stage(root, changes, base=base, memory=request.memory, lock=lock, checkpoint=checkpoint)
        finish(root)
        note(*(root / path for each in changes.written for path in (each.path, each.origin) if path is not None))
    return changes


def is_promised(root: Path) -> bool:
    """Whether a run was killed, or is at it, between its promise and the end."""
    return (root / JOURNAL).exists()


def resume(root: Path) -> bool:
    """Finish what a killed run promised; whether there was something to finish."""
    if not (root / STATE).is_dir():
        return False
    with exclusive(root):
        return finish(root)


def _check_root(root: Path) -> None:
    if root.exists() and not root.is_dir():
        raise UnsafeTargetError(root, "is a file", "give a folder to write into")
    state = root / STATE
    if state.is_symlink() or (state.exists() and not state.is_dir()):
        raise UnsafeTargetError(state, "is not a folder", "move it away; the generator keeps its lock file there")


def _check(root: Path, changes: ChangeSet) -> None:
    """Refuse before anything is written what could not be written to its end."""
    going = {each.path for each in changes.written if each.after is None} | {each.origin for each in changes.written if each.origin}
    for change in changes.written:
        target = check_target(root, change.path)
        _check_unchanged(target, change.path, None if change.before is None else change.before.digest)
        if change.origin is not None:
            origin = check_target(root, change.origin)
            _check_unchanged(origin, change.origin, None if change.moving is None else change.moving.digest)
        if target.exists() and not target.stat().st_mode & 0o200:
            raise UnsafeTargetError(target, "is read-only", _READ_ONLY)
        folder = next(parent for parent in target.parents if parent.exists())
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UnsafeTargetError(folder, "is not writable", _READ_ONLY)
    _check_case(root, (change.path for change in changes.written if change.before is None and change.after is not None), going)


def _check_unchanged(target: Path, path: str, expected: str | None) -> None:
    if digest_at(target) != expected:
        raise ChangedMeanwhileError(path)


def _check_case(root: Path, paths: Iterable[str], going: set[str]) -> None:
    """Refuse a new file or folder whose name differs from one that is there only in the case of its letters."""
    listed: dict[Path, dict[str, str]] = {}
    for path in paths:
        place = root
        for name in path.split("/"):
            if place not in listed:
                listed[place] = {each.name.lower(): each.name for each in place.iterdir()} if place.is_dir() else {}
            there = listed[place].get(name.lower(), name)
            other = place / there
            if there != name and other.relative_to(root).as_posix() not in going:
                raise UnsafeTargetError(other, f"differs only in case from {path!r}", "rename it: many systems take both for one file")
            place /= name


def _text_of(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
