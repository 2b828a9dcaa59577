"""What the functions of ``app`` answer: small, structured, and the same for people and programs.

They have no slots: the MCP SDK takes a slot for a field's default.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FindingSummary:
    """A flaw in the design: where it stands, why it matters and how to mend it."""

    rule: str
    severity: str
    location: str
    line: int
    message: str
    why: str
    fix: str
    accepted: bool


@dataclass(frozen=True)
class Validation:
    """What the rules say: counts by severity and the findings, worst first."""

    ok: bool
    source: str
    counts: dict[str, int]
    findings: tuple[FindingSummary, ...]
    omitted: int = 0


@dataclass(frozen=True)
class QuestionSummary:
    """A question of the discovery: what is asked, why, and the keys that an answer takes."""

    id: str
    section: str
    question: str
    why: str
    required: bool
    answered: bool
    keys: tuple[str, ...]
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Questionnaire:
    """Where the discovery stands; ``next`` says what to do."""

    status: str
    path: str
    written: bool
    missing: tuple[str, ...]
    questions: tuple[QuestionSummary, ...]
    next: str


@dataclass(frozen=True)
class Reason:
    """A choice, why it was made, and the answer that led to it."""

    choice: str
    because: str
    answer: str


@dataclass(frozen=True)
class ProposalSummary:
    """A proposed architecture: its shape, its reasons and what the rules say to it."""

    path: str
    written: bool
    style: str
    services: tuple[str, ...]
    events: int
    sagas: tuple[str, ...]
    reasons: tuple[Reason, ...]
    counts: dict[str, int]
    next: str


@dataclass(frozen=True)
class Conflict:
    """A file that a person and the generator both want: why, and the person's lines that are in dispute."""

    path: str
    why: str
    lines: str = ""


@dataclass(frozen=True)
class Writing:
    """What was written, or would be: counts by kind, and paths below ``root``, many of them by folder.

    Where ``conflicts`` are open, nothing is written. ``kept`` are files with a person's edits that stay as they are,
    ``merged`` those that the generator changed too, ``moved`` says ``old -> new``. ``deleted`` were deleted by a person
    and stay so. ``diff`` is there where it was asked for. ``migrations`` are new;
    ``pending`` is what databases keep for the version before until it may go.
    """

    root: str
    written: bool
    counts: dict[str, int]
    paths: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    kept: tuple[str, ...]
    next: str
    merged: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    orphans: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    diff: str = ""
    migrations: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()


@dataclass(frozen=True)
class RuleSummary:
    """A rule of the catalogue."""

    id: str
    severity: str
    summary: str
    why: str
    fix: str
    source: str


@dataclass(frozen=True)
class StoryLine:
    """What happened at one moment in one service; ``details`` are what its log record says beside."""

    offset_s: float
    at: str
    service: str
    event: str
    level: str
    trace_id: str
    details: dict[str, Any]


@dataclass(frozen=True)
class Story:
    """All that happened to an entity, a request or a trace, in the order of time."""

    id: str
    services: tuple[str, ...]
    traces: tuple[str, ...]
    lines: tuple[StoryLine, ...]


@dataclass(frozen=True)
class CheckResult:
    """Something that must hold after faults, and what was found."""

    name: str
    holds: bool
    found: str


@dataclass(frozen=True)
class FaultRecord:
    """A fault: when it began, in seconds from the first request, and how long it lasted."""

    at_s: float
    kind: str
    target: str
    seconds: float


@dataclass(frozen=True)
class ChaosReport:
    """What was done to a system, and whether it lost or doubled anything. Latencies in milliseconds, retries included."""

    ok: bool
    system: str
    seed: int
    requests: int
    repeated_requests: int
    latency_p50: float
    latency_p99: float
    faults: dict[str, int]
    events: int
    repeated_events: int
    reordered_events: int
    dead_letters: tuple[str, ...]
    load_s: float
    recovery_s: float
    checks: tuple[CheckResult, ...]
    history: tuple[FaultRecord, ...]


@dataclass(frozen=True)
class HardeningItem:
    """An item of the hardening checklist, and what is wrong; nothing where it holds, or where ``unseen`` says that nothing was there."""

    id: str
    what: str
    faults: tuple[str, ...]
    unseen: str = ""


@dataclass(frozen=True)
class Hardening:
    """The whole checklist, gone through."""

    ok: bool
    items: tuple[HardeningItem, ...]


@dataclass(frozen=True)
class Exploration:
    """Where the page is and what it shows."""

    path: str
    written: bool
    size: int
    services: int
    findings: dict[str, int]
    differences: int
    next: str
