"""Reads what a regeneration must know of a folder: what was generated last time, what stands there, what is a person's own."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from microservices_skill.errors import SkillError
from microservices_skill.files import FileTree, safe_path
from microservices_skill.regeneration.content import Content
from microservices_skill.regeneration.plan import Contents, Standing
from microservices_skill.regeneration.request import Request
from microservices_skill.workspace.lockfile import read_lock
from microservices_skill.workspace.paths import STATE, check_target, kept_path

_FOREIGN = frozenset({".git", ".hg", ".svn", STATE, "node_modules", ".venv", "venv", "dist", "build", "coverage", "__pycache__", ".tools"})
_LARGEST = 1024 * 1024
"""A larger file is no source that was moved, in bytes."""


def survey(root: Path, request: Request) -> Standing:
    """What stands below ``root``; a person's own files are read only where something is missing or renamed.

    Raises:
        SkillError: a target is a link, a folder or out of the root.

    """
    generated, scope = request.generated, request.scope
    base = _as_generated(read_pristine(root, request.memory), generated)
    lock = read_lock(root)
    expected = sorted({*generated, *(path for path in base if path.startswith(scope)), *lock.moved.values()})
    current = _as_generated({path: found for path in expected if (found := content_at(check_target(root, path))) is not None}, generated)
    is_missing = any(path not in current for path in base if path.startswith(scope))
    strays = dict(_strays(root, {*expected, *base})) if is_missing or request.renames else {}
    return Standing(base, current, strays, lock.moved)


def read_pristine(root: Path, memory: str) -> dict[str, Content]:
    """Each file as it was generated last time, under its own path: the base of the next merge."""
    folder = root / STATE / memory
    found = {kept_path(memory, path.relative_to(folder).as_posix()): content_at(path) for path in _walk(folder, frozenset())}
    return {safe_path(path): content for path, content in sorted(found.items()) if content is not None}


def content_at(path: Path) -> Content | None:
    """The file at ``path``, if there is one."""
    try:
        with path.open("rb") as file:
            return Content(file.read(), bool(os.fstat(file.fileno()).st_mode & stat.S_IXUSR))
    except (FileNotFoundError, NotADirectoryError):
        return None


def _as_generated(found: Contents, generated: FileTree) -> Contents:
    """Where the system keeps no mode of files, they have the mode that is generated."""
    if sys.platform != "win32":
        return found
    return {
        path: replace(content, executable=generated[path].executable if path in generated else False) for path, content in found.items()
    }


def _strays(root: Path, known: Iterable[str]) -> Iterator[tuple[str, Content]]:
    """The files below ``root`` that are a person's own and can be put under a generated path."""
    taken = frozenset(known)
    for path in _walk(root, _FOREIGN):
        name = path.relative_to(root).as_posix()
        if name in taken or path.stat().st_size > _LARGEST:
            continue
        try:
            content = content_at(check_target(root, name))
        except (SkillError, PermissionError):
            continue
        if content is not None:
            yield name, content


def _walk(folder: Path, left_out: frozenset[str]) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in left_out)
        yield from (path for name in sorted(names) if stat.S_ISREG((path := Path(parent) / name).lstat().st_mode))
