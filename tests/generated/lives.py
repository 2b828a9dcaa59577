"""Ways through a lifecycle that a service's operations, or the events that it hears, can take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from microservices_skill.codegen.views.sagas import locked_by_saga
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.entity import Entity, Transition
from microservices_skill.model.service import Action, Service, Subscription, SubscriptionAction
from microservices_skill.model.wire import Operation, operations

S = TypeVar("S")


def by_operations(architecture: Architecture, service: Service, entity: Entity) -> list[tuple[Operation, Transition]]:
    """Operations that can follow each other from the first state on."""
    offered = (each for each in free_transitions(architecture, service) if each.entity.name == entity.name)
    return list(_walk(entity, ((each, each.endpoint.transition) for each in offered)))


def free_transitions(architecture: Architecture, service: Service) -> list[Operation]:
    """The operations that move an entity along its lifecycle and wait for no saga."""
    moving = (each for each in operations(service) if each.action is Action.TRANSITION)
    return [each for each in moving if each.id not in locked_by_saga(architecture, service, each.entity)]


def by_events(service: Service, entity: Entity) -> list[tuple[Subscription, Transition]]:
    """Events that can follow each other from the first state on."""
    heard = (each for each in service.subscriptions if each.action is SubscriptionAction.TRANSITION and each.entity == entity.name)
    return list(_walk(entity, ((each, each.transition) for each in heard)))


def creating(service: Service, entity: Entity) -> Subscription | None:
    """The subscription that creates an entity."""
    wanted = (each for each in service.subscriptions if each.action is SubscriptionAction.CREATE and each.entity == entity.name)
    return next(wanted, None)


def _walk(entity: Entity, named: Iterable[tuple[S, str | None]]) -> Iterator[tuple[S, Transition]]:
    """Take the first step that starts where the last one ended, until there is none; no step twice."""
    if entity.lifecycle is None:
        return
    steps = [(each, step) for each, name in named if (step := entity.lifecycle.transition(name or "")) is not None]
    state = entity.lifecycle.initial
    while (found := next(((each, step) for each, step in steps if state in step.sources), None)) is not None:
        steps.remove(found)
        state = found[1].to
        yield found
