"""The incoming events of a service: their classes, and the handlers that each one calls."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.quoting import py_str, sentence
from microservices_skill.codegen.views.choreographies import done_by, heard_events, seen_by, undone_by, watched_by
from microservices_skill.codegen.views.projections import Projection, events_of
from microservices_skill.codegen.views.python_choreographies import (
    Imported,
    PartView,
    WatchView,
    constant,
    doing,
    told,
    undoing,
    watch_view,
)
from microservices_skill.codegen.views.python_types import TypedName, optional, plain_type, request_field
from microservices_skill.codegen.views.shared import (
    class_name,
    creation_of,
    heard_by,
    incoming_values,
    is_older,
    object_names,
    reaction_name,
    said_of,
)
from microservices_skill.codegen.views.versions import Upcast, older_of, upcasts_of
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.choreography import Reaction
from microservices_skill.model.entity import Entity
from microservices_skill.model.fields import PayloadField
from microservices_skill.model.messaging import Event
from microservices_skill.model.naming import snake, title, words
from microservices_skill.model.service import Service, Subscription, SubscriptionAction


@dataclass(frozen=True, slots=True)
class IncomingClass:
    """An event of another service, or a value that it carries."""

    name: str
    docstring: str
    source_name: str
    version: int
    fields: tuple[TypedName, ...]


@dataclass(frozen=True, slots=True)
class Handler:
    """A function that handles an event for one entity."""

    function: str
    name: str
    event: str
    entity: str
    noun: str
    reaction: str
    docstring: str
    is_create: bool
    mapping: str
    part: PartView | None


@dataclass(frozen=True, slots=True)
class Entry:
    """An event, the handlers that it calls one after the other, and the views that it feeds."""

    event: str
    watched: tuple[WatchView, ...]
    handlers: tuple[Handler, ...]
    views: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DomainName:
    """A domain and its entity."""

    domain: str
    entity: str


@dataclass(frozen=True, slots=True)
class UpcastStep:
    """A function that reads a version as the next one."""

    function: str
    docstring: str
    older: str
    newer: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hook:
    """A function that a person writes: what a field is for an older version."""

    function: str
    docstring: str
    older: str
    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Consumers:
    """All that a service hears."""

    values: tuple[IncomingClass, ...]
    events: tuple[IncomingClass, ...]
    classes: tuple[IncomingClass, ...]
    upcasts: tuple[UpcastStep, ...]
    hooks: tuple[Hook, ...]
    version_names: str
    hook_names: str
    names: str
    entries: tuple[Entry, ...]
    handlers: tuple[Handler, ...]
    domains: tuple[DomainName, ...]
    creating: tuple[DomainName, ...]
    has_mapping: bool
    watched_sagas: str
    told: tuple[Imported, ...]


def consumers_of(architecture: Architecture, service: Service, projections: tuple[Projection, ...]) -> Consumers:
    """What a service hears, in the order of its subscriptions, and what feeds its views."""
    pairs = heard_by(architecture, service)
    fed = {
        name: tuple(snake(each.view.name).upper() for each in projections if name in events_of((each,))) for name in events_of(projections)
    }
    events, seen = heard_events(architecture, service) | events_of(projections), seen_by(architecture, service)
    handlers = {
        event: [_handler(architecture, source, each, service) for source, each in pairs if source.name == event] for event in events
    }
    flat = tuple(handler for found in handlers.values() for handler in found)
    upcasts = upcasts_of(architecture, events)
    newest, older = [events[name] for name in sorted(events)], older_of(upcasts)
    incoming = tuple(_incoming(architecture, each) for each in newest)
    hooks = tuple(_hook(step, field) for step in upcasts for field in step.asked)
    steps = tuple(_step(architecture, each) for each in upcasts)
    return Consumers(
        values=_values(architecture, [*newest, *older]),
        events=incoming,
        classes=(*incoming, *(_incoming(architecture, each) for each in older)),
        upcasts=steps,
        hooks=hooks,
        version_names=", ".join(sorted({name for each in steps for name in (each.older, each.newer)})),
        hook_names=", ".join(sorted({each.older for each in hooks} | object_names(field for step in upcasts for field in step.asked))),
        names=", ".join(sorted(events)),
        entries=tuple(
            Entry(
                name,
                tuple(map(watch_view, (each for each in seen if each.event.name == name))),
                tuple(handlers[name]),
                fed.get(name, ()),
            )
            for name in sorted(events)
        ),
        handlers=flat,
        domains=_domains(service, {handler.entity for handler in flat}),
        creating=_domains(service, {handler.entity for handler in flat if handler.is_create}),
        has_mapping=any(handler.is_create for handler in flat),
        watched_sagas=", ".join(sorted({constant(each) for each in watched_by(architecture, service)})),
        told=told(architecture, service),
    )


def _domains(service: Service, names: set[str]) -> tuple[DomainName, ...]:
    return tuple(DomainName(snake(entity.name), entity.name) for entity in service.entities if entity.name in names)


def _incoming(architecture: Architecture, event: Event) -> IncomingClass:
    return IncomingClass(
        name=class_name(architecture, event),
        docstring=sentence("" if is_older(architecture, event) else event.description, said_of(architecture, event)),
        source_name=py_str(event.name),
        version=event.version,
        fields=tuple(request_field(field) for field in event.payload),
    )


def _step(architecture: Architecture, upcast: Upcast) -> UpcastStep:
    older, newer = upcast.older, upcast.newer
    asked = {field.name: f"{field.name}=upcasters.{upcast.hook(field)}(older)" for field in upcast.asked}
    taken = {each.field.name: f"{each.field.name}=older.{each.source.name}" for each in upcast.taken}
    given = taken | asked
    return UpcastStep(
        function=f"upcast_{upcast.name}",
        docstring=f"{title(older.name)}: version {older.version} as version {newer.version} tells it.",
        older=older.versioned_name,
        newer=class_name(architecture, newer),
        arguments=tuple(given[field.name] for field in newer.payload if field.name in given),
    )


def _hook(upcast: Upcast, field: PayloadField) -> Hook:
    older, newer = upcast.older, upcast.newer
    said = f"what {field.name} of {newer.name} version {newer.version} is, for one that was told as version {older.version}"
    return Hook(
        upcast.hook(field),
        sentence("", said[0].upper() + said[1:]),
        older.versioned_name,
        optional(field, plain_type(field)),
        py_str(f"say {said}"),
    )


def _values(architecture: Architecture, events: list[Event]) -> tuple[IncomingClass, ...]:
    """The value types that incoming events carry, from their publishers, inner ones first."""
    return tuple(
        IncomingClass(
            value.name, sentence(value.description, title(value.name)), "", 0, tuple(request_field(field) for field in value.fields)
        )
        for value in incoming_values(architecture, events)
    )


def _handler(architecture: Architecture, event: Event, subscription: Subscription, service: Service) -> Handler:
    entity = service.entity(subscription.entity)
    variable = snake(subscription.entity)
    does, undoes = done_by(architecture, service, subscription), undone_by(architecture, service, subscription)
    about = does or undoes
    of_saga = f", as {about.step.name} of {about.saga.name} asks" if about is not None else ""
    is_create = subscription.action is SubscriptionAction.CREATE
    noun = " ".join(words(subscription.entity))
    return Handler(
        function=f"{subscription.action}_{variable}_on_{snake(event.name)}",
        name=py_str(f"{variable}.{reaction_name(subscription)}"),
        event=event.name,
        entity=subscription.entity,
        noun=noun,
        reaction=reaction_name(subscription),
        docstring=f"{title(event.name)}: {subscription.action} the {noun}{of_saga}.",
        is_create=is_create,
        mapping=_mapping(event, subscription, entity) if entity is not None and is_create else "",
        part=_part(event, subscription, entity, does, undoes) if entity is not None else None,
    )


def _part(event: Event, subscription: Subscription, entity: Entity, does: Reaction | None, undoes: Reaction | None) -> PartView | None:
    """What the handler does for a saga."""
    call = f"await {entity.name}Service(session).{reaction_name(subscription)}"
    if undoes is not None:
        return undoing(undoes, f"{call}(event)")
    if does is None:
        return None
    if subscription.action is not SubscriptionAction.CREATE:
        return doing(does, [f"{call}(event)"])
    data = f"data = _mapped(event, {_mapping(event, subscription, entity)})"
    return doing(does, [data, f"{call}({entity.name}Data.model_validate(data))"])


def _mapping(event: Event, subscription: Subscription, entity: Entity) -> str:
    pairs = creation_of(event, subscription, entity).items()
    return "{" + ", ".join(f"{py_str(name)}: {py_str(source)}" for name, source in pairs) + "}"
