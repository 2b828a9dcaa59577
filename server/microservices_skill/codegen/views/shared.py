"""What the views of every language derive from the model in the same way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from microservices_skill.codegen.errors import UnderivableError
from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.collaboration import as_read
from microservices_skill.model.dependency import Dependency
from microservices_skill.model.entity import Entity
from microservices_skill.model.fields import Field, PayloadField, Shape
from microservices_skill.model.messaging import Event
from microservices_skill.model.naming import snake, title
from microservices_skill.model.service import Service, Subscription, SubscriptionAction, ValueType

DEFAULT_TIMEOUT_MS = 2000
DEFAULT_BACKOFF_MS = 100
DEFAULT_RESET_MS = 10_000
DEFAULT_CONCURRENCY = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How a dependency is called, with every default filled in."""

    timeout_ms: int
    attempts: int
    backoff_ms: int
    breaker_failures: int | None
    breaker_reset_ms: int
    concurrency: int


def limits_of(dependency: Dependency) -> Limits:
    """The limits of a dependency."""
    breaker, retries = dependency.circuit_breaker, dependency.retries
    return Limits(
        timeout_ms=int(dependency.timeout or DEFAULT_TIMEOUT_MS),
        attempts=retries.attempts if retries else 1,
        backoff_ms=int(retries.backoff if retries else DEFAULT_BACKOFF_MS),
        breaker_failures=breaker.failures if breaker else None,
        breaker_reset_ms=int(breaker.reset if breaker else DEFAULT_RESET_MS),
        concurrency=dependency.bulkhead or DEFAULT_CONCURRENCY,
    )


def object_name(shape: Shape) -> str | None:
    """The value type that a shape holds, itself or in a list."""
    return shape.object or (shape.items.object if shape.items is not None else None)


def object_names(fields: Iterable[Field]) -> set[str]:
    """The value types that some fields hold."""
    return {name for field in fields if (name := object_name(field)) is not None}


def publishers(service: Service, entity: Entity) -> set[str]:
    """The events that an entity's endpoints, transitions and reactions publish."""
    return set(service.events_of(entity))


def published_events(architecture: Architecture, service: Service, entity: Entity) -> tuple[Event, ...]:
    """The events that tell of an entity, in name order."""
    names = publishers(service, entity)
    return tuple(event for event in architecture.published_by(service.name) if event.name in names)


def told_versions(architecture: Architecture, service: Service, entity: Entity) -> tuple[Event, ...]:
    """The same in every version that lives, oldest first, each with where its values come from."""
    names = [event.name for event in published_events(architecture, service, entity)]
    return tuple(event for name in names for event in reversed(architecture.versions(name)))


def is_older(architecture: Architecture, event: Event) -> bool:
    """Whether a newer version of an event lives beside this one."""
    newest = architecture.event(event.name)
    return newest is not None and newest.version > event.version


def said_of(architecture: Architecture, event: Event) -> str:
    """What is said of an event that has no description, or is only there for those who do not read a newer version yet."""
    return f"{title(event.name)}, as version {event.version} tells it" if is_older(architecture, event) else title(event.name)


def class_name(architecture: Architecture, event: Event) -> str:
    """What a version of an event is called in code: the newest has the name alone."""
    return event.versioned_name if is_older(architecture, event) else event.name


def identity_field(event: Event, entity: Entity) -> str | None:
    """The payload field that orders an event: the one that the model names, or the entity's id."""
    return event.ordering_key or next((field.name for field in event.payload if source_of(event, field, entity) == "id"), None)


def source_of(event: Event, field: PayloadField, entity: Entity) -> str:
    """The attribute of the entity that a payload field is taken from.

    Raises:
        UnderivableError: the entity has nothing of that name.
    """
    name = field.source or field.name
    known = {"id", "version", "created_at", "updated_at"} | {each.name for each in entity.fields}
    state = wire.state_field(entity)
    if state is not None:
        known.add(state.name)
    if name in known:
        return name
    if name == entity.reference:
        return "id"
    raise UnderivableError(f"event {event.name}, field {field.name}", f"{entity.name} has no {name!r}; set source to one of its fields")


def match_of(event: Event, subscription: Subscription, entity: Entity) -> tuple[str, str]:
    """How a reaction finds its entity: the entity's field, and the payload's field that it equals.

    Raises:
        UnderivableError: the payload has no such field.
    """
    field, source = ("id", entity.reference) if subscription.match is None else (subscription.match.field, subscription.match.source)
    if event.field(source) is None:
        raise UnderivableError(f"subscription to {event.name}", f"its payload has no {source!r} to find a {entity.name} by; set match")
    return field, source


def creation_of(event: Event, subscription: Subscription, entity: Entity) -> dict[str, str]:
    """From which payload field each field of an entity comes that an event creates."""
    explicit = {mapping.field: mapping.source for mapping in subscription.set}
    found = {field.name: explicit.get(field.name) or (field.name if event.field(field.name) is not None else "") for field in entity.fields}
    return {name: source for name, source in found.items() if source}


def reaction_name(subscription: Subscription) -> str:
    """The name of the function that an event calls."""
    return f"on_{snake(subscription.event)}"


def heard_by(architecture: Architecture, service: Service) -> list[tuple[Event, Subscription]]:
    """What a service subscribes to, in its own order, each event with what the service reads of it."""
    return [
        (as_read(architecture, service, event), each)
        for each in service.subscriptions
        if (event := architecture.event(each.event)) is not None
    ]


def is_created_by_event(service: Service, entity: Entity) -> bool:
    """Whether some event makes such an entity."""
    return any(each.action is SubscriptionAction.CREATE and each.entity == entity.name for each in service.subscriptions)


def incoming_names(service: Service, entity: Entity) -> list[str]:
    """The events that change an existing entity."""
    changing = (each for each in service.subscriptions if each.entity == entity.name and each.action is not SubscriptionAction.CREATE)
    return sorted({each.event for each in changing})


def incoming_values(architecture: Architecture, events: Iterable[Event]) -> tuple[ValueType, ...]:
    """The value types that incoming events carry, from their publishers, inner ones first."""
    found: dict[str, ValueType] = {}
    for event in events:
        publisher = architecture.service(event.publisher)
        for field in event.payload:
            name = object_name(field)
            if publisher is not None and name is not None:
                _collect(publisher, name, found)
    return tuple(found.values())


def _collect(publisher: Service, name: str, found: dict[str, ValueType]) -> None:
    value = publisher.value_type(name)
    if value is None or name in found:
        return
    for inner in sorted(object_names(value.fields)):
        _collect(publisher, inner, found)
    found[name] = value


def ordered_values(values: Iterable[ValueType]) -> list[ValueType]:
    """Value types such that each stands after those that it holds, as far as names allow in name order."""
    waiting = {value.name: value for value in sorted(values, key=lambda value: value.name)}
    done: list[ValueType] = []
    while waiting:
        ready = [value for value in waiting.values() if not object_names(value.fields) & set(waiting)]
        done += [waiting.pop(value.name) for value in ready or list(waiting.values())]
    return done


def ordered_entities(service: Service) -> list[Entity]:
    """Entities such that each stands after those that it refers to (as far as references are not circular)."""
    waiting = {entity.name: entity for entity in service.entities}
    done: list[Entity] = []
    while waiting:
        ready = [entity for entity in waiting.values() if not (references_of(entity) - {entity.name}) & set(waiting)]
        done += [waiting.pop(entity.name) for entity in ready or list(waiting.values())]
    return done


def references_of(entity: Entity) -> set[str]:
    """The entities that an entity refers to."""
    return {field.references for field in entity.fields if field.references is not None}


def sensitive_fields(service: Service) -> list[str]:
    """The names of fields whose values stay out of logs."""
    groups = (
        [entity.fields for entity in service.entities]
        + [view.fields for view in service.views]
        + [value.fields for value in service.value_types]
    )
    return sorted({field.name for fields in groups for field in fields if field.classification.is_sensitive})


def routing(architecture: Architecture, service: Service) -> dict[str, list[str]]:
    """The queues that this service fills (of its events' subscribers) or drains (its own): subscriber to event types.

    Of an event that lives in several versions, they get the one that every instance of the subscriber surely reads.
    """
    found: dict[str, set[str]] = {}
    for event in architecture.published_by(service.name):
        for subscriber in architecture.subscribers(event.name):
            found.setdefault(subscriber, set()).add(_oldest_type(architecture, event.name))
    newer = set(newer_types(architecture, service))
    for name in _heard(architecture, service):
        found.setdefault(service.name, set()).update(each for each in event_types(architecture, name) if each not in newer)
    for message in architecture.saga_messages:
        if service.name in (message.event.publisher, message.receiver):
            found.setdefault(message.receiver, set()).add(event_type(architecture, message.event.name))
    return {name: sorted(found[name]) for name in sorted(found)}


def newer_types(architecture: Architecture, service: Service) -> list[str]:
    """The types that a service reads, but an instance of the version before that shares its queue may not know yet."""
    told = (event for name in _heard(architecture, service) for event in architecture.versions(name)[:-1])
    return sorted(f"{architecture.system.name}.{event.name}.v{event.version}" for event in told)


def retired_types(architecture: Architecture, service: Service) -> list[str]:
    """The types of versions that a service may have read once, and reads no more."""
    found = []
    for name in _heard(architecture, service):
        living = {event.version for event in architecture.events_by_name.get(name, ())}
        newest = architecture.event(name)
        gone = (version for version in range(1, newest.version if newest else 1) if version not in living)
        found += [f"{architecture.system.name}.{name}.v{version}" for version in gone]
    return found


def event_type(architecture: Architecture, name: str) -> str:
    """The CloudEvents type of an event's newest version."""
    event = architecture.event(name)
    return f"{architecture.system.name}.{name}.v{event.version if event else 1}"


def event_types(architecture: Architecture, name: str) -> list[str]:
    """The CloudEvents types of all versions of an event that live, oldest first."""
    return [f"{architecture.system.name}.{name}.v{event.version}" for event in architecture.events_by_name.get(name, ())]


def _oldest_type(architecture: Architecture, name: str) -> str:
    """The type that every subscriber reads, whichever version of the model it was made from."""
    told = architecture.versions(name)
    return f"{architecture.system.name}.{name}.v{told[-1].version}"


def _heard(architecture: Architecture, service: Service) -> list[str]:
    """The events that a service reacts to, shows in a view or follows a saga by."""
    shown = (source.event for view in service.views for source in view.sources)
    followed = (name for name, watchers in architecture.watchers.items() if service.name in watchers)
    return sorted({*(each.event for each in service.subscriptions), *shown, *followed})
