"""Plans and applies a generated tree against a folder on disk."""

from __future__ import annotations

import os
from pathlib import Path

from microservices_skill import __version__
from microservices_skill.files import FileTree
from microservices_skill.regeneration.changes import ChangeSet, Kind
from microservices_skill.regeneration.plan import plan
from microservices_skill.workspace.errors import ChangedMeanwhileError, UnsafeTargetError, explained
from microservices_skill.workspace.exclusive import exclusive
from microservices_skill.workspace.journal import digest_at, finish, stage
from microservices_skill.workspace.lockfile import LOCK, dump_lock, read_lock
from microservices_skill.workspace.paths import STATE, check_target


def preview(root: Path, generated: FileTree, *, scope: tuple[str, ...] = ("",)) -> ChangeSet:
    """What writing ``generated`` would do; nothing is written.

    Raises:
        SkillError: a target is a link, a folder or out of the root, or cannot be read.

    """
    with explained(root):
        _check_root(root)
        base = read_lock(root)
        paths = sorted({*generated, *(path for path in base if path.startswith(scope))})
        current = {path: digest for path in paths if (digest := digest_at(check_target(root, path))) is not None}
    return plan(base=base, current=current, generated=generated, scope=scope)


def apply(root: Path, generated: FileTree, *, scope: tuple[str, ...] = ("",)) -> ChangeSet:
    """Write ``generated`` as far as no edit of a person is lost; all of it or, on an error, nothing.

    Raises:
        SkillError: a target is unsafe, the folder is busy, or the disk refuses.

    """
    with explained(root):
        _check_root(root)
        root.mkdir(parents=True, exist_ok=True)
    with exclusive(root):
        finish(root)
        changes = preview(root, generated, scope=scope)
        lock = dump_lock(dict(changes.lock), tool=__version__)
        if changes.is_empty and _text_of(root / LOCK) == lock:
            return changes
        _check(root, changes)
        stage(root, changes, lock=lock)
        finish(root)
    return changes


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
    for change in changes.of(Kind.CREATE, Kind.UPDATE, Kind.DELETE):
        target = check_target(root, change.path)
        if digest_at(target) != change.before:
            raise ChangedMeanwhileError(change.path)
        folder = next(parent for parent in target.parents if parent.exists())
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UnsafeTargetError(folder, "is not writable", "make it writable for you or choose another folder")


def _text_of(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
