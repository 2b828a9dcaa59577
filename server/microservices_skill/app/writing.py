"""Writes a tree together with what people made of it, or says what writing would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from microservices_skill.app.results import Conflict, Writing
from microservices_skill.regeneration.changes import ChangeSet, Kind
from microservices_skill.regeneration.diff import unified
from microservices_skill.regeneration.request import Choices, Request
from microservices_skill.workspace import tree
from microservices_skill.workspace.journal import proceed

SHOWN = 100
_LISTED = 20
_HOW = (
    "Nothing is written. For each conflict choose with ours (your lines) or theirs (the generated ones), by path or folder, or write"
    " both with conflicts: markers; then run again. Edits elsewhere in these files are merged either way."
)


@dataclass(frozen=True, slots=True)
class Manner:
    """How to write: only say what would be done, show it as a diff, and what was decided on conflicts.

    ``checkpoint`` is called again and again until everything is promised, and raises where whoever asked has left: nothing
    is written then. From there on the work is finished.
    """

    preview: bool = False
    diff: bool = False
    choices: Choices = field(default_factory=Choices)
    checkpoint: Callable[[], None] = proceed


Progress = Callable[[int, int, str], None]
"""Called with the steps that are done, all steps, and the one that begins."""

AT_ONCE = Manner()
"""Write, and stop where a person must decide."""


def silent(_done: int, _all: int, _what: str) -> None:
    """Tell nobody."""


def write(root: Path, request: Request, *, manner: Manner, following: str = "") -> Writing:
    """Bring what is generated below ``root``, or only say what that would do."""
    request = replace(request, choices=manner.choices)
    changes = tree.preview(root, request) if manner.preview else tree.apply(root, request, checkpoint=manner.checkpoint)
    changed = changes.paths(Kind.CREATE, Kind.UPDATE, Kind.DELETE)
    return Writing(
        root=str(root),
        written=not manner.preview and not changes.is_blocked,
        counts=changes.counts,
        paths=changed if len(changed) <= _LISTED else _by_folder(changed),
        conflicts=tuple(Conflict(each.path, str(each.dispute), ", ".join(map(str, each.lines))) for each in changes.of(Kind.CONFLICT))[
            :SHOWN
        ],
        kept=changes.paths(Kind.KEEP, Kind.KEPT_EDIT)[:SHOWN],
        merged=changes.paths(Kind.MERGE)[:SHOWN],
        moved=tuple(f"{each.origin} -> {each.path}" for each in changes.of(Kind.MOVE))[:SHOWN],
        orphans=changes.paths(Kind.ORPHAN)[:SHOWN],
        deleted=changes.paths(Kind.STAYS_DELETED)[:SHOWN],
        diff=unified(changes) if manner.diff else "",
        next=_next(changes, is_preview=manner.preview, following=following),
    )


def _by_folder(paths: Sequence[str]) -> tuple[str, ...]:
    """Many paths as the folders that they are in, each with how many: a service's own, or the first one."""
    found = Counter("/".join(path.split("/")[: 2 if path.startswith("services/") else 1]) for path in paths)
    return tuple(f"{folder}/ ({count} files)" if folder not in paths else folder for folder, count in sorted(found.items()))


def _next(changes: ChangeSet, *, is_preview: bool, following: str) -> str:
    if changes.is_blocked:
        return _HOW
    hints = []
    if changes.paths(Kind.CONFLICT):
        hints.append("Files with conflicts hold both sides between markers: mend them.")
    if changes.paths(Kind.ORPHAN):
        hints.append("Orphans are edited files that are no longer generated: move what you need and delete them.")
    if changes.paths(Kind.STAYS_DELETED):
        hints.append("Files that you deleted stay deleted; theirs with their path brings them back.")
    return " ".join([*hints, "Nothing is written yet; run again without preview." if is_preview else following]).strip()
