"""Requests that cannot be carried out. A flaw in the user's design is a finding, not an error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class SkillError(Exception):
    """Base of every refusal: its message says where, what, and what to do."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a document: where it is, what it is, and how to mend it."""

    pointer: str
    message: str
    line: int | None = None
    column: int | None = None

    def render(self, source: str) -> str:
        """``architecture.yaml:12:5 /services/0/name: …``."""
        place = source if self.line is None else f"{source}:{self.line}:{self.column or 1}"
        return f"{place} {self.pointer or '/'}: {self.message}"


class DocumentError(SkillError):
    """A document cannot be read: every fault that was found, with its line."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        shown = [problem.render(source) for problem in self.problems[:50]]
        if len(self.problems) > len(shown):
            shown.append(f"… and {len(self.problems) - len(shown)} more")
        super().__init__("\n".join(shown))
