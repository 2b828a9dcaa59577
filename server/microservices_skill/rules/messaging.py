"""What events say, who hears them and in which order."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model.naming import words
from microservices_skill.model.service import SubscriptionAction
from microservices_skill.model.system import BrokerKind
from microservices_skill.rules.analysis import Analysis
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.graph import strongly_connected
from microservices_skill.rules.rule import rule

_IRREGULAR = frozenset(
    "sent paid made won lost built bought sold begun left held put set met kept taken given gone done found read written drawn"
    " withdrawn broken chosen frozen hidden shown known grown born lent spent split cut shut hit run overdue".split()
)


@rule("unconsumed-event", Severity.INFO)
def unconsumed_event(analysis: Analysis) -> Iterator[Violation]:
    """Nobody consumes an event.

    Why: it must be kept compatible although nobody needs it.
    Fix: remove it, or name its readers in externalConsumers.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 3
    """
    for index, event in enumerate(analysis.architecture.events):
        if not analysis.architecture.subscribers(event.name) and not event.external_consumers:
            yield Violation(f"/events/{index}", f"nobody consumes {event.name}")


@rule("unpublished-event", Severity.WARNING)
def unpublished_event(analysis: Analysis) -> Iterator[Violation]:
    """An event has subscribers but nothing publishes it.

    Why: its subscribers wait for ever.
    Fix: name it in publishes of an endpoint or transition of its publisher.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 3
    """
    refusals = {each.refusal.name for saga in analysis.architecture.choreographies for each in saga.reactions if each.refusal is not None}
    for index, service in enumerate(analysis.architecture.services):
        for place, subscription in enumerate(service.subscriptions):
            if subscription.event not in analysis.emissions and subscription.event not in refusals:
                yield Violation(f"/services/{index}/subscriptions/{place}/event", f"nothing publishes {subscription.event}")


@rule("events-without-broker", Severity.ERROR)
def events_without_broker(analysis: Analysis) -> Iterator[Violation]:
    """Events are defined but no broker carries them.

    Why: nothing can be delivered.
    Fix: choose system.platform.broker, or remove the events.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 3
    """
    if analysis.architecture.events and analysis.architecture.system.platform.broker is BrokerKind.NONE:
        yield Violation("/system/platform/broker", f"{len(analysis.architecture.events)} event(s) and broker: none")


@rule("event-loop", Severity.WARNING)
def event_loop(analysis: Analysis) -> Iterator[Violation]:
    """Reactions to an event lead back to the event.

    Why: one message can start an endless storm.
    Fix: break the loop: let one reaction publish a different fact, or nothing.
    Source: Hohpe and Woolf, Enterprise Integration Patterns (2003)
    """
    names = list(analysis.architecture.events_by_name)
    number = {name: position for position, name in enumerate(names)}
    edges: list[list[int]] = [[] for _ in names]
    for name, pairs in analysis.architecture.subscriptions_by_event.items():
        for service, subscription in pairs:
            entity = service.entity(subscription.entity)
            transition = entity.lifecycle.transition(subscription.transition or "") if entity and entity.lifecycle else None
            told = (*subscription.publishes, *(transition.publishes if transition else ()))
            edges[number[name]] += [number[each] for each in told]
    looping = {member for members in strongly_connected(edges) if len(members) > 1 or members[0] in edges[members[0]] for member in members}
    for index, event in enumerate(analysis.architecture.events):
        if number[event.name] in looping:
            yield Violation(f"/events/{index}", f"reactions to {event.name} publish {event.name} again")


@rule("event-without-ordering-key", Severity.WARNING)
def event_without_ordering_key(analysis: Analysis) -> Iterator[Violation]:
    """Several events of one entity are heard without a key that orders them.

    Why: a later fact may be handled before an earlier one.
    Fix: set orderingKey to the payload's field that identifies the entity.
    Source: Martin Kleppmann, Designing Data-Intensive Applications (2017), ch. 11
    """
    heard: dict[tuple[str, str], set[str]] = {}
    for event in analysis.architecture.events:
        if event.entity is not None and analysis.architecture.subscribers(event.name):
            heard.setdefault((event.publisher, event.entity), set()).add(event.name)
    for index, event in enumerate(analysis.architecture.events):
        together = heard.get((event.publisher, event.entity or ""), set())
        if event.ordering_key is None and event.name in together and len(together) > 1:
            yield Violation(
                f"/events/{index}", f"{event.name} has no orderingKey beside {len(together) - 1} other event(s) of {event.entity}"
            )


@rule("event-name-not-past-tense", Severity.INFO)
def event_name_not_past_tense(analysis: Analysis) -> Iterator[Violation]:
    """An event's name is not in the past tense.

    Why: an event tells what happened; a name in another form reads as a command.
    Fix: rename it, such as PlaceOrder to OrderPlaced.
    Source: Vaughn Vernon, Implementing Domain-Driven Design (2013), ch. 8
    """
    for index, event in enumerate(analysis.architecture.events):
        if not any(word.endswith("ed") or word in _IRREGULAR for word in words(event.name)):
            yield Violation(f"/events/{index}/name", f"{event.name} does not read as something that happened")


@rule("empty-event", Severity.INFO)
def empty_event(analysis: Analysis) -> Iterator[Violation]:
    """An event carries no data.

    Why: every subscriber must call back to learn what happened.
    Fix: put the identity and the changed values into the payload.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 3
    """
    for index, event in enumerate(analysis.architecture.events):
        if not event.payload:
            yield Violation(f"/events/{index}", f"{event.name} has no payload")


@rule("idle-subscription", Severity.WARNING)
def idle_subscription(analysis: Analysis) -> Iterator[Violation]:
    """A subscription updates an entity with nothing.

    Why: the handler changes no data.
    Fix: name the values in set, or remove the subscription.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 3
    """
    for index, service in enumerate(analysis.architecture.services):
        for place, subscription in enumerate(service.subscriptions):
            entity, event = service.entity(subscription.entity), analysis.architecture.event(subscription.event)
            if subscription.action is not SubscriptionAction.UPDATE or subscription.set or entity is None or event is None:
                continue
            if not any(entity.field(field.name) for field in event.payload):
                yield Violation(f"/services/{index}/subscriptions/{place}", f"{event.name} changes nothing in {entity.name}")
