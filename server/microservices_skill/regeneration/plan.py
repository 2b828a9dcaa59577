"""Decides what a regeneration may do to each path, so that no edit of a person is ever lost."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from microservices_skill.files import File, FileTree
from microservices_skill.regeneration.changes import Change, ChangeSet, Kind

Digests = Mapping[str, str]
"""SHA-256 by path."""


def plan(*, base: Digests, current: Digests, generated: FileTree, scope: tuple[str, ...] = ("",)) -> ChangeSet:
    """Compare what was generated last time, what stands there now, and what is generated today.

    ``scope`` names the path prefixes that ``generated`` speaks for: only below them is a file that is no longer
    generated deleted. ``base`` keeps its other entries.
    """
    changes = sorted((*_wanted(base, current, generated), *_unwanted(base, current, generated, scope)), key=lambda change: change.path)
    lock = {path: digest for path, digest in base.items() if path not in generated and not path.startswith(scope)}
    for change in changes:
        digest = _locked(change, base)
        if digest is not None:
            lock[change.path] = digest
    return ChangeSet(tuple(changes), tuple(sorted(lock.items())))


def digest_of(content: bytes) -> str:
    """The SHA-256 of a file's bytes."""
    return hashlib.sha256(content).hexdigest()


def _wanted(base: Digests, current: Digests, generated: FileTree) -> Iterator[Change]:
    for path, file in generated.items():
        kind = _kind(file, before=base.get(path), here=current.get(path))
        yield Change(path, kind, file, current.get(path))


def _kind(file: File, *, before: str | None, here: str | None) -> Kind:
    new = _digest(file)
    if here is None:
        return Kind.CREATE
    if here == new:
        return Kind.UNCHANGED
    if not file.owned or file.frozen:
        return Kind.KEEP
    if here == before or file.continues:
        return Kind.UPDATE
    # A three-way merge of base, edit and new text belongs here; until then both are told of and the edit stays.
    return Kind.KEPT_EDIT if new == before else Kind.CONFLICT


def _unwanted(base: Digests, current: Digests, generated: FileTree, scope: tuple[str, ...]) -> Iterator[Change]:
    for path, before in base.items():
        if path in generated or path not in current or not path.startswith(scope):
            continue
        yield Change(path, Kind.DELETE if current[path] == before else Kind.ORPHAN, None, current[path])


def _locked(change: Change, base: Digests) -> str | None:
    """The digest to remember: of what we wrote, or of what we wrote last where a person's text stays."""
    match change.kind:
        case Kind.CREATE | Kind.UPDATE | Kind.UNCHANGED:
            return _digest(change.file) if change.file is not None else None
        case Kind.DELETE:
            return None
        case Kind.KEEP | Kind.KEPT_EDIT | Kind.CONFLICT | Kind.ORPHAN:
            return base.get(change.path)


def _digest(file: File) -> str:
    return digest_of(file.text.encode())
