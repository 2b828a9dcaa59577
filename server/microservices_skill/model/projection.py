"""Where each value of a view comes from: an attribute of an entity that some events tell of, and its snapshot can tell again.

An event reaches a view only where its transition has happened. A snapshot sees the entity as it is now, so it must be
plain from the entity's state whether it has: that is worked out here from the lifecycle.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.entity import Entity
from microservices_skill.model.fields import Field, PayloadField
from microservices_skill.model.messaging import Event
from microservices_skill.model.service import Action, Service, SubscriptionAction
from microservices_skill.model.view import SourceAction, View, ViewSource

#: The state of an entity that has no lifecycle.
STATELESS = ""
_COMMON = ("id", "version", "created_at", "updated_at")


@dataclass(frozen=True, slots=True)
class Value:
    """A view's field, or a field of a list's items, with the payload's field and the entity's attribute that fill it."""

    target: str
    payload: str
    attribute: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A source with every default filled in: whose event it is, and what is taken from it."""

    place: int
    source: ViewSource
    event: Event
    publisher: Service
    entity: Entity
    key: str
    key_attribute: str | None
    identity: str | None
    values: tuple[Value, ...]

    @property
    def origin(self) -> tuple[str, str, str | None]:
        """What the facts of one origin share."""
        return self.publisher.name, self.entity.name, self.source.into

    @property
    def deletes(self) -> bool:
        """Whether it takes away."""
        return self.source.action is SourceAction.DELETE


@dataclass(frozen=True, slots=True)
class Told:
    """A value as a snapshot tells it; ``states`` are those in which it has been told, None for every state."""

    target: str
    attribute: str
    states: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Origin:
    """An entity of a service that fills a part of a view: its events, and how its snapshot is read."""

    publisher: Service
    entity: Entity
    into: str | None
    facts: tuple[Fact, ...]
    key_attribute: str
    values: tuple[Told, ...]
    gone: tuple[str, ...]
    """The states in which it has been deleted from the view."""

    reading: wire.Operation | None
    """The operation that lists it, where the view's service may call one."""

    @property
    def is_root(self) -> bool:
        """Whether the view's key is its id."""
        return self.into is None and self.key_attribute == "id"


def facts_of(architecture: Architecture, reader: Service, view: View) -> tuple[Fact, ...]:
    """The sources of a view whose names all resolve, in the model's order."""
    found = (_fact(architecture, reader, view, place, source) for place, source in enumerate(view.sources))
    return tuple(fact for fact in found if fact is not None)


def origins_of(architecture: Architecture, reader: Service, view: View) -> tuple[Origin, ...]:
    """The entities that a view is made of, in the order of its sources."""
    grouped: dict[tuple[str, str, str | None], list[Fact]] = {}
    for fact in facts_of(architecture, reader, view):
        grouped.setdefault(fact.origin, []).append(fact)
    return tuple(_origin(reader, tuple(facts)) for facts in grouped.values())


def entities_telling(publisher: Service, event: str) -> tuple[Entity, ...]:
    """The entities whose changes publish an event."""
    return tuple(entity for entity in publisher.entities if any(event in published for published in _publishing(publisher, entity)))


def attribute_of(field: PayloadField, entity: Entity) -> str | None:
    """The attribute of the entity that fills a payload's field."""
    name = field.source or field.name
    state = wire.state_field(entity)
    if name in _COMMON or entity.field(name) is not None or (state is not None and state.name == name):
        return name
    return "id" if name == entity.reference else None


def item_fields(reader: Service, view: View, name: str) -> tuple[Field, ...]:
    """The fields of the items of a list of objects; none where it is no such list."""
    field = view.field(name)
    value = reader.value_type(field.items.object) if field is not None and field.items is not None and field.items.object else None
    return value.fields if value is not None else ()


def has_happened(publisher: Service, entity: Entity, events: frozenset[str]) -> dict[str, frozenset[bool]]:
    """For each state that the entity can be in: whether one of the events has been told of it, or may or may not have."""
    lifecycle = entity.lifecycle
    initial = lifecycle.initial if lifecycle is not None else STATELESS
    reached = {(initial, bool(events & set(published))) for published in _creations(publisher, entity)} or {(initial, False)}
    frontier = set(reached)
    while frontier:
        frontier = {step for state, told in frontier for step in _steps(publisher, entity, events, state, told=told)} - reached
        reached |= frontier
    return {state: frozenset(told for of, told in reached if of == state) for state, _ in sorted(reached)}


def _fact(architecture: Architecture, reader: Service, view: View, place: int, source: ViewSource) -> Fact | None:
    event = architecture.event(source.event)
    publisher = architecture.service(event.publisher) if event is not None else None
    if event is None or publisher is None:
        return None
    entities = entities_telling(publisher, event.name)
    if len(entities) != 1:
        return None
    entity, key = entities[0], source.key or view.key
    held = event.field(key)
    return Fact(
        place=place,
        source=source,
        event=event,
        publisher=publisher,
        entity=entity,
        key=key,
        key_attribute=attribute_of(held, entity) if held is not None else None,
        identity=next((field.name for field in event.payload if attribute_of(field, entity) == "id"), None),
        values=tuple(_values(reader, view, source, event, entity)),
    )


def _values(reader: Service, view: View, source: ViewSource, event: Event, entity: Entity) -> Iterator[Value]:
    if source.action is SourceAction.DELETE:
        return
    pairs = [(each.field, each.source) for each in source.set]
    if not pairs:
        offered = view.fields if source.into is None else item_fields(reader, view, source.into)
        pairs = [(field.name, field.name) for field in offered if field.name not in view.lists and event.field(field.name) is not None]
    for target, name in pairs:
        field = event.field(name)
        attribute = attribute_of(field, entity) if field is not None else None
        if attribute is not None:
            yield Value(target, name, attribute)


def _origin(reader: Service, facts: tuple[Fact, ...]) -> Origin:
    first = facts[0]
    publisher, entity = first.publisher, first.entity
    deleting = frozenset(fact.event.name for fact in facts if fact.deletes)
    attributes = {value.target: value.attribute for fact in facts for value in fact.values}
    told = tuple(Told(target, attribute, _states(publisher, entity, _telling(facts, target))) for target, attribute in attributes.items())
    called = {name for dependency in reader.dependencies if dependency.to == publisher.name for name in dependency.operations}
    listing = (each for each in wire.operations(publisher) if each.action is Action.LIST and each.entity.name == entity.name)
    return Origin(
        publisher=publisher,
        entity=entity,
        into=first.source.into,
        facts=facts,
        key_attribute=first.key_attribute or "id",
        values=told,
        gone=tuple(state for state, flags in has_happened(publisher, entity, deleting).items() if True in flags and entity.lifecycle),
        reading=next((each for each in listing if each.id in called), None),
    )


def telling_events(origin: Origin, target: str) -> frozenset[str]:
    """The events that fill a value of an origin."""
    return _telling(origin.facts, target)


def _telling(facts: tuple[Fact, ...], target: str) -> frozenset[str]:
    return frozenset(fact.event.name for fact in facts for value in fact.values if value.target == target)


def _states(publisher: Service, entity: Entity, events: frozenset[str]) -> tuple[str, ...] | None:
    flags = has_happened(publisher, entity, events)
    if all(each == {True} for each in flags.values()):
        return None
    return tuple(state for state, each in flags.items() if True in each)


def _publishing(publisher: Service, entity: Entity) -> Iterator[tuple[str, ...]]:
    yield from (endpoint.publishes for endpoint in publisher.endpoints if endpoint.entity == entity.name)
    yield from (each.publishes for each in publisher.subscriptions if each.entity == entity.name)
    if entity.lifecycle is not None:
        yield from (transition.publishes for transition in entity.lifecycle.transitions)


def _creations(publisher: Service, entity: Entity) -> Iterator[tuple[str, ...]]:
    endpoints = (each for each in publisher.endpoints if each.entity == entity.name)
    yield from (each.publishes for each in endpoints if each.action is Action.CREATE)
    reactions = (each for each in publisher.subscriptions if each.entity == entity.name)
    yield from (each.publishes for each in reactions if each.action is SubscriptionAction.CREATE)


def _updates(publisher: Service, entity: Entity) -> Iterator[tuple[str, ...]]:
    endpoints = (each for each in publisher.endpoints if each.entity == entity.name)
    yield from (each.publishes for each in endpoints if each.action is Action.UPDATE)
    reactions = (each for each in publisher.subscriptions if each.entity == entity.name)
    yield from (each.publishes for each in reactions if each.action is SubscriptionAction.UPDATE)


def _steps(publisher: Service, entity: Entity, events: frozenset[str], state: str, *, told: bool) -> Iterator[tuple[str, bool]]:
    for published in _updates(publisher, entity):
        yield state, told or bool(events & set(published))
    if entity.lifecycle is not None:
        for transition in entity.lifecycle.transitions:
            if state in transition.sources:
                yield transition.to, told or bool(events & set(transition.publishes))
