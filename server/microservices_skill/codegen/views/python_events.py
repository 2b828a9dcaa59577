"""The event classes of a domain, and what it does when an event arrives."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.quoting import py_str, py_tuple, sentence
from microservices_skill.codegen.views.choreographies import given_up_state, undone_by
from microservices_skill.codegen.views.python_types import TypedName, request_field
from microservices_skill.codegen.views.shared import (
    class_name,
    identity_field,
    is_older,
    match_of,
    reaction_name,
    said_of,
    source_of,
    told_versions,
)
from microservices_skill.model import choreography as saga
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.entity import Entity
from microservices_skill.model.fields import FieldType
from microservices_skill.model.messaging import Event
from microservices_skill.model.naming import kebab, snake, title, words
from microservices_skill.model.service import Service, Subscription, SubscriptionAction


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
    older: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """A function of the service class that an incoming event calls."""

    function: str
    signature: str
    returns: str
    docstring: str
    body: tuple[str, ...]


def event_classes(architecture: Architecture, service: Service, entity: Entity) -> tuple[EventClass, ...]:
    """The events that tell of an entity, in name order; older versions before the newest, which names them."""
    return tuple(_event_class(architecture, event, entity) for event in told_versions(architecture, service, entity))


def _event_class(architecture: Architecture, event: Event, entity: Entity) -> EventClass:
    variable, is_older_one = snake(entity.name), is_older(architecture, event)
    key = identity_field(event, entity)
    return EventClass(
        name=class_name(architecture, event),
        docstring=sentence("" if is_older_one else event.description, said_of(architecture, event)),
        source_name=py_str(event.name),
        version=event.version,
        fields=tuple(request_field(field) for field in event.payload),
        ordering_key=f'f"{kebab(entity.name)}/{{self.{key}}}"' if key else py_str(kebab(entity.name)),
        arguments=tuple(f"{field.name}={variable}.{source_of(event, field, entity)}" for field in event.payload),
        older="" if is_older_one else _older_names(architecture, event),
    )


def _older_names(architecture: Architecture, event: Event) -> str:
    """The older versions that live, as what stands between the brackets of a tuple."""
    names = [each.versioned_name for each in architecture.versions(event.name)[1:]]
    return ", ".join(names) + ("," if len(names) == 1 else "")


def reactions(architecture: Architecture, service: Service, entity: Entity) -> tuple[Reaction, ...]:
    """What the service class does for each incoming event that concerns the entity."""
    found = []
    for subscription in service.subscriptions:
        event = architecture.event(subscription.event)
        if subscription.entity == entity.name and event is not None:
            given_up = given_up_state(architecture, service, subscription)
            undone = undone_by(architecture, service, subscription)
            found.append(_undoing(event, undone) if undone is not None else _reaction(event, subscription, entity, given_up))
    return tuple(found)


def _undoing(event: Event, reaction: saga.Reaction) -> Reaction:
    """Takes a step of a saga back, and says whether there was anything to take back."""
    entity, subscription = reaction.entity, reaction.undoes
    assert subscription is not None, "it undoes something"
    variable, noun = snake(entity.name), " ".join(words(entity.name))
    state = entity.lifecycle.field if entity.lifecycle else ""
    lines = [
        *_find_lines(event, subscription, entity),
        f"if {variable}.{state} in {py_tuple(list(reaction.nothing_to_undo))}:",
        "    return False",
        *_set_lines(subscription, entity),
        f"await self.transition({variable}, {py_str(subscription.transition or '')})",
        "return True",
    ]
    said = f"{title(event.name)}: take the {noun} back; whether there was anything to take back."
    return Reaction(reaction_name(subscription), f"event: {event.name}", "bool", said, tuple(lines))


def _reaction(event: Event, subscription: Subscription, entity: Entity, given_up: str | None) -> Reaction:
    variable = snake(entity.name)
    match subscription.action:
        case SubscriptionAction.CREATE:
            signature, body = f"data: {entity.name}Data", _create_lines(entity, subscription)
        case SubscriptionAction.UPDATE:
            signature = f"event: {event.name}"
            body = [*_find_lines(event, subscription, entity)]
            body += _set_lines(subscription, entity)
            body.append(f"await self._update({variable}{_publishes(subscription)})")
        case SubscriptionAction.TRANSITION:
            signature = f"event: {event.name}"
            body = [*_find_lines(event, subscription, entity), *_transition_lines(subscription, entity, given_up)]
    noun = " ".join(words(entity.name))
    said = f"{title(event.name)}: {subscription.action} the {noun} that it concerns."
    return Reaction(reaction_name(subscription), signature, "None", said, tuple(body))


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


def _transition_lines(subscription: Subscription, entity: Entity, given_up: str | None) -> list[str]:
    variable = snake(entity.name)
    lifecycle = entity.lifecycle
    name = subscription.transition or ""
    state = f"{variable}.{lifecycle.field if lifecycle else ''}"
    lines = [
        f"if {state} == TRANSITIONS[{py_str(name)}][1]:",
        "    return  # it is there already: the fact is known",
    ]
    if given_up is not None:
        lines += [f"if {state} == {py_str(given_up)}:", "    return  # its saga has failed: what was done is being taken back"]
    return [*lines, *_set_lines(subscription, entity), f"await self.transition({variable}, {py_str(name)})"]


def _set_lines(subscription: Subscription, entity: Entity) -> list[str]:
    variable = snake(entity.name)
    return [f"{variable}.{mapping.field} = {_converted(entity, mapping.field, mapping.source)}" for mapping in subscription.set]


def _converted(entity: Entity, name: str, source: str) -> str:
    field = entity.field(name)
    return (
        f"event.{source}"
        if field is None or field.type is not FieldType.OBJECT
        else f"{field.object}.model_validate(event.{source}.model_dump())"
    )
