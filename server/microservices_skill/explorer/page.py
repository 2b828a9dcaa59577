"""What the explorer page shows, as plain values: ``tools/explorer/src/data.ts`` has the same shapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Change(StrEnum):
    """What became of a part since the version before; ``touched`` is what only relies on something that differs."""

    NONE = ""
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    TOUCHED = "touched"


class Link(StrEnum):
    """How one part reaches another: the first is waited for, the next two travel over the broker."""

    CALL = "call"
    EVENT = "event"
    COMMAND = "command"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class OperationItem:
    """An operation of a service; ``access`` is the scope that it asks for, or that anybody may call it."""

    id: str
    method: str
    path: str
    summary: str
    access: str


@dataclass(frozen=True, slots=True)
class EntityItem:
    """What a service keeps: its fields, which of them are sensitive, and the states that it goes through."""

    name: str
    description: str
    fields: tuple[str, ...]
    sensitive: tuple[str, ...]
    states: tuple[str, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Node:
    """A service, store, external system or broker of the map. Figures are those of ``capacity.budgets``."""

    id: str
    kind: str
    name: str
    title: str
    about: str
    team: str = ""
    owners: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    p99: int = 0
    availability: float = 100.0
    composed: int = 0
    operations: tuple[OperationItem, ...] = ()
    entities: tuple[EntityItem, ...] = ()
    change: Change = Change.NONE


@dataclass(frozen=True, slots=True)
class Edge:
    """A link of the map. ``what`` are operations, events or steps; times in milliseconds, 0 where there are none."""

    source: str
    target: str
    kind: Link
    what: tuple[str, ...]
    about: str = ""
    timeout: int = 0
    attempts: int = 1
    patience: int = 0
    is_hard: bool = False
    facts: tuple[tuple[str, str], ...] = ()
    change: Change = Change.NONE


@dataclass(frozen=True, slots=True)
class EventItem:
    """An event: who tells it, who hears it, and what it carries."""

    name: str
    about: str
    publisher: str
    subscribers: tuple[str, ...]
    outside: tuple[str, ...]
    classification: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """One moment of a saga: what happens where, and who asked for it."""

    kind: str
    node: str
    origin: str
    text: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way in which a saga can go."""

    title: str
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class SagaItem:
    """A saga with the ways in which it can go: the one that succeeds, then a failure of each step."""

    name: str
    about: str
    style: str
    coordinator: str
    scenarios: tuple[Scenario, ...]


@dataclass(frozen=True, slots=True)
class FindingItem:
    """What a rule says, and the node that it stands at; none where it is about the whole."""

    rule: str
    severity: str
    node: str
    location: str
    line: int
    message: str
    why: str
    fix: str
    accepted: str


@dataclass(frozen=True, slots=True)
class PathItem:
    """A path of calls with its budget, as ``capacity.budgets`` reckons it."""

    hops: tuple[str, ...]
    latency: float
    availability: float
    meets_latency: bool
    meets_availability: bool


@dataclass(frozen=True, slots=True)
class DifferenceItem:
    """Something that differs from the version before, and the node that it is about."""

    text: str
    kind: str
    node: str


@dataclass(frozen=True, slots=True)
class ImpactItem:
    """A service that the change touches, and why."""

    node: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs from the version before."""

    differences: tuple[DifferenceItem, ...]
    impacts: tuple[ImpactItem, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the page shows."""

    name: str
    title: str
    about: str
    facts: tuple[tuple[str, str], ...]
    wanted_p99: int
    wanted_availability: float
    teams: tuple[tuple[str, str], ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    events: tuple[EventItem, ...] = ()
    sagas: tuple[SagaItem, ...] = ()
    findings: tuple[FindingItem, ...] = ()
    paths: tuple[PathItem, ...] = ()
    comparison: Comparison | None = field(default=None)
