"""Whether subscribers of the version before still get the events that they read."""

from __future__ import annotations

import json
from collections.abc import Iterator

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.messaging import Event
from microservices_skill.rules.comparison import Comparison, KeptEvent, value_types
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.rule import comparison_rule
from microservices_skill.rules.shapes import Change, Kind, Record, changes


@comparison_rule("removed-event", Severity.ERROR)
def removed_event(comparison: Comparison) -> Iterator[Violation]:
    """A version of an event that was published is gone.

    Why: its subscribers, in and outside the system, wait for it in vain; a warning where nobody reads it.
    Fix: keep it beside the new version until every subscriber has moved; remove subscriptions and externalConsumers first.
    Source: Confluent, Schema Evolution and Compatibility: forward compatibility, upgrade the consumers before the producer
    """
    now = {(event.name, event.version) for event in comparison.new.events}
    for index, event in enumerate(comparison.old.events):
        if (event.name, event.version) in now:
            continue
        audience = comparison.readers(event)
        had_newer = any(
            (event.name, each.version) in now for each in comparison.old.events_by_name[event.name] if each.version > event.version
        )
        if not had_newer or audience.outside:
            yield audience.violation("/events", f"{event.name} version {event.version} is gone (it was /events/{index})")


@comparison_rule("superseded-event", Severity.WARNING)
def superseded_event(comparison: Comparison) -> Iterator[Violation]:
    """A newer version takes the place of one that has subscribers.

    Why: only versions that are listed are published and read; subscribers that run still wait for the one that is gone, and
        those that are deployed first hear nothing of a publisher that runs.
    Fix: keep the older version in events beside the newer one until every subscriber reads the newer; then remove it.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 5: Emulate the old interface
    """
    listed = {(event.name, event.version) for event in comparison.new.events}
    for index, event in enumerate(comparison.new.events):
        before = comparison.old.event(event.name)
        if before is None or event.version <= before.version or comparison.new.event(event.name) is not event:
            continue
        audience = comparison.readers(before)
        if not audience.is_nobody and (event.name, before.version) not in listed:
            message = f"{event.name} version {event.version} takes the place of version {before.version}; paste back {_yaml(before)}"
            yield audience.violation(f"/events/{index}/version", message)


@comparison_rule("retired-event-version", Severity.WARNING)
def retired_event_version(comparison: Comparison) -> Iterator[Violation]:
    """An older version of an event, which lived beside a newer one, is retired.

    Why: its publisher stops telling it and its subscribers stop reading it; one that runs without the newer version hears no more.
    Fix: deploy every subscriber that is named with the newer version first, see that events_consumed_total of the older type counts
        no more than duplicates, deploy the publisher before the subscribers, and accept this.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 5: Managing breaking changes
    """
    listed = {(event.name, event.version) for event in comparison.new.events}
    for name, versions in comparison.old.events_by_name.items():
        kept = [each.version for each in versions if (name, each.version) in listed]
        for event in versions:
            audience = comparison.readers(event)
            if kept and event.version < kept[-1] and event.version not in kept and audience.services and not audience.outside:
                message = f"{name} version {event.version} is retired, version {kept[-1]} stays"
                yield audience.violation("/events", message)


@comparison_rule("breaking-event-change", Severity.ERROR)
def breaking_event_change(comparison: Comparison) -> Iterator[Violation]:
    """An event's payload changed under the same version so that its readers break.

    Why: a subscriber holds messages against the schema that it was built with, and puts this one aside as faulty.
    Fix: make it version N+1 and keep version N beside it, as the finding spells it; remove N once every subscriber reads N+1.
    Source: Confluent, Schema Evolution and Compatibility: a new version must stay readable with the old schema
    """
    for kept in comparison.events:
        for change in _changes(comparison, kept):
            if change.kind in (Kind.GONE, Kind.RETYPED, Kind.GENERALISED, Kind.BECAME_OPTIONAL):
                advice = f"make it version {_next(comparison, kept)} and keep version {kept.new.version} beside it: paste {_yaml(kept.old)}"
                message = f"{kept.new.name} version {kept.new.version}: {change.text}; {advice}"
                yield kept.audience.violation(_place(kept, change), message)


@comparison_rule("widened-event", Severity.WARNING)
def widened_event(comparison: Comparison) -> Iterator[Violation]:
    """An event may carry values that it never carried under this version: a new enum value, a longer text.

    Why: a subscriber holds messages against the schema that it was built with, and puts the first such one aside as faulty.
    Fix: deploy the subscribers with the new schema before the publisher, or publish version N+1.
    Source: Confluent, Schema Evolution and Compatibility: forward compatibility, upgrade the consumers before the producer
    """
    for kept in comparison.events:
        for change in _changes(comparison, kept):
            if change.kind is Kind.WIDENED:
                yield kept.audience.violation(_place(kept, change), f"{kept.new.name} version {kept.new.version}: {change.text}")


@comparison_rule("new-required-event-field", Severity.WARNING)
def new_required_event_field(comparison: Comparison) -> Iterator[Violation]:
    """An event must carry a field that messages under way do not have.

    Why: a subscriber with the new schema refuses what was published before: what waits in queues, and what is replayed.
    Fix: make the field required: false in this version, or publish version N+1; or deploy the publisher first and let queues drain.
    Source: Confluent, Schema Evolution and Compatibility: backward compatibility, only optional fields may be added
    """
    for kept in comparison.events:
        for change in _changes(comparison, kept):
            if change.kind in (Kind.ADDED_REQUIRED, Kind.BECAME_REQUIRED) and not kept.audience.is_nobody:
                yield kept.audience.violation(_place(kept, change), f"{kept.new.name} version {kept.new.version}: {change.text}")


@comparison_rule("changed-ordering-key", Severity.WARNING)
def changed_ordering_key(comparison: Comparison) -> Iterator[Violation]:
    """An event is ordered by another key than before.

    Why: events of one thing travel another way than those before them, and may overtake them.
    Fix: let the queues drain between the old and the new publisher, or publish version N+1.
    Source: Martin Kleppmann, Designing Data-Intensive Applications (2017), ch. 11: Partitioned logs
    """
    for kept in comparison.events:
        was, became = kept.old.ordering_key, kept.new.ordering_key
        if was != became:
            message = f"{kept.new.name} version {kept.new.version} is ordered by {became or 'nothing'}, was {was or 'nothing'}"
            yield kept.audience.violation(f"{kept.at}/orderingKey", message)


@comparison_rule("changed-publisher", Severity.WARNING)
def changed_publisher(comparison: Comparison) -> Iterator[Violation]:
    """An event is published by another service than before.

    Why: while both are deployed it is published twice or not at all, and no order holds between the two.
    Fix: let the new service publish under a new version, move the subscribers, then stop the old one.
    Source: Sam Newman, Monolith to Microservices (2019), ch. 4: Change data ownership
    """
    for kept in comparison.events:
        if kept.old.publisher != kept.new.publisher:
            message = f"{kept.new.name} version {kept.new.version} is published by {kept.new.publisher}, was {kept.old.publisher}"
            yield kept.audience.violation(f"{kept.at}/publisher", message)


@comparison_rule("silenced-event", Severity.ERROR)
def silenced_event(comparison: Comparison) -> Iterator[Violation]:
    """An event is still defined, but nothing publishes it any more.

    Why: its subscribers wait for it in vain, and no error shows it.
    Fix: name it in publishes of an endpoint, a transition or a subscription of its publisher, or remove event and subscriptions.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 5: Avoiding breaking changes
    """
    silenced = _emitted(comparison.old) - _emitted(comparison.new)
    for kept in comparison.events:
        if kept.new.name in silenced:
            yield kept.audience.violation(kept.at, f"nothing publishes {kept.new.name} any more")


def _changes(comparison: Comparison, kept: KeptEvent) -> Iterator[Change]:
    old = Record(kept.old.payload, value_types(comparison.old.service(kept.old.publisher)))
    return changes(old, Record(kept.new.payload, value_types(comparison.new.service(kept.new.publisher))))


def _place(kept: KeptEvent, change: Change) -> str:
    place = next((index for index, field in enumerate(kept.new.payload) if field.name == change.field), None)
    return f"{kept.at}/payload" if place is None else f"{kept.at}/payload/{place}"


def _next(comparison: Comparison, kept: KeptEvent) -> int:
    return comparison.new.events_by_name[kept.new.name][-1].version + 1


def _yaml(event: Event) -> str:
    """An event as an item of ``events``, to paste."""
    said = event.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True) | {"version": event.version}
    return f"- {json.dumps(said, ensure_ascii=False)}"


def _emitted(architecture: Architecture) -> frozenset[str]:
    found: set[str] = set()
    for service in architecture.services:
        found.update(name for endpoint in service.endpoints for name in endpoint.publishes)
        found.update(name for subscription in service.subscriptions for name in subscription.publishes)
        lifecycles = (entity.lifecycle for entity in service.entities if entity.lifecycle is not None)
        found.update(name for lifecycle in lifecycles for transition in lifecycle.transitions for name in transition.publishes)
    return frozenset(found)
