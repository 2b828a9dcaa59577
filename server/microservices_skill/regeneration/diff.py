"""Shows what a regeneration changes as a unified diff, as ``git diff`` does."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from microservices_skill.regeneration.changes import Change, ChangeSet
from microservices_skill.regeneration.content import Content


def unified(changes: ChangeSet) -> str:
    """The diff of every path that would be written."""
    return "".join(line for change in changes.written for line in _lines(change))


def _lines(change: Change) -> Iterator[str]:
    before = change.before if change.origin is None else change.moving
    yield f"diff --git a/{change.origin or change.path} b/{change.path}\n"
    if change.origin is not None:
        yield f"rename from {change.origin}\nrename to {change.path}\n"
    if before is not None and change.after is not None and before.executable != change.after.executable:
        yield f"old mode {_mode(before)}\nnew mode {_mode(change.after)}\n"
    if (before is not None and before.text is None) or (change.after is not None and change.after.text is None):
        yield "Binary files differ\n"
        return
    old = f"a/{change.origin or change.path}" if before is not None else "/dev/null"
    new = f"b/{change.path}" if change.after is not None else "/dev/null"
    for line in difflib.unified_diff(_text(before), _text(change.after), old, new):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _text(content: Content | None) -> list[str]:
    return [] if content is None else (content.text or "").splitlines(keepends=True)


def _mode(content: Content) -> str:
    return "100755" if content.executable else "100644"
