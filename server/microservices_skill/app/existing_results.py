"""What the functions of ``app`` answer on what exists: a changed architecture, a monolith, a service of another origin, a client."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.app.results import Conflict


@dataclass(frozen=True)
class Installation:
    """Where a client's settings and its copy of the skill are, and whether they were written; edited files of the skill may conflict."""

    client: str
    settings: str
    skill: str
    written: bool
    is_changed: bool
    conflicts: tuple[str, ...]
    next: str


@dataclass(frozen=True)
class Diagnosis:
    """Something that must be right on this machine, what was found, and how to mend it."""

    name: str
    ok: bool
    found: str
    fix: str


@dataclass(frozen=True)
class TouchedService:
    """A service that a change touches, and why."""

    service: str
    because: tuple[str, ...]


@dataclass(frozen=True)
class ArchitectureChange:
    """What a change of the architecture does: what differs, whom it touches, which service is deployed first.

    ``broken`` is what would break those who rely on the version before. ``decision`` is the id under which it is recorded.
    """

    decision: str
    written: bool
    differences: tuple[str, ...]
    omitted: int
    touched: tuple[TouchedService, ...]
    order: tuple[str, ...]
    broken: tuple[str, ...]
    next: str


@dataclass(frozen=True)
class Departure:
    """A service that leaves a monolith: its value, its risk in points and what ties it.

    ``streamed`` tables are kept in step by scripts; ``unserved`` requests have no operation in the service yet.
    """

    service: str
    value: float
    risk: int
    ties: tuple[str, ...]
    streamed: tuple[str, ...]
    unserved: tuple[str, ...]


@dataclass(frozen=True)
class MigrationPlan:
    """The order in which services leave a monolith, and whether the plan was written below ``root``; not where conflicts are open."""

    root: str
    written: bool
    counts: dict[str, int]
    steps: tuple[Departure, ...]
    conflicts: tuple[Conflict, ...]
    next: str


@dataclass(frozen=True)
class Addition:
    """What was added, or would be, and the steps that take it into use in a service that was not generated.

    ``patch`` holds lines for ``git apply``; empty where they are in place. Where ``conflicts`` are open, nothing is written.
    """

    root: str
    service: str
    capabilities: tuple[str, ...]
    written: bool
    counts: dict[str, int]
    paths: tuple[str, ...]
    conflicts: tuple[str, ...]
    merged: tuple[str, ...]
    diff: str
    install: tuple[str, ...]
    patch: str
    start: str
    next: str
