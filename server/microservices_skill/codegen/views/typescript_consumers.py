"""What the TypeScript templates print of incoming events and of the functions that handle them."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.quoting import ts_sentence, ts_str
from microservices_skill.codegen.views.choreographies import (
    done_by,
    heard_events,
    seen_by,
    undone_by,
    watched_by,
)
from microservices_skill.codegen.views.projections import Projection, events_of
from microservices_skill.codegen.views.shared import (
    class_name,
    creation_of,
    heard_by,
    incoming_values,
    is_older,
    reaction_name,
    said_of,
)
from microservices_skill.codegen.views.typescript_choreographies import (
    Imported,
    PartView,
    WatchView,
    constant,
    doing,
    told,
    undoing,
    watch_view,
)
from microservices_skill.codegen.views.typescript_types import SchemaField, request_field
from microservices_skill.codegen.views.versions import Upcast, older_of, upcasts_of
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.choreography import Reaction
from microservices_skill.model.fields import PayloadField
from microservices_skill.model.messaging import Event
from microservices_skill.model.naming import camel, kebab, snake, title, words
from microservices_skill.model.service import Service, Subscription, SubscriptionAction, ValueType


@dataclass(frozen=True, slots=True)
class NamedSchema:
    """A value type or an incoming event as a zod object."""

    name: str
    comment: str
    source_name: str
    version: int
    fields: tuple[SchemaField, ...]


@dataclass(frozen=True, slots=True)
class DomainName:
    """A domain: its folder, its entity and the name of its service in code."""

    domain: str
    entity: str
    variable: str


@dataclass(frozen=True, slots=True)
class Handler:
    """A function that handles an event for one entity."""

    function: str
    name: str
    event: str
    entity: str
    variable: str
    reaction: str
    comment: str
    is_create: bool
    pairs: tuple[str, ...]
    part: PartView | None


@dataclass(frozen=True, slots=True)
class Entry:
    """An event, the handlers that it calls one after the other, and the views that it feeds."""

    event: str
    watched: tuple[WatchView, ...]
    handlers: tuple[Handler, ...]
    views: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UpcastStep:
    """How a version is read as the next one."""

    older: str
    newer: str
    parameter: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hook:
    """A function that a person writes: what a field is for an older version."""

    function: str
    comment: str
    older: str
    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Consumers:
    """All that a service hears."""

    values: tuple[NamedSchema, ...]
    events: tuple[NamedSchema, ...]
    classes: tuple[NamedSchema, ...]
    upcasts: tuple[UpcastStep, ...]
    hooks: tuple[Hook, ...]
    version_names: str
    hook_names: str
    names: str
    entries: tuple[Entry, ...]
    handlers: tuple[Handler, ...]
    domains: tuple[DomainName, ...]
    creating: tuple[DomainName, ...]
    checks: bool
    watched_sagas: str
    told: tuple[Imported, ...]

    @property
    def needs_inbox(self) -> bool:
        """Whether anything but a view takes them in."""
        return bool(self.handlers or self.watched_sagas)


def domains_of(service: Service, names: set[str]) -> tuple[DomainName, ...]:
    """The domains of some entities, in name order."""
    found = [DomainName(kebab(entity.name), entity.name, camel(entity.name)) for entity in service.entities if entity.name in names]
    return tuple(sorted(found, key=lambda each: each.domain))


def consumers_of(architecture: Architecture, service: Service, projections: tuple[Projection, ...]) -> Consumers:
    """What a service hears, in the order of its subscriptions, and what feeds its views."""
    pairs = heard_by(architecture, service)
    fed = {
        name: tuple(snake(each.view.name).upper() for each in projections if name in events_of((each,))) for name in events_of(projections)
    }
    events, seen = heard_events(architecture, service) | events_of(projections), seen_by(architecture, service)
    handlers = {
        name: tuple(_handler(architecture, source, each, service) for source, each in pairs if source.name == name) for name in events
    }
    flat = tuple(handler for found in handlers.values() for handler in found)
    domains = domains_of(service, {handler.entity for handler in flat})
    creating = {each.entity for _, each in pairs if each.action is SubscriptionAction.CREATE}
    upcasts = upcasts_of(architecture, events)
    newest, older = [events[name] for name in sorted(events)], older_of(upcasts)
    incoming = tuple(_incoming(architecture, each) for each in newest)
    steps = tuple(_step(architecture, each) for each in upcasts)
    hooked = {name for each in upcasts if each.asked for name in (each.older.versioned_name, class_name(architecture, each.newer))}
    return Consumers(
        values=tuple(value_schema(value) for value in incoming_values(architecture, [*newest, *older])),
        events=incoming,
        classes=(*incoming, *(_incoming(architecture, each) for each in older)),
        upcasts=steps,
        hooks=tuple(_hook(architecture, step, field) for step in upcasts for field in step.asked),
        version_names=", ".join(sorted({name for each in steps for name in (each.older, each.newer)})),
        hook_names=", ".join(sorted(hooked)),
        names=", ".join(sorted(events)),
        entries=tuple(
            Entry(name, tuple(map(watch_view, (each for each in seen if each.event.name == name))), handlers[name], fed.get(name, ()))
            for name in sorted(events)
        ),
        handlers=flat,
        domains=domains,
        creating=domains_of(service, creating),
        checks=any(handler.is_create and handler.part is None for handler in flat),
        watched_sagas=", ".join(sorted({constant(each) for each in watched_by(architecture, service)})),
        told=told(architecture, service),
    )


def _incoming(architecture: Architecture, event: Event) -> NamedSchema:
    said = ts_sentence("" if is_older(architecture, event) else event.description, said_of(architecture, event))
    fields = tuple(request_field(field) for field in event.payload)
    return NamedSchema(class_name(architecture, event), said, ts_str(event.name), event.version, fields)


def _step(architecture: Architecture, upcast: Upcast) -> UpcastStep:
    asked = {field.name: f"{field.name}: upcasters.{camel(upcast.hook(field))}(older)" for field in upcast.asked}
    given = {each.field.name: f"{each.field.name}: older.{each.source.name}" for each in upcast.taken} | asked
    return UpcastStep(
        older=upcast.older.versioned_name,
        newer=class_name(architecture, upcast.newer),
        parameter="older" if given else "",
        arguments=tuple(given[field.name] for field in upcast.newer.payload if field.name in given),
    )


def _hook(architecture: Architecture, upcast: Upcast, field: PayloadField) -> Hook:
    older, newer = upcast.older, upcast.newer
    said = f"what {field.name} of {newer.name} version {newer.version} is, for one that was told as version {older.version}"
    return Hook(
        function=camel(upcast.hook(field)),
        comment=ts_sentence("", said[0].upper() + said[1:]),
        older=older.versioned_name,
        type=f"{class_name(architecture, newer)}[{ts_str(field.name)}]",
        message=ts_str(f"say {said}"),
    )


def _handler(architecture: Architecture, event: Event, subscription: Subscription, service: Service) -> Handler:
    entity = service.entity(subscription.entity)
    is_create = subscription.action is SubscriptionAction.CREATE
    reaction = reaction_name(subscription)
    taken = creation_of(event, subscription, entity) if entity is not None and is_create else {}
    pairs = tuple(f"{name}: event.{source}" for name, source in taken.items())
    does, undoes = done_by(architecture, service, subscription), undone_by(architecture, service, subscription)
    about = does or undoes
    of_saga = f", as {about.step.name} of {about.saga.name} asks" if about is not None else ""
    return Handler(
        function=camel(f"{subscription.action}_{subscription.entity}_{reaction}"),
        name=ts_str(f"{'_'.join(words(subscription.entity))}.{reaction}"),
        event=event.name,
        entity=subscription.entity,
        variable=camel(subscription.entity),
        reaction=camel(reaction),
        comment=f"{title(event.name)}: {subscription.action} the {' '.join(words(subscription.entity))}{of_saga}.",
        is_create=is_create,
        pairs=pairs,
        part=_part(subscription, pairs, does, undoes),
    )


def _part(subscription: Subscription, pairs: tuple[str, ...], does: Reaction | None, undoes: Reaction | None) -> PartView | None:
    """What the handler does for a saga."""
    call = f"await this.{camel(subscription.entity)}.{camel(reaction_name(subscription))}"
    if undoes is not None:
        return undoing(undoes, f"{call}(tx, event)")
    if does is None:
        return None
    if subscription.action is not SubscriptionAction.CREATE:
        return doing(does, [f"{call}(tx, event);"])
    data = ["const data = {", *(f"  {pair}," for pair in pairs), "};"]
    return doing(does, [*data, f"{call}(tx, {subscription.entity}Data.parse(data));"])


def value_schema(value: ValueType) -> NamedSchema:
    """A value type as a zod object."""
    fields = tuple(request_field(field) for field in value.fields)
    return NamedSchema(value.name, ts_sentence(value.description, f"{title(value.name)}, a value"), "", 0, fields)
