"""Writes a decision into a person's architecture.yaml, and leaves every other byte as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from microservices_skill.errors import SkillError
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.document import Document
from microservices_skill.model.dumping import dump_plain, to_plain
from microservices_skill.model.loading import read_architecture
from microservices_skill.model.system import Decision, DecisionStatus


class UnwritableDecisionError(SkillError):
    """The document is written in a way that lines cannot be added to."""

    def __init__(self, source: str, entry: str) -> None:
        super().__init__(
            f"{source}: its decisions are not a block of lines, so add this one by hand and mark those that it supersedes:\n{entry}"
        )


class UnknownDecisionError(SkillError):
    """There is no such decision to supersede."""

    def __init__(self, identity: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no decision {identity} to supersede; the architecture has {', '.join(known) or 'none'}")


def with_decision(text: str, document: Document, architecture: Architecture, decision: Decision, supersedes: Sequence[str]) -> str:
    """The text of the document with a decision more, and those that it supersedes marked so.

    Raises:
        UnknownDecisionError: one of those is not there.
        UnwritableDecisionError: lines cannot be added.

    """
    known = {each.id: index for index, each in enumerate(architecture.decisions)}
    for identity in supersedes:
        if identity not in known:
            raise UnknownDecisionError(identity, list(known))
    entry = dump_plain([to_plain(decision)])
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    try:
        indent, end = _end_of_decisions(lines, document)
        added = [f"{indent}{line}" if line.strip() else line for line in entry.splitlines(keepends=True)]
        lines[end:end] = added if architecture.decisions else ["decisions:\n", *added]
        for identity in supersedes:
            _mark(lines, document, known[identity], decision.id)
        written = "".join(lines)
        _demand_same(written, document, architecture, decision, supersedes)
    except (_NoBlockError, SkillError) as error:
        raise UnwritableDecisionError(document.source, entry) from error
    return written


class _NoBlockError(Exception):
    """Not a block sequence."""


def _end_of_decisions(lines: list[str], document: Document) -> tuple[str, int]:
    """How far items are indented, and after which line the last one ends."""
    first = document.places.get("/decisions/0")
    if first is None:
        if "/decisions" in document.places:
            raise _NoBlockError
        return "  ", len(lines)
    head = lines[first.line - 1]
    if head[: first.column - 1].strip() != "-":
        raise _NoBlockError
    indent = head[: head.index("-")]
    for index in range(first.line, len(lines)):
        line = lines[index]
        if re.match(r"[^\s#-]", line) and (not indent or not line.startswith(indent)):
            return indent, index
    return indent, len(lines)


def _mark(lines: list[str], document: Document, index: int, by: str) -> None:
    """Write status and successor into an item; places further down are not needed any more."""
    start, status = document.places[f"/decisions/{index}"], document.places.get(f"/decisions/{index}/status")
    head, item = lines[start.line - 1][: start.column - 1], lines[start.line - 1][start.column - 1 :]
    is_flow = item.startswith("{")
    told = f"supersededBy: {by}, " if is_flow else f"{' ' * len(head)}supersededBy: {by}\n"
    if status is not None:
        row = status.line - 1
        lines[row] = re.sub(r"(status:\s*)[^\s#,}]+", rf"\g<1>{DecisionStatus.SUPERSEDED}", lines[row], count=1)
    else:
        row = document.places[f"/decisions/{index}/id"].line - 1
        new = f"status: {DecisionStatus.SUPERSEDED}"
        told = f"{new}, {told}" if is_flow else f"{' ' * len(head)}{new}\n{told}"
    if is_flow:
        line = lines[start.line - 1]
        lines[start.line - 1] = f"{line[: start.column]}{told}{line[start.column :]}"
    else:
        lines[row] += told


def _demand_same(text: str, document: Document, before: Architecture, decision: Decision, supersedes: Sequence[str]) -> None:
    """Read it again: all that differs must be what was asked for."""
    after, _ = read_architecture(text, source=document.source)
    marked = {"status": DecisionStatus.SUPERSEDED, "superseded_by": decision.id}
    wanted = [each.model_copy(update=marked if each.id in supersedes else {}) for each in before.decisions]
    same = {name: getattr(before, name) for name in Architecture.model_fields if name != "decisions"}
    if list(after.decisions) != [*wanted, decision] or any(getattr(after, name) != value for name, value in same.items()):
        raise _NoBlockError
