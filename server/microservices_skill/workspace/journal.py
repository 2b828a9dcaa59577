"""Writes many files as one: staged beside the tree, promised in a journal, then moved into place.

Until the journal exists, the old tree stands and the staged files are rubbish. From then on the new tree is promised:
whoever comes next, this run or one after a crash, finishes the steps. A file that a person changed in between stays, and
what it was generated from stays remembered with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from microservices_skill.regeneration.changes import Change, ChangeSet, Kind
from microservices_skill.regeneration.content import Content
from microservices_skill.regeneration.plan import Contents
from microservices_skill.workspace.errors import explained
from microservices_skill.workspace.lockfile import LOCK
from microservices_skill.workspace.paths import STATE, check_target, kept
from microservices_skill.workspace.standing import content_at

_STAGING = f"{STATE}/staging"
JOURNAL = f"{STATE}/journal.json"


@dataclass(frozen=True, slots=True)
class _Step:
    """What is promised for one path: digests of what stands there and what will, and the staged files to put in place.

    ``origin`` is taken away once ``path`` is as promised, and only then what is remembered at ``memory`` changes: to the
    staged file ``pristine``, or to nothing.
    """

    path: str
    before: str | None
    after: str | None
    staged: str | None
    origin: str | None = None
    moving: str | None = None
    memory: str | None = None
    pristine: str | None = None


def proceed() -> None:
    """Go on: nobody can ask this run to stop."""


def stage(root: Path, changes: ChangeSet, *, base: Contents, memory: str, lock: str, checkpoint: Callable[[], None] = proceed) -> None:
    """Put everything new on disk beside the tree, then promise the steps; ``base`` is what ``memory`` holds until now.

    ``checkpoint`` may raise until the steps are promised: what was staged goes.
    """
    try:
        _stage(root, changes, base=base, memory=memory, lock=lock, checkpoint=checkpoint)
    except BaseException:
        if not (root / JOURNAL).exists():
            with contextlib.suppress(OSError):  # the next run clears it
                _clear(root)
        raise


def _stage(root: Path, changes: ChangeSet, *, base: Contents, memory: str, lock: str, checkpoint: Callable[[], None]) -> None:
    with explained(root):
        _clear(root)
        staging = root / _STAGING
        staging.mkdir(parents=True)
        steps = []
        for number, (change, pristine) in enumerate(_promised(changes, base)):
            checkpoint()
            staged = f"{number:06}" if change.before != change.after and change.after is not None else None
            if staged is not None and change.after is not None:
                _write(staging / staged, change.after)
            remembered = f"{number:06}.base" if pristine is not None else None
            if remembered is not None and pristine is not None:
                _write(staging / remembered, pristine)
            is_remembered = pristine is not None or change.generated not in changes.pristine
            place = kept(memory, change.generated) if is_remembered and change.generated is not None else None
            steps.append(_step(change, staged, place, remembered))
        _write(staging / "lock", Content(lock.encode()))
        draft = staging / "journal"
        _write(draft, Content(json.dumps([asdict(step) for step in steps]).encode()))
        _sync(staging)
        checkpoint()
        draft.replace(root / JOURNAL)
        _sync(root / STATE)


def finish(root: Path) -> bool:
    """Carry out what a journal promises; whether there was one. What was staged and is promised no more goes."""
    journal = root / JOURNAL
    with explained(root):
        if not journal.exists():
            _clear(root)
            return False
        for step in json.loads(journal.read_text(encoding="utf-8")):
            _carry_out(root, _Step(**step))
        staged_lock = root / _STAGING / "lock"
        if staged_lock.exists():
            staged_lock.replace(root / LOCK)
        _sync(root / STATE)
        journal.unlink()
        _clear(root)
        return True


def digest_at(path: Path) -> str | None:
    """The digest of the file at ``path``, if there is one."""
    content = content_at(path)
    return None if content is None else content.digest


def _promised(changes: ChangeSet, base: Contents) -> Iterator[tuple[Change, Content | None]]:
    """The changes that the disk sees, each with what is to be remembered of it where that is new."""
    told = set()
    for change in changes.changes:
        key = change.generated
        new = changes.pristine.get(key) if key is not None else None
        is_news = key is not None and new != base.get(key)
        if key is not None:
            told.add(key)
        if change.is_written or is_news:
            yield change, new if is_news else None
    for path in base:
        if path not in told and path not in changes.pristine:
            yield Change(path, Kind.UNCHANGED, generated=path), None


def _step(change: Change, staged: str | None, memory: str | None, pristine: str | None) -> _Step:
    before, after, moving = (None if each is None else each.digest for each in (change.before, change.after, change.moving))
    return _Step(change.path, before, after, staged, change.origin, moving, memory, pristine)


def _carry_out(root: Path, step: _Step) -> None:
    target = check_target(root, step.path)
    if step.staged is not None and (root / _STAGING / step.staged).exists() and digest_at(target) == step.before:
        _place(root / _STAGING / step.staged, target)
    elif step.after is None and step.before is not None and digest_at(target) == step.before:
        _remove(root, target)
    if digest_at(target) != step.after:
        return
    if step.origin is not None and digest_at(check_target(root, step.origin)) == step.moving:
        _remove(root, check_target(root, step.origin))
    if step.memory is not None:
        _remember(root, step.memory, step.pristine)


def _remember(root: Path, memory: str, pristine: str | None) -> None:
    target = check_target(root, memory)
    staged = root / _STAGING / pristine if pristine is not None else None
    if staged is None:
        if target.exists():
            _remove(root, target)
    elif staged.exists():
        _place(staged, target)


def _place(staged: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        staged.chmod((staged.stat().st_mode & 0o111) | (target.stat().st_mode & 0o666))
    staged.replace(target)
    _sync(target.parent)


def _remove(root: Path, target: Path) -> None:
    target.unlink()
    folder = target.parent
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _write(path: Path, content: Content) -> None:
    with path.open("wb") as file:
        file.write(content.data)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o755 if content.executable else 0o644)


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
