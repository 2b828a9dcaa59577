"""Whether event-sourced entities can still be read from what was told of them before."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model import wire
from microservices_skill.model.entity import Entity
from microservices_skill.model.service import Service
from microservices_skill.rules.comparison import Comparison, KeptService, value_types
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.rule import comparison_rule
from microservices_skill.rules.shapes import Kind, Record, changes


@comparison_rule("changed-persistence", Severity.WARNING)
def changed_persistence(comparison: Comparison) -> Iterator[Violation]:
    """An entity became event-sourced, or no longer is.

    Why: rows that are there have no stream, and refuse every change; or new rows have no history any more, and streams go stale.
    Fix: migrate the tables and run streams adopt before the new version takes requests; in the other direction, keep the old tables.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 6: event sourcing
    """
    for kept, place, old, new in _entities(comparison):
        if old.persistence is not new.persistence:
            said = f"{new.name} was kept as {old.persistence} and is {new.persistence}"
            yield Violation(f"{kept.at}/entities/{place}/persistence", said)


@comparison_rule("unreadable-stream-event", Severity.WARNING)
def unreadable_stream_event(comparison: Comparison) -> Iterator[Violation]:
    """A change of an event-sourced entity makes events of the version before unreadable.

    Why: events are never changed, and an entity whose stream does not fit its fields refuses every change.
    Fix: raise SCHEMA_VERSION in its upcasters and say there how older data becomes new; or make the new field required: false.
    Source: Greg Young, Versioning in an Event Sourced System (2017): upcasting
    """
    kinds = (Kind.GONE, Kind.RETYPED, Kind.NARROWED, Kind.ADDED_REQUIRED, Kind.BECAME_REQUIRED)
    for kept, place, old, new in _entities(comparison):
        if not (old.is_event_sourced and new.is_event_sourced):
            continue
        for change in changes(_record(old, kept.old), _record(new, kept.new)):
            if change.kind in kinds:
                yield Violation(_at(kept, place, new, change.field), f"the stream of {new.name}: {change.text}")


def _entities(comparison: Comparison) -> Iterator[tuple[KeptService, int, Entity, Entity]]:
    for kept in comparison.services:
        for place, entity in enumerate(kept.new.entities):
            former = kept.old.entity(entity.name)
            if former is not None:
                yield kept, place, former, entity


def _record(entity: Entity, service: Service) -> Record:
    state = wire.state_field(entity)
    return Record((*entity.fields, *((state,) if state is not None else ())), value_types(service))


def _at(kept: KeptService, place: int, entity: Entity, field: str) -> str:
    here = f"{kept.at}/entities/{place}"
    if entity.lifecycle is not None and field == entity.lifecycle.field:
        return f"{here}/lifecycle/states"
    index = next((index for index, each in enumerate(entity.fields) if each.name == field), None)
    return f"{here}/fields" if index is None else f"{here}/fields/{index}"
