"""The events of a domain in TypeScript, and what it does when an event arrives."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.quoting import ts_sentence, ts_str
from microservices_skill.codegen.views.choreographies import given_up_state, undone_by
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
from microservices_skill.codegen.views.typescript_types import SchemaField, request_field
from microservices_skill.model import choreography as saga
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.entity import Entity
from microservices_skill.model.messaging import Event
from microservices_skill.model.naming import camel, kebab, title, words
from microservices_skill.model.service import Service, Subscription, SubscriptionAction


@dataclass(frozen=True, slots=True)
class EventSource:
    """A published event: its definition, and the function that makes it from its entity."""

    name: str
    comment: str
    source_name: str
    version: int
    fields: tuple[SchemaField, ...]
    function: str
    parameter: str
    ordering_key: str
    arguments: tuple[str, ...]
    older: str


@dataclass(frozen=True, slots=True)
class TransitionEvents:
    """What a transition publishes."""

    name: str
    events: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """A function of the service class that an incoming event calls."""

    function: str
    signature: str
    returns: str
    comment: str
    body: tuple[str, ...]


def event_function(name: str) -> str:
    """The function that makes an event."""
    return camel(name)


def event_sources(architecture: Architecture, service: Service, entity: Entity) -> tuple[EventSource, ...]:
    """The events that tell of an entity, in name order; older versions before the newest, which names them."""
    return tuple(_event(architecture, event, entity) for event in told_versions(architecture, service, entity))


def _event(architecture: Architecture, event: Event, entity: Entity) -> EventSource:
    variable = camel(entity.name)
    key = identity_field(event, entity)
    sources = {field.name: source_of(event, field, entity) for field in event.payload}
    name, is_older_one = class_name(architecture, event), is_older(architecture, event)
    older = () if is_older_one else architecture.versions(event.name)[1:]
    is_read = bool(sources) or any(each.payload for each in older)
    return EventSource(
        name=name,
        comment=ts_sentence("" if is_older_one else event.description, said_of(architecture, event)),
        source_name=ts_str(event.name),
        version=event.version,
        fields=tuple(request_field(field) for field in event.payload),
        function=event_function(name),
        parameter=variable if is_read else "",
        ordering_key=f"`{kebab(entity.name)}/${{{variable}.{sources[key]}}}`" if key else ts_str(kebab(entity.name)),
        arguments=tuple(f"{name}: {variable}.{source}" for name, source in sources.items()),
        older=", ".join(f"{event_function(each.versioned_name)}({variable if is_read else ''})" for each in older),
    )


def transition_events(entity: Entity) -> tuple[TransitionEvents, ...]:
    """What each transition publishes, where it publishes anything."""
    if entity.lifecycle is None:
        return ()
    telling = (each for each in entity.lifecycle.transitions if each.publishes)
    return tuple(TransitionEvents(each.name, ", ".join(map(event_function, each.publishes))) for each in telling)


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
    variable, noun = camel(entity.name), " ".join(words(entity.name))
    state = entity.lifecycle.field if entity.lifecycle else ""
    nothing = " || ".join(f"{variable}.{state} === {ts_str(each)}" for each in reaction.nothing_to_undo)
    lines = [
        *_find_lines(event, subscription, entity),
        f"if ({nothing}) return false;",
        *_set_lines(event, subscription, entity),
        f"await this.transition(tx, {variable}, {ts_str(subscription.transition or '')});",
        "return true;",
    ]
    said = f"{title(event.name)}: take the {noun} back; whether there was anything to take back."
    return Reaction(camel(reaction_name(subscription)), f"event: {event.name}", "boolean", said, tuple(lines))


def _reaction(event: Event, subscription: Subscription, entity: Entity, given_up: str | None) -> Reaction:
    variable = camel(entity.name)
    sets = _set_lines(event, subscription, entity)
    publishes = publish_arguments(subscription.publishes)
    match subscription.action:
        case SubscriptionAction.CREATE:
            signature, body = f"data: {entity.name}Data", _create_lines(entity, publishes)
        case SubscriptionAction.UPDATE:
            signature = f"event: {event.name}"
            body = [*_find_lines(event, subscription, entity), *sets, f"await this.#update(tx, {variable}{publishes});"]
        case SubscriptionAction.TRANSITION:
            signature = f"event: {event.name}"
            body = [*_find_lines(event, subscription, entity), *_transition_lines(subscription, entity, sets, given_up)]
    noun = " ".join(words(entity.name))
    said = f"{title(event.name)}: {subscription.action} the {noun} that it concerns."
    return Reaction(camel(reaction_name(subscription)), signature, "void", said, tuple(body))


def _set_lines(event: Event, subscription: Subscription, entity: Entity) -> list[str]:
    variable = camel(entity.name)
    return [f"{variable}.{mapping.field} = {_taken(event, mapping.source, entity, mapping.field)};" for mapping in subscription.set]


def publish_arguments(names: tuple[str, ...]) -> str:
    """Further arguments that name the events to publish."""
    return "".join(f", {event_function(name)}" for name in names)


def _taken(event: Event, source: str, entity: Entity, target: str) -> str:
    payload, field = event.field(source), entity.field(target)
    may_lack = payload is not None and not payload.required and (field is None or not field.required)
    return f"event.{source} ?? null" if may_lack else f"event.{source}"


def _create_lines(entity: Entity, publishes: str) -> list[str]:
    variable = camel(entity.name)
    arguments = [f"  {given(field.name, 'data', is_required=field.required)}," for field in entity.fields]
    return [f"const {variable} = create{entity.name}({{", *arguments, "});", f"await this.#create(tx, {variable}{publishes});"]


def given(name: str, holder: str, *, is_required: bool) -> str:
    """A property taken from a request: what was left out is null."""
    return f"{name}: {holder}.{name}" if is_required else f"{name}: {holder}.{name} ?? null"


def _find_lines(event: Event, subscription: Subscription, entity: Entity) -> list[str]:
    variable = camel(entity.name)
    field, source = match_of(event, subscription, entity)
    if field == "id":
        return [f"const {variable} = await this.repository.get(tx, event.{source}, {{ forUpdate: true }});"]
    return [f"const {variable} = await this.repository.find(tx, {{ {field}: event.{source} }});"]


def _transition_lines(subscription: Subscription, entity: Entity, sets: list[str], given_up: str | None) -> list[str]:
    variable, name = camel(entity.name), ts_str(subscription.transition or "")
    state = entity.lifecycle.field if entity.lifecycle else ""
    known = f"if ({variable}.{state} === TRANSITIONS[{name}].to) return; // it is there already: the fact is known"
    lines = [known]
    if given_up is not None:
        lines.append(f"if ({variable}.{state} === {ts_str(given_up)}) return; // its saga has failed: what was done is being taken back")
    return [*lines, *sets, f"await this.transition(tx, {variable}, {name});"]
