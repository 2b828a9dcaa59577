"""What the saga views of every language derive alike: which sagas a service coordinates, and what it does in others'."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from microservices_skill.codegen.views.shared import incoming_values
from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.entity import Entity
from microservices_skill.model.messaging import Event
from microservices_skill.model.orchestration import SAGA_TIMEOUT_MS, STEP_TIMEOUT_MS, Orchestration, Part
from microservices_skill.model.service import Action, Service, ValueType
from microservices_skill.model.wire import Operation


@dataclass(frozen=True, slots=True)
class Limits:
    """When the coordinator stops waiting, and where it can no longer go back."""

    timeout_ms: int
    is_pivot: bool
    is_retriable: bool


def coordinated_by(architecture: Architecture, service: Service) -> tuple[Orchestration, ...]:
    """The sagas that a service coordinates."""
    return tuple(each for each in architecture.orchestrations if each.coordinator.name == service.name)


def parts_of(architecture: Architecture, service: Service) -> tuple[Part, ...]:
    """What a service does in sagas."""
    return tuple(part for each in architecture.orchestrations for part in each.parts if part.service.name == service.name)


def commands(parts: Iterable[Part]) -> tuple[Event, ...]:
    """The commands and compensations of some parts, in their order."""
    return _each_once(event for part in parts for event in (part.command, part.compensation) if event is not None)


def replies(parts: Iterable[Part]) -> tuple[Event, ...]:
    """The replies of some parts, in their order."""
    return _each_once(part.reply for part in parts)


def erased_by(parts: Iterable[Part]) -> list[str]:
    """The entities whose personal data some parts erase, in name order."""
    return sorted({part.operation.entity.name for part in parts if part.erases})


def kept_answers(part: Part) -> tuple[str, ...]:
    """The operations whose answers are kept for repeats, and tell of what the step erases."""
    entity = part.operation.entity.name
    return tuple(each.id for each in wire.operations(part.service) if each.entity.name == entity and each.needs_idempotency_key)


def _each_once(events: Iterable[Event]) -> tuple[Event, ...]:
    """A coordinator that commands itself is on both sides of a message."""
    return tuple({event.name: event for event in events}.values())


def carried_values(architecture: Architecture, service: Service) -> tuple[ValueType, ...]:
    """The value types of other services that their commands carry to this one."""
    return incoming_values(architecture, [part.command for part in parts_of(architecture, service)])


def limits_of(part: Part) -> Limits:
    """The limits of a step."""
    return Limits(int(part.step.timeout or STEP_TIMEOUT_MS), part.step.pivot, part.step.retriable)


def timeout_of(orchestration: Orchestration) -> int:
    """How long the whole saga may take before its pivot, in milliseconds."""
    return int(orchestration.saga.timeout or SAGA_TIMEOUT_MS)


def started_by(architecture: Architecture, service: Service, operation: str) -> Orchestration | None:
    """The saga that an operation starts."""
    return next((each for each in coordinated_by(architecture, service) if each.saga.starts_with == operation), None)


def told_by(architecture: Architecture, service: Service, operation: Operation) -> list[str]:
    """What an operation puts into the outbox, in name order: its events in each version that lives, and the first command of its saga."""
    lifecycle = operation.entity.lifecycle
    transition = lifecycle.transition(operation.endpoint.transition or "") if lifecycle is not None else None
    events = transition.publishes if transition is not None else operation.endpoint.publishes
    saga = started_by(architecture, service, operation.id)
    told = [name for name in events for _ in architecture.versions(name)]
    return sorted([*told, *([saga.parts[0].command.name] if saga is not None else [])])


def told_afterwards(architecture: Architecture, service: Service, entity: Entity) -> list[str]:
    """What an entity's sagas tell by themselves after their first command where the coordinator carries out steps too."""
    own = [each for each in coordinated_by(architecture, service) if each.entity.name == entity.name]
    heard = [each for each in own if any(part.service.name == service.name for part in each.parts)]
    told = {event.name for each in heard for event in (*commands(each.parts), *replies(each.parts))}
    return sorted(told - {each.parts[0].command.name for each in heard})


def locked_by_saga(architecture: Architecture, service: Service, entity: Entity) -> frozenset[str]:
    """The operations on an entity that have to wait for its running saga: those that would decide what the saga decides."""
    found = [each for each in coordinated_by(architecture, service) if each.entity.name == entity.name]
    deciding = {name for each in found for name in each.locking}
    mine = [each for each in service.endpoints if each.entity == entity.name] if found else []
    return frozenset(each.operation for each in mine if each.action is Action.DELETE or each.transition in deciding)


def members(architecture: Architecture, service: Service) -> frozenset[str]:
    """The entities of a service that its sagas and its steps work on."""
    coordinated = {each.entity.name for each in coordinated_by(architecture, service)}
    return frozenset(coordinated | {part.operation.entity.name for part in parts_of(architecture, service)})


def undone_state(part: Part) -> tuple[str, str] | None:
    """The field and the state that an undone step leaves its entity in; nothing where the entity goes."""
    undo, lifecycle = part.undo, part.operation.entity.lifecycle
    if undo is None or undo.action is not Action.TRANSITION or lifecycle is None:
        return None
    return lifecycle.field, next(each.to for each in lifecycle.transitions if each.name == undo.endpoint.transition)
