"""Which services a check runs on: every service of every example, in every language, that has what the check needs."""

from __future__ import annotations

import pytest
from tests.generated.architectures import Claim, in_turns, services_where
from tests.generated.lives import by_events, by_operations, creating, free_transitions

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.service import Action, Service, SubscriptionAction
from microservices_skill.model.system import BrokerKind
from microservices_skill.model.wire import operations

MESSAGING_EXAMPLE = "fleet"
"""The system whose messaging is tried on every other broker: it publishes, creates and changes by events."""

OTHER_BROKERS = (BrokerKind.NATS, BrokerKind.KAFKA)


def on(*claims: Claim, one_per_system: bool = False, every_broker: bool = False) -> pytest.MarkDecorator:
    """Run the test on each service for which all claims hold, in turns of language, or on the first of each system where it takes long.

    What has to do with messages runs on every broker, one system on those that are not the default.
    """
    chosen = in_turns(list(services_where(lambda architecture, service: all(claim(architecture, service) for claim in claims))))
    if one_per_system:
        chosen = list({(language, example): (language, example, name) for language, example, name in reversed(chosen)}.values())[::-1]
    assert chosen, "no example has what this test needs"
    found = [(*each, BrokerKind.RABBITMQ) for each in chosen]
    if every_broker:
        found += [(*each, broker) for broker in OTHER_BROKERS for each in chosen if each[1] == MESSAGING_EXAMPLE]
    names = ["-".join(each[:3] if each[3] is BrokerKind.RABBITMQ else each) for each in found]
    return pytest.mark.parametrize("target", found, indirect=True, ids=names)


def anything(_: Architecture, __: Service) -> bool:
    """Any service."""
    return True


def creates(_: Architecture, service: Service) -> bool:
    """Something can be created over HTTP, under an idempotency key."""
    return any(each.action is Action.CREATE and each.needs_idempotency_key for each in operations(service))


def updates(_: Architecture, service: Service) -> bool:
    """Something can be updated over HTTP."""
    return any(each.action is Action.UPDATE for each in operations(service))


def transitions(architecture: Architecture, service: Service) -> bool:
    """Something can be moved along its lifecycle over HTTP."""
    return bool(free_transitions(architecture, service))


def lists_what_it_creates(_: Architecture, service: Service) -> bool:
    """What is created can be listed."""
    listed = {each.entity.name for each in operations(service) if each.action is Action.LIST}
    return any(each.action is Action.CREATE and each.entity.name in listed for each in operations(service))


def publishes_on_creation(_: Architecture, service: Service) -> bool:
    """A creation is told of by an event."""
    return any(each.action is Action.CREATE and each.endpoint.publishes for each in operations(service))


def creates_by_event(_: Architecture, service: Service) -> bool:
    """An event creates something."""
    return any(each.action is SubscriptionAction.CREATE for each in service.subscriptions)


def lives_by_events(_: Architecture, service: Service) -> bool:
    """Events create something and move it along its lifecycle."""
    return any(creating(service, each) and by_events(service, each) for each in service.entities)


def tells_of_a_life(architecture: Architecture, service: Service) -> bool:
    """A creation and the steps behind it are told of by events."""
    told = (each.entity for each in operations(service) if each.action is Action.CREATE and each.endpoint.publishes)
    return any(step.publishes for entity in told for _, step in by_operations(architecture, service, entity))


def changes_by_event(_: Architecture, service: Service) -> bool:
    """An event changes something that is there."""
    return any(each.action is not SubscriptionAction.CREATE for each in service.subscriptions)


def holds_private_data(_: Architecture, service: Service) -> bool:
    """Something is personal, or more delicate still."""
    return any(each.classification.is_sensitive for entity in service.entities for each in entity.fields)


def is_limited(_: Architecture, service: Service) -> bool:
    """A creation has a rate limit that a test can reach."""
    limits = (each.endpoint.rate_limit for each in operations(service) if each.action is Action.CREATE)
    return any(limit is not None and limit.requests <= 60 for limit in limits)
