"""The event classes of a domain, and what it does when an event arrives."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.quoting import py_str, sentence
from microservices_skill.codegen.views.python_types import TypedName, request_field
from microservices_skill.codegen.views.shared import identity_field, match_of, published_events, reaction_name, source_of
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.fields import FieldType
from microservices_skill.model.messaging import Event
from microservices_skill.model.naming import kebab, snake, title, words
from microservices_skill.model.service import Entity, Service, Subscription, SubscriptionAction


@dataclass(frozen=True, slots=True)
class TransitionEvents:
    """What a transition publishes."""

    name: str
    events: str


@dataclass(frozen=True, slots=True)
class EventClass:
    """A published event as a class, and how it is made from its entity."""

    name: str
    docstring: str
    source_name: str
    version: int
    fields: tuple[TypedName, ...]
    ordering_key: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reaction:
    """A function of the service class that an incoming event calls."""

    function: str
    signature: str
    docstring: str
    body: tuple[str, ...]


def event_classes(architecture: Architecture, service: Service, entity: Entity) -> tuple[EventClass, ...]:
    """The events that tell of an entity, in name order."""
    return tuple(_event_class(event, entity) for event in published_events(architecture, service, entity))


def _event_class(event: Event, entity: Entity) -> EventClass:
    variable = snake(entity.name)
    key = identity_field(event, entity)
    return EventClass(
        name=event.name,
        docstring=sentence(event.description, title(event.name)),
        source_name=py_str(event.name),
        version=event.version,
        fields=tuple(request_field(field) for field in event.payload),
        ordering_key=f'f"{kebab(entity.name)}/{{self.{key}}}"' if key else py_str(kebab(entity.name)),
        arguments=tuple(f"{field.name}={variable}.{source_of(event, field, entity)}" for field in event.payload),
    )


def reactions(architecture: Architecture, service: Service, entity: Entity) -> tuple[Reaction, ...]:
    """What the service class does for each incoming event that concerns the entity."""
    found = []
    for subscription in service.subscriptions:
        event = architecture.event(subscription.event)
        if subscription.entity == entity.name and event is not None:
            found.append(_reaction(event, subscription, entity))
    return tuple(found)


def _reaction(event: Event, subscription: Subscription, entity: Entity) -> Reaction:
    variable = snake(entity.name)
    match subscription.action:
        case SubscriptionAction.CREATE:
            signature, body = f"data: {entity.name}Data", _create_lines(entity, subscription)
        case SubscriptionAction.UPDATE:
            signature = f"event: {event.name}"
            body = [*_find_lines(event, subscription, entity)]
            body += [f"{variable}.{mapping.field} = {_converted(entity, mapping.field, mapping.source)}" for mapping in subscription.set]
            body.append(f"await self._update({variable}{_publishes(subscription)})")
        case SubscriptionAction.TRANSITION:
            signature = f"event: {event.name}"
            body = [*_find_lines(event, subscription, entity), *_transition_lines(subscription, entity)]
    noun = " ".join(words(entity.name))
    said = f"{title(event.name)}: {subscription.action} the {noun} that it concerns."
    return Reaction(reaction_name(subscription), signature, said, tuple(body))


def _publishes(subscription: Subscription) -> str:
    return "".join(f", {name}" for name in subscription.publishes)


def _create_lines(entity: Entity, subscription: Subscription) -> list[str]:
    variable = snake(entity.name)
    arguments = [f"    {field.name}=data.{field.name}," for field in entity.fields]
    return [f"{variable} = {entity.name}(", *arguments, ")", f"await self._create({variable}{_publishes(subscription)})"]


def _find_lines(event: Event, subscription: Subscription, entity: Entity) -> list[str]:
    variable = snake(entity.name)
    field, source = match_of(event, subscription, entity)
    if field == "id":
        return [f"{variable} = await self._repository.get(event.{source}, for_update=True)"]
    return [f"{variable} = await self._repository.find({field}=event.{source})"]


def _transition_lines(subscription: Subscription, entity: Entity) -> list[str]:
    variable = snake(entity.name)
    lifecycle = entity.lifecycle
    name = subscription.transition or ""
    lines = [
        f"if {variable}.{lifecycle.field if lifecycle else ''} == TRANSITIONS[{py_str(name)}][1]:",
        "    return  # it is there already: the fact is known",
    ]
    lines += [f"{variable}.{mapping.field} = {_converted(entity, mapping.field, mapping.source)}" for mapping in subscription.set]
    return [*lines, f"await self.transition({variable}, {py_str(name)})"]


def _converted(entity: Entity, name: str, source: str) -> str:
    field = entity.field(name)
    return (
        f"event.{source}"
        if field is None or field.type is not FieldType.OBJECT
        else f"{field.object}.model_validate(event.{source}.model_dump())"
    )
