"""How a service reads older versions of events: what of each becomes what of the next, and what a person must say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.fields import PayloadField
from microservices_skill.model.messaging import Event
from microservices_skill.model.naming import snake
from microservices_skill.model.versions import counterpart
from microservices_skill.rules.comparison import value_types
from microservices_skill.rules.shapes import Kind, Record, changes

_REFUSED = (Kind.RETYPED, Kind.NARROWED, Kind.BECAME_REQUIRED)


@dataclass(frozen=True, slots=True)
class Taken:
    """A field of a version, and the field of the version before that it comes from."""

    field: PayloadField
    source: PayloadField


@dataclass(frozen=True, slots=True)
class Upcast:
    """How one version of an event is read as the next; ``older`` has what is read of it."""

    older: Event
    newer: Event
    taken: tuple[Taken, ...]
    asked: tuple[PayloadField, ...]

    @property
    def name(self) -> str:
        """What the step is called, in words."""
        return f"{snake(self.older.name)}_v{self.older.version}"

    def hook(self, field: PayloadField) -> str:
        """What the function is called that a person writes for a field, in words."""
        return f"{snake(self.newer.name)}_v{self.newer.version}_{field.name}"


def upcasts_of(architecture: Architecture, read: Mapping[str, Event]) -> tuple[Upcast, ...]:
    """Each step from an older version to the next, for events as a service reads them: the newest step of an event first."""
    return tuple(step for name in sorted(read) for step in _steps(architecture, read[name]))


def older_of(upcasts: Iterable[Upcast]) -> tuple[Event, ...]:
    """The older versions with what is read of them, oldest first."""
    return tuple(sorted((each.older for each in upcasts), key=lambda event: (event.name, event.version)))


def _steps(architecture: Architecture, newest: Event) -> Iterator[Upcast]:
    newer = newest
    for older in reversed(architecture.events_by_name[newest.name][:-1]):
        step = _step(architecture, older, newer)
        yield step
        newer = step.older


def _step(architecture: Architecture, older: Event, newer: Event) -> Upcast:
    found = {field.name: counterpart(field, older) for field in newer.payload}
    taken = tuple(
        Taken(field, source)
        for field in newer.payload
        if (source := found[field.name]) is not None and _fits(architecture, older, source, newer, field)
    )
    kept = {each.field.name for each in taken}
    asked = tuple(field for field in newer.payload if field.name not in kept and (field.required or found[field.name] is not None))
    sources = {each.source.name for each in taken}
    payload = older.payload if asked else tuple(field for field in older.payload if field.name in sources)
    return Upcast(older.model_copy(update={"payload": payload}), newer, taken, asked)


def _fits(architecture: Architecture, older: Event, source: PayloadField, newer: Event, field: PayloadField) -> bool:
    """Whether every value of the older field is one of the newer."""
    before = Record((source.model_copy(update={"name": field.name}),), value_types(architecture.service(older.publisher)))
    after = Record((field,), value_types(architecture.service(newer.publisher)))
    return not any(change.kind in _REFUSED for change in changes(before, after))
