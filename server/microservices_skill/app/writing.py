"""Writes a tree, or says what writing would do."""

from __future__ import annotations

from pathlib import Path

from microservices_skill.app.results import Writing
from microservices_skill.files import FileTree
from microservices_skill.regeneration.changes import ChangeSet, Kind
from microservices_skill.workspace import tree

SHOWN = 100


def write(root: Path, files: FileTree, *, scope: tuple[str, ...], preview: bool, following: str = "") -> Writing:
    """Write ``files`` below ``root``, or only say what that would do."""
    changes = tree.preview(root, files, scope=scope) if preview else tree.apply(root, files, scope=scope)
    changed = changes.paths(Kind.CREATE, Kind.UPDATE, Kind.DELETE)
    return Writing(
        root=str(root),
        written=not preview,
        counts=changes.counts,
        paths=changed[:SHOWN],
        omitted=max(0, len(changed) - SHOWN),
        conflicts=changes.paths(Kind.CONFLICT)[:SHOWN],
        kept=changes.paths(Kind.KEEP, Kind.KEPT_EDIT, Kind.ORPHAN)[:SHOWN],
        next=_next(changes, preview=preview, following=following),
    )


def _next(changes: ChangeSet, *, preview: bool, following: str) -> str:
    if changes.paths(Kind.CONFLICT):
        return (
            "A conflict is a file that was edited (or was there before) and that would be generated differently now: it is left as it"
            " is. Move the edit into a file that belongs to you, or delete the file, and generate again."
        )
    return "Nothing is written yet; run again without preview." if preview else following
