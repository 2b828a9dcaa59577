"""A change of an architecture that was accepted: what differs, whom it touches and why, and the decision that records it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from microservices_skill.errors import SkillError
from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.dumping import to_plain
from microservices_skill.model.messaging import Event
from microservices_skill.model.service import Service
from microservices_skill.model.system import Decision

Plain = Any
"""JSON-like data."""

_NAMING = ("name", "operation", "event", "to", "id", "field", "rule")
_KINDS = {
    "services": "service",
    "entities": "entity",
    "fields": "field",
    "payload": "field",
    "endpoints": "endpoint",
    "dependencies": "call to",
    "subscriptions": "subscription to",
    "transitions": "transition",
    "valueTypes": "value type",
    "views": "view",
    "compositions": "composition",
    "events": "event",
    "sagas": "saga",
    "steps": "step",
    "stores": "store",
    "teams": "team",
    "externals": "external system",
}
_MARKS = frozenset({"formerly"})
_LEFT_OUT = frozenset({"decisions", "acceptedRisks"})
_LISTED = 20
_LINE = 200


class Kind(StrEnum):
    """What happened to a part of the document."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    CHANGED = "changed"


class UnusableDecisionError(SkillError):
    """A title or a reason that can't stand in a document."""

    def __init__(self, error: ValidationError) -> None:
        names = {"title": "title", "choice": "why"}
        said = {str(each["loc"][0]): each["msg"].removeprefix("Value error, ") for each in error.errors()}
        super().__init__("; ".join(f"{names.get(field, field)}: {what}" for field, what in said.items()))


@dataclass(frozen=True)
class Difference:
    """A part of the document that differs: its place by names, such as ``services/order/entities/PurchaseOrder``."""

    where: str
    kind: Kind
    was: str = ""
    now: str = ""

    def __str__(self) -> str:
        """In one line."""
        return self.said(self.where)

    def said(self, where: str) -> str:
        """In one line, of a place that may be nearer."""
        match self.kind:
            case Kind.RENAMED:
                return f"{in_words(where)} was {self.was}"
            case Kind.CHANGED:
                return f"{in_words(where)}: {self.was or 'nothing'} becomes {self.now or 'nothing'}"
            case _:
                return f"{in_words(where)} is {self.kind}"


@dataclass(frozen=True)
class Impact:
    """A service that a change touches, and why."""

    service: str
    because: tuple[str, ...]


def in_words(where: str) -> str:
    """``services/order/entities/PurchaseOrder`` as "entity PurchaseOrder of service order"."""
    found: list[str] = []
    parts = where.split("/")
    while parts:
        if parts[0] in _KINDS and len(parts) > 1:
            found.append(f"{_KINDS[parts[0]]} {parts[1]}")
            parts = parts[2:]
        else:
            found.append(" ".join(parts))
            parts = []
    return " of ".join(reversed(found))


def differences(old: Architecture, new: Architecture) -> tuple[Difference, ...]:
    """What differs, in the order of the document; decisions and accepted risks, which are about it, are left out."""
    before, after = ({key: value for key, value in to_plain(each).items() if key not in _LEFT_OUT} for each in (old, new))
    return tuple(_mappings("", before, after))


def impacts(old: Architecture, new: Architecture, found: Sequence[Difference]) -> tuple[Impact, ...]:
    """The services that a change touches, in the order of the new document; those that go come last."""
    names = [*(each.name for each in new.services), *(each.name for each in old.services if new.service(each.name) is None)]
    touched = ((name, tuple(dict.fromkeys(_touching(old, new, found, name)))) for name in names)
    return tuple(Impact(name, because) for name, because in touched if because)


def record(identity: str, title: str, why: str, found: Sequence[Difference], touched: Sequence[Impact], order: Sequence[str]) -> Decision:
    """The decision of a change.

    Raises:
        UnusableDecisionError: title or reason can't stand in a document.

    """
    shown = [str(each) for each in found[:_LISTED]]
    more = [f"and {len(found) - _LISTED} more"] if len(found) > _LISTED else []
    lines = (*(f"{each.service}: {'; '.join(each.because)}" for each in touched), *order)
    try:
        return Decision(
            id=identity,
            title=title,
            context=f"The architecture was accepted before. {'; '.join([*shown, *more])}."[:4000],
            choice=why or title,
            consequences=tuple(line if len(line) <= _LINE else f"{line[: _LINE - 1]}…" for line in lines),
        )
    except ValidationError as error:
        raise UnusableDecisionError(error) from error


def next_id(architecture: Architecture) -> str:
    """The id that the next decision gets; ADR-001 is always taken, as it is derived where the model has none."""
    return f"ADR-{max([1, *(int(each.id[4:]) for each in architecture.decisions)]) + 1:03}"


def _mappings(at: str, old: dict[str, Plain], new: dict[str, Plain]) -> Iterator[Difference]:
    for key in dict.fromkeys((*new, *old)):
        if key not in _MARKS:
            yield from _values(f"{at}/{key}" if at else key, old.get(key), new.get(key))


def _values(at: str, old: Plain, new: Plain) -> Iterator[Difference]:
    if old == new:
        return
    if _is_named(old) or _is_named(new):
        yield from _lists(at, old or [], new or [])
    elif isinstance(old, dict) and isinstance(new, dict):
        yield from _mappings(at, old, new)
    else:
        yield Difference(at, Kind.CHANGED, _short(old), _short(new))


def _lists(at: str, old: list[dict[str, Plain]], new: list[dict[str, Plain]]) -> Iterator[Difference]:
    before, after = ({_name(each): each for each in found} for found in (old, new))
    former = {name: each["formerly"] for name, each in after.items() if each.get("formerly") in before and each["formerly"] not in after}
    for name, each in after.items():
        where = f"{at}/{name}"
        if name in former:
            yield Difference(where, Kind.RENAMED, was=former[name])
            yield from _mappings(where, before[former[name]] | {"name": each.get("name")}, each)
        elif name in before:
            yield from _mappings(where, before[name], each)
        else:
            yield Difference(where, Kind.ADDED)
    for name in before:
        if name not in after and name not in former.values():
            yield Difference(f"{at}/{name}", Kind.REMOVED)


def _is_named(value: Plain) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) and _name(each) for each in value)


def _name(value: dict[str, Plain]) -> str:
    name = next((str(value[key]) for key in _NAMING if key in value), "")
    return f"{name} v{value['version']}" if name and "publisher" in value and value.get("version", 1) != 1 else name


def _short(value: Plain) -> str:
    if isinstance(value, list):
        text = ", ".join(map(_short, value))
    elif isinstance(value, dict):
        text = ", ".join(f"{key} {_short(inner)}" for key, inner in value.items())
    else:
        text = "" if value is None else str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _touching(old: Architecture, new: Architecture, found: Sequence[Difference], name: str) -> Iterator[str]:
    service = new.service(name) or old.service(name)
    assert service is not None
    for each in found:
        area, _, rest = each.where.partition("/")
        thing, _, detail = rest.partition("/")
        match area:
            case "services" if thing == name:
                yield each.said(detail) if detail else f"is {each.kind}"
            case "services":
                yield from _called(service, new.service(thing) or old.service(thing), each)
            case "events":
                yield from _told(service, thing.partition(" ")[0], each, new.events_by_name | old.events_by_name)
            case "sagas":
                yield from _in_saga(old, new, name, thing)
            case "stores" if thing in service.stores:
                yield f"keeps its data in {thing}, which is {each.kind}"
            case "system" | "externals" if each.where.startswith("system/platform") or _uses(service, thing):
                yield f"stands on {rest}, which is {each.kind}"


def _called(service: Service, callee: Service | None, difference: Difference) -> Iterator[str]:
    """Calls whose operation, or the entity that it answers, differs."""
    if callee is None:
        return
    parts = difference.where.split("/")
    for dependency in (each for each in service.dependencies if each.to == callee.name):
        for operation in wire.operations(callee):
            is_meant = parts[2:4] in (["endpoints", operation.id], ["entities", operation.entity.name]) or len(parts) == 2
            if operation.id in dependency.operations and is_meant:
                yield f"calls {operation.id} of {callee.name}, which is {difference.kind}"


def _told(service: Service, event: str, difference: Difference, known: Mapping[str, Sequence[Event]]) -> Iterator[str]:
    hears = {each.event for each in service.subscriptions} | {source.event for view in service.views for source in view.sources}
    if event in hears:
        yield f"hears {event}, which is {difference.kind}"
    if any(each.publisher == service.name for each in known.get(event, ())):
        yield f"tells {event}, which is {difference.kind}"


def _in_saga(old: Architecture, new: Architecture, name: str, saga: str) -> Iterator[str]:
    for architecture in (new, old):
        for each in architecture.sagas:
            if each.name == saga and name in (each.coordinator, *(step.service for step in each.steps)):
                yield f"takes part in {saga}, which differs"


def _uses(service: Service, external: str) -> bool:
    return any(dependency.to == external for dependency in service.dependencies)
