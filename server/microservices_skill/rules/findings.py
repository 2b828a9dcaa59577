"""What a rule says: a violation at a place, and the finding that it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters: an error stops generation."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Violation:
    """Where a rule is broken and how, in the words of this architecture; ``severity`` where it is milder than the rule's."""

    location: str
    message: str
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A flaw of the design: which rule, where, what, why it matters and how to mend it."""

    rule: str
    severity: Severity
    location: str
    message: str
    why: str
    fix: str
    accepted: str | None = None
