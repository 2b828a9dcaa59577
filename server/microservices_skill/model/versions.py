"""An event in several versions that live beside each other: what becomes of its fields from one to the next."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from microservices_skill.model.clashes import Fault, renames
from microservices_skill.model.fields import PayloadField
from microservices_skill.model.messaging import Event


def counterpart(field: PayloadField, older: Event) -> PayloadField | None:
    """The field of an older version that becomes ``field``: of the name that it had before, or of its own."""
    return older.field(field.formerly or field.name) or older.field(field.name)


def filled(versions: tuple[Event, ...]) -> tuple[Event, ...]:
    """The same versions, newest first; a field that a newer one renames comes from where the renamed one comes from."""
    found = versions[:1]
    for older in versions[1:]:
        renamed = {field.formerly: field.source or field.name for field in found[-1].payload if field.formerly is not None}
        payload = tuple(_from(field, renamed.get(field.name)) for field in older.payload)
        found += (older.model_copy(update={"payload": payload}),)
    return found


def _from(field: PayloadField, source: str | None) -> PayloadField:
    return field if source is None or field.source is not None else field.model_copy(update={"source": source})


def faults(events: tuple[Event, ...]) -> Iterator[Fault]:
    """A field that is renamed from none, and an older version that has the name of another event in code."""
    names = {event.name for event in events}
    placed = sorted(enumerate(events), key=lambda each: (each[1].name, each[1].version))
    for index, event in placed:
        yield from renames(f"/events/{index}/payload", event.payload)
    for (place, older), (index, newer) in pairwise(placed):
        if older.name != newer.name:
            continue
        for position, field in enumerate(newer.payload):
            if field.formerly is not None and older.field(field.formerly) is None:
                known = ", ".join(each.name for each in older.payload) or "none"
                at = f"/events/{index}/payload/{position}/formerly"
                yield at, f"version {older.version} of {older.name} has no field {field.formerly!r}; it has {known}"
        if older.versioned_name in names:
            said = f"version {older.version} of {older.name} is {older.versioned_name} in code, as another event is; rename that one"
            yield f"/events/{place}/name", said
