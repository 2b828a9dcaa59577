"""What the pact tests of every language derive alike: which pacts a service takes part in, and what its tests must prepare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from microservices_skill.codegen.views.choreographies import refusals_of
from microservices_skill.codegen.views.sagas import coordinated_by, parts_of
from microservices_skill.codegen.views.shared import heard_by, match_of, publishers
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.collaboration import Call, Hearing, calls, hearings
from microservices_skill.model.entity import Entity
from microservices_skill.model.examples import Json, example
from microservices_skill.model.messaging import Event
from microservices_skill.model.orchestration import Orchestration, Part
from microservices_skill.model.service import Service, SubscriptionAction


@dataclass(frozen=True, slots=True)
class Told:
    """A message that this service sends, and what makes it: an entity's event, a step of a saga, or, of a refusal, its data."""

    event: Event
    entity: Entity | None
    saga: Orchestration | None
    place: int
    part: Part | None
    data: Json = None


@dataclass(frozen=True, slots=True)
class Awaited:
    """An entity that must be there before an event arrives: the event's field that finds it, and the state that it needs."""

    event: Event
    entity: Entity
    variant: int
    field: str
    source: str
    state: str | None


@dataclass(frozen=True, slots=True)
class Pacts:
    """The pacts of a service, as consumer and as provider."""

    calls: tuple[Call, ...]
    heard: tuple[Hearing, ...]
    given: tuple[str, ...]
    told: tuple[Told, ...]
    is_provider: bool

    @property
    def exist(self) -> bool:
        """Whether there are any."""
        return bool(self.calls or self.heard or self.is_provider)


def pacts_of(architecture: Architecture, service: Service) -> Pacts:
    """The pacts that a service takes part in."""
    every, messages = tuple(calls(architecture, of=service.name)), tuple(hearings(architecture, of=service.name))
    asked = [call for call in every if call.provider.name == service.name]
    told = {hearing.event.name for hearing in messages if hearing.provider.name == service.name}
    return Pacts(
        calls=tuple(call for call in every if call.consumer.name == service.name),
        heard=tuple(hearing for hearing in messages if hearing.consumer.name == service.name),
        given=tuple(entity.name for entity in service.entities if any(entity.name in _concerned(call) for call in asked)),
        told=tuple(_told(architecture, service, told)),
        is_provider=bool(asked or told),
    )


def awaited(architecture: Architecture, service: Service) -> tuple[Awaited, ...]:
    """What must be there before the service's subscriptions to others' events find what they change."""
    found: list[Awaited] = []
    for event, subscription in heard_by(architecture, service):
        entity = service.entity(subscription.entity)
        if entity is None or subscription.action is SubscriptionAction.CREATE or event.publisher == service.name:
            continue
        field, source = match_of(event, subscription, entity)
        step = entity.lifecycle.transition(subscription.transition or "") if entity.lifecycle is not None else None
        earlier = sum(each.event.name == event.name and each.entity is entity for each in found)
        found.append(Awaited(event, entity, earlier, field, source, step.sources[0] if step is not None else None))
    return tuple(found)


def _concerned(call: Call) -> set[str]:
    referred = {field.references for field in call.operation.request_fields if field.references is not None}
    return {call.operation.entity.name, *referred}


def _told(architecture: Architecture, service: Service, names: set[str]) -> Iterator[Told]:
    for entity in service.entities:
        for name in sorted(publishers(service, entity) & names):
            event = architecture.event(name)
            if event is not None:
                yield Told(event, entity, None, 0, None)
    for event, _ in refusals_of(architecture, service):
        if event.name in names:
            yield Told(event, None, None, 0, None, {field.name: example(field, service) for field in event.payload})
    for saga in coordinated_by(architecture, service):
        for place, part in enumerate(saga.parts):
            asked = (part.command, part.compensation)
            yield from (Told(event, saga.entity, saga, place, part) for event in asked if event is not None and event.name in names)
    yield from (Told(part.reply, None, None, 0, part) for part in parts_of(architecture, service) if part.reply.name in names)
