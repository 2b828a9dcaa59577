"""Two things must not share a name: neither in the document nor in the code of any language that is made from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from microservices_skill.model import wire
from microservices_skill.model.entity import Entity
from microservices_skill.model.naming import pascal
from microservices_skill.model.service import Service

Fault = tuple[str, str]
"""A JSON pointer and what is wrong there."""

_MADE_OF_ENTITIES = ("Controller", "Data", "Event", "Module", "Repository", "Rules", "Service", "ServiceDep", "Transition", "Values")


def unique(at: str, names: Iterable[str], *, what: str = "name") -> Iterator[Fault]:
    """A fault for each name that comes a second time."""
    seen: dict[str, int] = {}
    for index, name in enumerate(names):
        if name in seen:
            yield f"{at}/{index}", f"{what} {name!r} is already used at {at}/{seen[name]}; rename or remove one"
        else:
            seen[name] = index


class Renamed(Protocol):
    """What has a name now and may have had another one before."""

    @property
    def name(self) -> str:
        """The name now."""

    @property
    def formerly(self) -> str | None:
        """The name before, as long as that matters."""


def renames(at: str, things: Sequence[Renamed]) -> Iterator[Fault]:
    """A fault for each former name that is still in use, or that two things claim."""
    names = {each.name for each in things}
    seen: dict[str, int] = {}
    for index, each in enumerate(things):
        if each.formerly is None:
            continue
        here = f"{at}/{index}/formerly"
        if each.formerly in names:
            yield here, f"{each.formerly!r} is still the name of one; formerly is the name that {each.name!r} had before, or is left out"
        elif each.formerly in seen:
            yield here, f"{each.formerly!r} is also the former name at {at}/{seen[each.formerly]}; one thing keeps it"
        seen[each.formerly] = index


def names_in_code(at: str, service: Service, events: Iterable[str]) -> Iterator[Fault]:
    """A fault for each name that two things of a service would have in its contract or its code."""
    seen: dict[str, str] = {}
    for name, purpose in wire.component_names(service):
        if name in seen and seen[name] != purpose:
            yield at, f"the API would name both {seen[name]} and {purpose} {name!r}; rename one of them"
        seen[name] = purpose
    made = {name: f"entity {entity.name}" for entity in service.entities for name in _class_names(entity)}
    made |= {name: f"view {view.name}" for view in service.views for name in (view.name, f"{view.name}Values")}
    made |= {f"{view.name}{pascal(name)}Item": f"view {view.name}" for view in service.views for name in view.lists}
    made |= {f"{each.name}Response": f"composition {each.name}" for each in service.compositions}
    given = [(f"{at}/valueTypes/{index}", value.name) for index, value in enumerate(service.value_types)]
    given += [(f"{at}/entities/{index}", entity.name) for index, entity in enumerate(service.entities) if service.view(entity.name)]
    for where, name in [*given, *((at, event) for event in events)]:
        if name in made:
            yield where, f"{name!r} is also the name of a class that is made for {made[name]}; choose another name"


def _class_names(entity: Entity) -> Iterator[str]:
    yield entity.name
    yield from (f"{entity.name}{suffix}" for suffix in _MADE_OF_ENTITIES)
    if entity.is_event_sourced:
        yield f"{entity.name}Snapshot"
    if entity.lifecycle is not None:
        yield f"{entity.name}{pascal(entity.lifecycle.field)}"
