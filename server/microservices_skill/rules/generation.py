"""Whether the code that publishes each event can be derived."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model.changing import changeable
from microservices_skill.model.entity import Entity
from microservices_skill.model.messaging import Event
from microservices_skill.rules.analysis import Analysis
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.origins import misfit, origin_of
from microservices_skill.rules.rule import rule


@rule("unresolved-payload-field", Severity.ERROR)
def unresolved_payload_field(analysis: Analysis) -> Iterator[Violation]:
    """A payload field comes from nowhere.

    Why: the publisher cannot fill it; an older version that lives beside a newer one is filled as long as it is listed.
    Fix: name the entity's field in source, add the field to the entity, or retire the version; what a newer version renames needs
        no source.
    Source: This project's generators: an event is filled from the entity whose change publishes it;
        Chris Richardson, Microservices Patterns (2018), ch. 5: domain events
    """
    for at, event, entity in _told(analysis):
        for place, field in enumerate(event.payload):
            if origin_of(field, entity) is None:
                message = f"{field.name} of {event.name} has no field {field.source or field.name} in {entity.name}"
                yield Violation(f"{at}/payload/{place}", message)


@rule("incompatible-payload-field", Severity.ERROR)
def incompatible_payload_field(analysis: Analysis) -> Iterator[Violation]:
    """A payload field cannot hold the entity's field that it is taken from.

    Why: the publisher would send what the contract refuses.
    Fix: give both the same type, values and required.
    Source: This project's generators: an event is filled from the entity whose change publishes it;
        Chris Richardson, Microservices Patterns (2018), ch. 5: domain events
    """
    for at, event, entity in _told(analysis):
        for place, field in enumerate(event.payload):
            origin = origin_of(field, entity)
            reason = misfit(origin, field) if origin is not None else None
            if reason is not None:
                yield Violation(f"{at}/payload/{place}", f"{field.name} of {event.name}: {reason}")


@rule("event-of-two-entities", Severity.ERROR)
def event_of_two_entities(analysis: Analysis) -> Iterator[Violation]:
    """An event is published by two entities.

    Why: its payload cannot be filled from both.
    Fix: make it two events.
    Source: This project's generators: an event is filled from the entity whose change publishes it;
        Chris Richardson, Microservices Patterns (2018), ch. 5: domain events
    """
    for index, event in enumerate(analysis.architecture.events):
        entities = sorted({place.entity.name for place in analysis.emissions.get(event.name, ())})
        if len(entities) > 1:
            yield Violation(f"/events/{index}", f"{event.name} is published by {' and '.join(entities)}")


@rule("event-of-another-entity", Severity.ERROR)
def event_of_another_entity(analysis: Analysis) -> Iterator[Violation]:
    """An event names another entity than the one that publishes it.

    Why: its payload would be filled from the wrong entity.
    Fix: correct entity, or publish it where that entity changes.
    Source: This project's generators: an event is filled from the entity whose change publishes it;
        Chris Richardson, Microservices Patterns (2018), ch. 5: domain events
    """
    for index, event in enumerate(analysis.architecture.events):
        entities = {place.entity.name for place in analysis.emissions.get(event.name, ())}
        if event.entity is not None and len(entities) == 1 and event.entity not in entities:
            yield Violation(f"/events/{index}/entity", f"{event.name} names {event.entity}, but {entities.pop()} publishes it")


@rule("unchanging-event-stream", Severity.ERROR)
def unchanging_event_stream(analysis: Analysis) -> Iterator[Violation]:
    """An event-sourced entity has nothing that could change.

    Why: a stream keeps a history, and this one would end with its first event.
    Fix: leave out persistence, or give the entity a lifecycle or a field that may have two values.
    Source: Greg Young, CQRS Documents (2010): event sourcing; Chris Richardson, Microservices Patterns (2018), ch. 6
    """
    for index, service in enumerate(analysis.architecture.services):
        for place, entity in enumerate(service.entities):
            if entity.is_event_sourced and changeable(entity, service) is None:
                yield Violation(f"/services/{index}/entities/{place}/persistence", f"no field of {entity.name} has two values")


def _told(analysis: Analysis) -> Iterator[tuple[str, Event, Entity]]:
    """Every version of the events that are published: its place, with where its values come from, and its entity."""
    places = {(event.name, event.version): index for index, event in enumerate(analysis.architecture.events)}
    for name, emissions in analysis.emissions.items():
        for event in analysis.architecture.versions(name):
            yield f"/events/{places[name, event.version]}", event, emissions[0].entity
