"""Whether the code that reacts to each event can be derived."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model.fields import FieldType
from microservices_skill.model.service import SubscriptionAction
from microservices_skill.rules.analysis import Analysis
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.origins import misfit
from microservices_skill.rules.rule import rule


@rule("unsupplied-required-field", Severity.ERROR)
def unsupplied_required_field(analysis: Analysis) -> Iterator[Violation]:
    """A created entity lacks a required value.

    Why: the handler could never save it.
    Fix: add a set entry, a payload field of that name, or make the field required: false.
    Source: This project's generators: a handler fills or finds an entity from the event alone;
        Chris Richardson, Microservices Patterns (2018), ch. 3
    """
    for index, service in enumerate(analysis.architecture.services):
        for place, subscription in enumerate(service.subscriptions):
            entity, event = service.entity(subscription.entity), analysis.architecture.event(subscription.event)
            if entity is None or event is None:
                continue
            at = f"/services/{index}/subscriptions/{place}"
            supplied = {mapping.field for mapping in subscription.set}
            for field in entity.fields if subscription.action is SubscriptionAction.CREATE else ():
                offered = event.field(field.name)
                if field.required and field.name not in supplied and (offered is None or misfit(offered, field) is not None):
                    yield Violation(at, f"{event.name} does not supply {field.name} of {entity.name}")


@rule("incompatible-mapping", Severity.ERROR)
def incompatible_mapping(analysis: Analysis) -> Iterator[Violation]:
    """A mapped value does not fit the entity's field.

    Why: the handler would fail on every message.
    Fix: map a field of the same type.
    Source: This project's generators: a handler fills or finds an entity from the event alone;
        Chris Richardson, Microservices Patterns (2018), ch. 3
    """
    for index, service in enumerate(analysis.architecture.services):
        for place, subscription in enumerate(service.subscriptions):
            entity, event = service.entity(subscription.entity), analysis.architecture.event(subscription.event)
            if entity is None or event is None:
                continue
            at = f"/services/{index}/subscriptions/{place}"
            for number, mapping in enumerate(subscription.set):
                source, target = event.field(mapping.source), entity.field(mapping.field)
                reason = misfit(source, target) if source is not None and target is not None else None
                if reason is not None:
                    yield Violation(f"{at}/set/{number}", f"{mapping.field} of {entity.name}: {reason}")


@rule("unmatched-subscription", Severity.ERROR)
def unmatched_subscription(analysis: Analysis) -> Iterator[Violation]:
    """The event does not identify the entity that it changes.

    Why: the handler cannot find it.
    Fix: add match with id or a unique field, and a payload field that holds it.
    Source: This project's generators: a handler fills or finds an entity from the event alone;
        Chris Richardson, Microservices Patterns (2018), ch. 3
    """
    for index, service in enumerate(analysis.architecture.services):
        for place, subscription in enumerate(service.subscriptions):
            entity, event = service.entity(subscription.entity), analysis.architecture.event(subscription.event)
            if entity is None or event is None:
                continue
            at = f"/services/{index}/subscriptions/{place}"
            if subscription.action is SubscriptionAction.CREATE:
                continue
            name = subscription.match.source if subscription.match is not None else entity.reference
            key = subscription.match.field if subscription.match is not None else "id"
            source, target = event.field(name), entity.field(key)
            if source is None or not source.required:
                yield Violation(at, f"{event.name} does not always carry {name}")
            elif key != "id" and (target is None or not target.unique):
                yield Violation(f"{at}/match/field", f"{key} of {entity.name} is not unique")
            elif source.type is not (FieldType.UUID if target is None else target.type):
                yield Violation(at, f"{name} is a {source.type}, which cannot equal {key} of {entity.name}")
