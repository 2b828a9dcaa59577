"""What an erasure leaves of an entity: which fields hold personal data, and what stands in their place (GDPR, Art. 17).

The row stays, so that what counts on it goes on; what told of a person is gone. What a law keeps says so in ``keptBy``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from microservices_skill.model.entity import Entity
from microservices_skill.model.examples import Json, example
from microservices_skill.model.fields import Classification, Field, FieldType, Shape
from microservices_skill.model.service import Service

ERASED = "erased"
ID = "{id}"
LONG_AGO = "1900-01-01"
UNIQUE_LENGTH = len(ERASED) + 37
"""What a text must hold so that the id of its row makes it one of its kind."""


@dataclass(frozen=True, slots=True)
class Blank:
    """What stands in the place of a value: nothing, a text with or without the id of the row, a day, a number or no items."""

    field: Field
    value: Json
    has_id: bool = False


def blanks(service: Service, entity: Entity) -> tuple[Blank, ...]:
    """What an erasure writes, in the entity's order. Ask ``obstacles`` first."""
    return tuple(_blank(service, field) for field in erased_fields(service, entity))


def erased_fields(service: Service, entity: Entity) -> tuple[Field, ...]:
    """The fields that tell of a person and that no law keeps."""
    return tuple(field for field in entity.fields if not field.kept_by and is_personal(service, field))


def is_personal(service: Service, field: Field) -> bool:
    """Whether a field, or a part of the value type that it holds, is personal, health or card data."""
    if field.classification.is_sensitive:
        return field.classification is not Classification.SECRET
    held = service.value_type(_object(field) or "")
    return held is not None and any(is_personal(service, each) for each in held.fields)


def obstacles(service: Service, entity: Entity) -> Iterator[str]:
    """What keeps an entity from being erased, and what to do."""
    if entity.is_event_sourced:
        yield f"{entity.name} is event-sourced, and its events are never changed; keep personal data in another entity"
    if not erased_fields(service, entity):
        yield f"{entity.name} holds no personal data that may be erased; remove the step, or classify its fields"
    for field in erased_fields(service, entity):
        if field.required and not _has_blank(field):
            yield f"nothing can stand in the place of {field.name} of {entity.name}; make it optional (required: false)"


def _has_blank(field: Field) -> bool:
    match field.type:
        case FieldType.STRING:
            return not field.unique or (field.pattern is None and field.length_limit >= UNIQUE_LENGTH)
        case FieldType.LIST:
            return not field.min_items
        case FieldType.TEXT | FieldType.EMAIL:
            return True
        case FieldType.DATE | FieldType.INTEGER:
            return not field.unique
        case _:
            return False


def _blank(service: Service, field: Field) -> Blank:
    if not field.required:
        return Blank(field, None)
    match field.type:
        case FieldType.EMAIL:
            return Blank(field, f"{ID}@erased.invalid", has_id=True)
        case FieldType.LIST:
            return Blank(field, [])
        case FieldType.DATE:
            return Blank(field, LONG_AGO)
        case FieldType.INTEGER:
            return Blank(field, _nearest_to_zero(field))
        case _ if field.pattern is not None:
            return Blank(field, example(field, service))
        case _ if field.unique:
            return Blank(field, f"{ERASED}-{ID}", has_id=True)
        case _:
            return Blank(field, ERASED[: field.length_limit].ljust(field.min_length or 0, "-"))


def _nearest_to_zero(field: Field) -> int:
    least = 0 if field.minimum is None else max(0, field.minimum)
    return least if field.maximum is None else min(least, field.maximum)


def _object(shape: Shape) -> str | None:
    return shape.object or (shape.items.object if shape.items is not None else None)
