"""Whether each view can be filled from its sources, kept true by their events, and built anew."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.fields import Field
from microservices_skill.model.projection import Fact, Origin, Told, facts_of, has_happened, item_fields, origins_of, telling_events
from microservices_skill.model.service import Action, Service, SubscriptionAction
from microservices_skill.model.view import View
from microservices_skill.rules.analysis import Analysis
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.origins import misfit
from microservices_skill.rules.rule import rule


@rule("unfilled-view-field", Severity.ERROR)
def unfilled_view_field(analysis: Analysis) -> Iterator[Violation]:
    """No source fills a field of a view.

    Why: a row without a required value is never shown, and an optional value would always be missing.
    Fix: take it from an event in set, add it to a payload, or remove the field.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 7: CQRS views
    """
    for at, service, view in _views(analysis.architecture):
        facts = facts_of(analysis.architecture, service, view)
        filled = {(fact.source.into, value.target) for fact in facts for value in fact.values}
        for place, field in enumerate(view.fields):
            if field.name not in view.lists and (None, field.name) not in filled:
                yield Violation(f"{at}/fields/{place}", f"no source of {view.name} fills {field.name}")
            if field.name in view.lists:
                for inner in item_fields(service, view, field.name):
                    if (field.name, inner.name) not in filled:
                        yield Violation(f"{at}/fields/{place}", f"no source of {view.name} fills {inner.name} of {field.name}")


@rule("incompatible-view-source", Severity.ERROR)
def incompatible_view_source(analysis: Analysis) -> Iterator[Violation]:
    """A value of an event does not fit the view's field that it fills.

    Why: the event would be put aside, or the row never be complete.
    Fix: give both the same type, values and required.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 7: CQRS views
    """
    for at, service, view in _views(analysis.architecture):
        for fact in facts_of(analysis.architecture, service, view):
            targets = {field.name: field for field in _targets(service, view, fact)}
            for value in fact.values:
                source, target = fact.event.field(value.payload), targets.get(value.target)
                reason = misfit(source, target) if source is not None and target is not None else None
                if reason is not None:
                    yield Violation(f"{at}/sources/{fact.place}", f"{value.target} of {view.name} by {fact.event.name}: {reason}")


@rule("unrebuildable-view", Severity.ERROR)
def unrebuildable_view(analysis: Analysis) -> Iterator[Violation]:
    """An entity that fills a view cannot be listed by the view's service.

    Why: a broker forgets events, so a new view, or one that lost some, could never be built anew.
    Fix: offer an operation with action: list, and depend on it (critical: false, as only rebuilds call it).
    Source: Chris Richardson, Microservices Patterns (2018), ch. 7: adding and updating CQRS views
    """
    for at, service, view in _views(analysis.architecture):
        for origin in origins_of(analysis.architecture, service, view):
            if origin.reading is None:
                lists = [each.id for each in wire.operations(origin.publisher) if _lists(each, origin)]
                missing = f"depend on {lists[0]}" if lists else "it offers no operation that lists it"
                said = f"{view.name} cannot be rebuilt from {origin.entity.name} of {origin.publisher.name}: {missing}"
                yield Violation(f"{at}/sources/{origin.facts[0].place}", said)


@rule("undecidable-view-field", Severity.ERROR)
def undecidable_view_field(analysis: Analysis) -> Iterator[Violation]:
    """An entity's state does not say whether an event of a view has happened.

    Why: a rebuild reads entities as they are now, and would show what no event has told, or leave out what one has.
    Fix: let the event that tells of its creation fill the value too, or end in states that are reached by this event only.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 7: adding and updating CQRS views
    """
    for at, service, view in _views(analysis.architecture):
        for origin in origins_of(analysis.architecture, service, view):
            where = f"{at}/sources/{origin.facts[0].place}"
            for value in origin.values:
                events = telling_events(origin, value.target)
                for state in _undecided(origin, events):
                    told = f"whether {' or '.join(sorted(events))} has told {value.target} of a {origin.entity.name}"
                    yield Violation(where, f"{told} that is {state}" if state else told)
            deleting = frozenset(fact.event.name for fact in origin.facts if fact.deletes)
            for state in _undecided(origin, deleting):
                yield Violation(where, f"whether {' or '.join(sorted(deleting))} has taken away a {origin.entity.name} that is {state}")


@rule("stale-view-field", Severity.WARNING)
def stale_view_field(analysis: Analysis) -> Iterator[Violation]:
    """Something changes an entity and no event tells the view.

    Why: the view goes on showing what no longer is, until it is rebuilt.
    Fix: publish an event of the change, and name it among the view's sources.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 7: CQRS views
    """
    for at, service, view in _views(analysis.architecture):
        for origin in origins_of(analysis.architecture, service, view):
            where = f"{at}/sources/{origin.facts[0].place}"
            for value in origin.values:
                for change in _silent(origin, value):
                    yield Violation(where, f"{change} changes {value.attribute} of {origin.entity.name}, and no event tells {view.name}")
            deleting = {fact.event.name for fact in origin.facts if fact.deletes}
            for endpoint in origin.publisher.endpoints:
                if endpoint.entity == origin.entity.name and endpoint.action is Action.DELETE and not deleting & set(endpoint.publishes):
                    yield Violation(where, f"{endpoint.operation} deletes a {origin.entity.name}, and no event tells {view.name}")


def _views(architecture: Architecture) -> Iterator[tuple[str, Service, View]]:
    for index, service in enumerate(architecture.services):
        for place, view in enumerate(service.views):
            yield f"/services/{index}/views/{place}", service, view


def _targets(service: Service, view: View, fact: Fact) -> tuple[Field, ...]:
    return view.fields if fact.source.into is None else item_fields(service, view, fact.source.into)


def _lists(operation: wire.Operation, origin: Origin) -> bool:
    return operation.action is Action.LIST and operation.entity.name == origin.entity.name


def _undecided(origin: Origin, events: frozenset[str]) -> list[str]:
    flags = has_happened(origin.publisher, origin.entity, events)
    return [state for state, each in flags.items() if len(each) > 1]


def _silent(origin: Origin, value: Told) -> Iterator[str]:
    """What changes an attribute without an event that fills the value."""
    publisher, entity = origin.publisher, origin.entity
    events = telling_events(origin, value.target)
    for operation in wire.operations(publisher):
        names = {field.name for field in operation.request_fields}
        if operation.entity is not entity or value.attribute not in names or operation.action is Action.CREATE:
            continue
        step = entity.lifecycle.transition(operation.endpoint.transition or "") if entity.lifecycle is not None else None
        if not events & set(step.publishes if step is not None else operation.endpoint.publishes):
            yield operation.id
    for subscription in publisher.subscriptions:
        is_change = subscription.entity == entity.name and subscription.action is SubscriptionAction.UPDATE
        is_set = any(mapping.field == value.attribute for mapping in subscription.set)
        if is_change and is_set and not events & set(subscription.publishes):
            yield f"the reaction to {subscription.event}"
    if entity.lifecycle is not None and value.attribute == entity.lifecycle.field:
        for transition in entity.lifecycle.transitions:
            if (value.states is None or transition.to in value.states) and not events & set(transition.publishes):
                yield f"the transition {transition.name}"
