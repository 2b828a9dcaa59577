"""Where personal data lies, in which messages it travels and who receives it: what a record of processing asks for (GDPR, Art. 30)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.entity import Entity
from microservices_skill.model.fields import Classification, Field, FieldType
from microservices_skill.model.service import Service
from microservices_skill.model.system import Regulation

PRIVACY = frozenset({Regulation.GDPR, Regulation.CCPA, Regulation.HIPAA})


@dataclass(frozen=True, slots=True)
class Datum:
    """A field with personal data: where it lies, and the messages that carry it with those who receive them."""

    service: str
    holder: str
    field: str
    classification: Classification
    messages: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """An identity by which several services name one person or thing, and what each keeps under it."""

    reference: str
    holders: tuple[tuple[str, str], ...]


def is_asked_for(architecture: Architecture) -> bool:
    """Whether the system has to do with personal data: by its answers, or by what its fields are classified as."""
    return bool(PRIVACY & set(architecture.system.requirements.regulations)) or any(_data(architecture))


def data(architecture: Architecture) -> tuple[Datum, ...]:
    """Every such field, in the model's order."""
    return tuple(_data(architecture))


def unclassified(architecture: Architecture) -> tuple[tuple[str, str, str], ...]:
    """Fields that look like a person's and are not classified as such: service, entity, field."""
    return tuple(
        (service.name, holder, field.name)
        for service in architecture.services
        for holder, fields in _holders(service)
        for field in fields
        if not field.classification.is_sensitive and _looks_personal(field)
    )


def subjects(architecture: Architecture) -> tuple[Subject, ...]:
    """Identities under which more than one service keeps something, where personal data is among it."""
    found: dict[str, list[tuple[str, str]]] = {}
    personal = {(each.service, each.holder) for each in data(architecture)}
    for service in architecture.services:
        for entity in service.entities:
            for name in dict.fromkeys(
                (*_names_of(architecture, service, entity), *(each.name for each in entity.fields if _is_reference(each)))
            ):
                found.setdefault(name, []).append((service.name, entity.name))
        for view in service.views:
            found.setdefault(view.key, []).append((service.name, view.name))
    return tuple(
        Subject(name, tuple(holders))
        for name, holders in sorted(found.items())
        if len({service for service, _ in holders}) > 1 and personal & set(holders)
    )


def _data(architecture: Architecture) -> Iterator[Datum]:
    for service in architecture.services:
        for holder, fields in _holders(service):
            for field in fields:
                if field.classification.is_sensitive and field.classification is not Classification.SECRET:
                    yield Datum(service.name, holder, field.name, field.classification, _messages(architecture, service, holder, field))


def _holders(service: Service) -> Iterator[tuple[str, tuple[Field, ...]]]:
    yield from ((entity.name, entity.fields) for entity in service.entities)
    yield from ((view.name, view.fields) for view in service.views)
    yield from ((value.name, value.fields) for value in service.value_types)


def _messages(architecture: Architecture, service: Service, holder: str, field: Field) -> tuple[tuple[str, tuple[str, ...]], ...]:
    entity = service.entity(holder)
    own = service.events_of(entity) if entity is not None else frozenset[str]()
    return tuple(
        (f"{event.name} v{event.version}", architecture.receivers(event.name))
        for event in architecture.messages
        if event.publisher == service.name
        and (event.name in own or event not in architecture.events)
        and _carries(entity, field, event.payload)
    )


def _names_of(architecture: Architecture, service: Service, entity: Entity) -> Iterator[str]:
    """By which names others know the id of an entity: its own, and what messages call it."""
    yield entity.reference
    own = service.events_of(entity) | {each.event.name for each in architecture.saga_messages if each.event.entity == entity.name}
    for event in architecture.messages:
        if event.publisher == service.name and event.name in own:
            yield from (field.name for field in event.payload if field.source == "id")


def _carries(entity: Entity | None, field: Field, payload: tuple[Field, ...]) -> bool:
    return entity is not None and any((getattr(each, "source", None) or each.name) == field.name for each in payload)


def _looks_personal(field: Field) -> bool:
    return field.type is FieldType.EMAIL or field.name in _NAMES


def _is_reference(field: Field) -> bool:
    return field.type is FieldType.UUID and field.name.endswith("_id")


_NAMES = frozenset(
    "address birth_date birthdate birthday date_of_birth email first_name full_name iban insurance_number ip_address last_name latitude"
    " licence_number longitude mail mobile passport_number phone phone_number postcode social_security_number street surname".split()
)
