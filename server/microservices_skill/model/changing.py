"""Whether an entity can change at all, and by which values: what is event-sourced must."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.model import wire
from microservices_skill.model.entity import Entity
from microservices_skill.model.examples import Json, example
from microservices_skill.model.fields import Field, FieldType
from microservices_skill.model.service import Service


@dataclass(frozen=True, slots=True)
class Changeable:
    """A field of an entity with two values."""

    field: Field
    first: Json
    second: Json


def changeable(entity: Entity, service: Service) -> Changeable | None:
    """A field that can change: the state, or else the first one of which there are two examples."""
    state = wire.state_field(entity)
    if state is not None and len(state.values) > 1:
        return Changeable(state, state.values[0], state.values[1])
    for field in (each for each in entity.fields if each.references is None):
        first, second = (example(field, service, variant, variant) for variant in range(2))
        if field.type is FieldType.BOOLEAN:
            second = not first
        elif field.type is FieldType.ENUM and len(field.values) > 1:
            first, second = field.values[:2]
        elif first == second and not field.required:
            second = None
        elif first == second and field.type is FieldType.LIST and not field.min_items:
            second = []
        if first != second:
            return Changeable(field, first, second)
    return None
