"""Orchestrated sagas, derived once for all languages: their commands, compensations and replies (Richardson, ch. 4).

Each step of a participant has a command, a reply and, where it can be undone, a compensation. They are messages like
events: outbox, inbox, contracts, topology and traces serve them unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from microservices_skill.model import erasure, wire
from microservices_skill.model.entity import Entity
from microservices_skill.model.fields import Classification, Field, FieldType, PayloadField
from microservices_skill.model.messaging import Event, Saga, SagaStep, SagaStyle
from microservices_skill.model.naming import pascal
from microservices_skill.model.service import Action, Endpoint, Service

SAGA_ID = "saga_id"
OUTCOMES = ("done", "refused", "undone", "not_undone")
"""What a participant answers: the step, or its compensation, was carried out or refused."""

REASON_LENGTH = 500
STEP_TIMEOUT_MS = 60_000
SAGA_TIMEOUT_MS = 900_000


class Target(StrEnum):
    """How a participant finds what a step works on."""

    NEW = "new"
    MATCHED = "matched"
    EARLIER = "earlier"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Message:
    """A derived message and who receives it."""

    event: Event
    receiver: str


@dataclass(frozen=True, slots=True)
class Part:
    """What one participant does for one step."""

    saga: Saga
    step: SagaStep
    service: Service
    operation: wire.Operation
    undo: wire.Operation | None
    target: Target
    earlier: str | None
    key: str | None
    values: Mapping[str, str]
    command: Event
    compensation: Event | None
    reply: Event

    @property
    def id(self) -> str:
        """The step's name across all sagas."""
        return f"{self.saga.name}.{self.step.name}"

    @property
    def erases(self) -> bool:
        """Whether it takes personal data out of what it finds."""
        return self.target is Target.ALL

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages of the step, each with its receiver."""
        sent = [self.command, *([self.compensation] if self.compensation is not None else [])]
        return (*(Message(event, self.service.name) for event in sent), Message(self.reply, self.saga.coordinator))


@dataclass(frozen=True, slots=True)
class Orchestration:
    """A saga that code is generated for: its coordinator, its entity and the parts of its participants, in order."""

    saga: Saga
    coordinator: Service
    entity: Entity
    parts: tuple[Part, ...]

    @property
    def locking(self) -> frozenset[str]:
        """The transitions that nobody else may make while the saga runs."""
        return frozenset(name for name in (self.saga.succeeds_with, self.saga.fails_with) if name is not None)


def orchestrations(services: Mapping[str, Service], sagas: Sequence[Saga]) -> tuple[Orchestration, ...]:
    """The orchestrated sagas that are described completely; ``obstacles`` says why another is not."""
    complete = (saga for saga in sagas if saga.style is SagaStyle.ORCHESTRATED and not any(obstacles(services, saga)))
    return tuple(_orchestration(services, saga) for saga in complete)


def obstacles(services: Mapping[str, Service], saga: Saga) -> Iterator[tuple[str, str]]:
    """What keeps a saga from being generated: the place below it, and what is missing there."""
    found = framed(services, saga)
    yield from found.obstacles
    entity = found.entity
    if entity is None:
        return
    for place in remote(saga):
        yield from ((f"/steps/{place}{at}", said) for at, said in _step_obstacles(services, saga, entity, place))
    if not remote(saga):
        yield "/steps", "has no step in another service"
    erasing = [place for place in remote(saga) if saga.steps[place].erases is not None]
    first = next((place for place in remote(saga) if saga.steps[place].pivot), len(saga.steps))
    if erasing and erasing[0] < first:
        yield f"/steps/{erasing[0]}/pivot", f"{saga.steps[erasing[0]].name} erases, and there is no way back from it; make it the pivot"


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a saga starts and ends: the same for both styles. Without an entity there is nothing else to say."""

    entity: Entity | None
    obstacles: tuple[tuple[str, str], ...]


def framed(services: Mapping[str, Service], saga: Saga) -> Frame:
    """The entity that a saga brings to an end, and what is missing between its start and its ends."""
    coordinator = services.get(saga.coordinator)
    entity = coordinator.entity(saga.entity) if coordinator is not None and saga.entity is not None else None
    if coordinator is None or entity is None:
        return Frame(None, (("/entity", "names no entity of its coordinator that it brings to an end"),))
    found = []
    start = coordinator.endpoint(saga.starts_with) if saga.starts_with is not None else None
    if start is None or start.action is not Action.CREATE or start.entity != entity.name:
        found.append(("/startsWith", f"does not start with an operation of {coordinator.name} that creates {entity.name}"))
    transitions = [each.name for each in entity.lifecycle.transitions] if entity.lifecycle is not None else []
    for key, name in (("succeedsWith", saga.succeeds_with), ("failsWith", saga.fails_with)):
        if name not in transitions:
            known = ", ".join(transitions) or "it has none yet"
            found.append((f"/{key}", f"names no transition of {entity.name} ({known})"))
    return Frame(entity, tuple(found))


def remote(saga: Saga) -> tuple[int, ...]:
    """The places of the steps after the one that starts the saga."""
    first = saga.steps[0]
    is_start = first.service == saga.coordinator and first.operation == saga.starts_with
    return tuple(range(int(is_start), len(saga.steps)))


def _step_obstacles(services: Mapping[str, Service], saga: Saga, entity: Entity, place: int) -> Iterator[tuple[str, str]]:
    step = saga.steps[place]
    if step.erases is not None:
        yield from _erasure_obstacles(services, step, entity)
        return
    if step.service == saga.coordinator:
        yield "/service", f"{step.name} is in the coordinator; only the first step is, and succeedsWith and failsWith end the saga there"
        return
    operation = _operation(services, step.service, step.operation)
    if operation is None or operation.action in (Action.GET, Action.LIST):
        yield "/operation", f"{step.name} names no operation of {step.service} that changes something"
        return
    undo = _operation(services, step.service, step.compensation)
    if step.compensation_event is not None or (undo is not None and undo.action not in (Action.DELETE, Action.TRANSITION)):
        yield "/compensation", f"{step.name} is undone by no operation of {step.service} that deletes or transitions"
    if undo is not None and (undo.request_fields or undo.entity.name != operation.entity.name):
        yield "/compensation", f"{undo.id} must need no request and concern {operation.entity.name}, as {operation.id} does"
    for field in operation.request_fields:
        if field.required and _source(step, entity, field.name) is None:
            yield "/set", f"nothing of {entity.name} fills {field.name} of {operation.id}; map it in set"
    if operation.action is not Action.CREATE and step.match is None and _earlier(services, saga, place, operation.entity) is None:
        yield "/match", f"no earlier step makes the {operation.entity.name} of {operation.id}; say in match how to find it"
    if step.match is not None and _field(entity, step.match.source) is None:
        yield "/match", f"{entity.name} has no {step.match.source}"


def _erasure_obstacles(services: Mapping[str, Service], step: SagaStep, entity: Entity) -> Iterator[tuple[str, str]]:
    service = services.get(step.service)
    erased = service.entity(step.erases or "") if service is not None else None
    if service is None or erased is None or step.match is None:
        yield "/erases", f"{step.name} names no entity of {step.service}"
        return
    yield from (("/erases", said) for said in erasure.obstacles(service, erased))
    if step.match.field != "id" and erased.field(step.match.field) is None:
        yield "/match", f"{erased.name} has no {step.match.field} to find the rows of one person by"
    source = _field(entity, step.match.source)
    if source is None or source.type is not FieldType.UUID or not source.required:
        yield "/match", f"{entity.name} has no required uuid {step.match.source} to name the person by"


def _orchestration(services: Mapping[str, Service], saga: Saga) -> Orchestration:
    coordinator = services[saga.coordinator]
    entity = next(each for each in coordinator.entities if each.name == saga.entity)
    parts = tuple(_part(services, saga, entity, place) for place in remote(saga))
    return Orchestration(saga, coordinator, entity, parts)


def _part(services: Mapping[str, Service], saga: Saga, entity: Entity, place: int) -> Part:
    step = saga.steps[place]
    operation = _operation(services, step.service, step.operation) or _erasing(services, step)
    assert operation is not None, "obstacles come first"
    target, earlier, key = _target(services, saga, place, operation)
    values = {field.name: source for field in operation.request_fields if (source := _source(step, entity, field.name)) is not None}
    sources = values | ({key: step.match.source} if key is not None and step.match is not None else {})
    stem = f"{saga.name.removesuffix('Saga')}{pascal(step.name)}"
    payload = tuple(_payload_field(entity, name, source) for name, source in sources.items())
    said = f"{saga.name} asks {step.service} to {step.name.replace('_', ' ')}"
    can_undo = step.compensation is not None
    return Part(
        saga=saga,
        step=step,
        service=services[step.service],
        operation=operation,
        undo=_operation(services, step.service, step.compensation),
        target=target,
        earlier=earlier,
        key=key,
        values=values,
        command=_message(f"{stem}Command", saga.coordinator, said, payload),
        compensation=_message(f"{stem}Compensation", saga.coordinator, f"{said} no more", ()) if can_undo else None,
        reply=_message(f"{stem}Reply", step.service, f"What became of {step.name.replace('_', ' ')} in {step.service}", _REPLY),
    )


def _target(services: Mapping[str, Service], saga: Saga, place: int, operation: wire.Operation) -> tuple[Target, str | None, str | None]:
    step = saga.steps[place]
    if operation.action is Action.CREATE:
        return Target.NEW, None, None
    if step.match is not None:
        key = step.match.field if step.match.field != "id" else operation.entity.reference
        return Target.MATCHED if step.erases is None else Target.ALL, None, key
    return Target.EARLIER, _earlier(services, saga, place, operation.entity), None


def _earlier(services: Mapping[str, Service], saga: Saga, place: int, entity: Entity) -> str | None:
    """The last step before this one that works on such an entity in the same service."""
    found = None
    for step in saga.steps[:place]:
        operation = _operation(services, step.service, step.operation)
        if step.service == saga.steps[place].service and operation is not None and operation.entity.name == entity.name:
            found = f"{saga.name}.{step.name}"
    return found


def _operation(services: Mapping[str, Service], service: str, name: str | None) -> wire.Operation | None:
    found = services.get(service)
    return next((each for each in wire.operations(found) if each.id == name), None) if found is not None else None


def _erasing(services: Mapping[str, Service], step: SagaStep) -> wire.Operation | None:
    """What an erasure does, as an operation that no caller can reach but the saga."""
    entity = services[step.service].entity(step.erases or "")
    if entity is None:
        return None
    endpoint = Endpoint(operation=f"erase{entity.name}", action=Action.DELETE, entity=entity.name)
    path = wire.default_path(endpoint, entity)
    return wire.Operation(endpoint, entity, wire.METHODS[Action.DELETE][0], path, 204, None, (), None, ())


def _source(step: SagaStep, entity: Entity, name: str) -> str | None:
    explicit = {mapping.field: mapping.source for mapping in step.set}
    source = explicit.get(name, "id" if name == entity.reference else name)
    return source if _field(entity, source) is not None else None


def _field(entity: Entity, name: str) -> Field | None:
    return Field(name="entity_id", type=FieldType.UUID) if name == "id" else entity.field(name)


def _payload_field(entity: Entity, name: str, source: str) -> PayloadField:
    field = _field(entity, source)
    assert field is not None, "obstacles come first"
    shape = field.model_dump(exclude={"name", "unique", "immutable", "references"})
    return PayloadField(**shape | {"name": name, "source": source})


def _message(name: str, publisher: str, description: str, payload: tuple[PayloadField, ...]) -> Event:
    saga = PayloadField(name=SAGA_ID, type=FieldType.UUID, description="The run of the saga")
    is_personal = any(field.classification.is_sensitive for field in payload)
    classification = Classification.PERSONAL if is_personal else Classification.INTERNAL
    return Event(
        name=name,
        publisher=publisher,
        description=description,
        payload=(saga, *payload),
        ordering_key=SAGA_ID,
        classification=classification,
    )


_REPLY = (
    PayloadField(name="outcome", type=FieldType.ENUM, values=OUTCOMES),
    PayloadField(name="reason", type=FieldType.STRING, max_length=REASON_LENGTH, required=False, description="Why it was refused"),
)
