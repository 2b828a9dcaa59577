"""What the tests of event-sourced entities need in every language: a field, and two values that it may have."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.errors import UnderivableError
from microservices_skill.model import wire
from microservices_skill.model.entity import Entity
from microservices_skill.model.examples import Json, example
from microservices_skill.model.fields import Field, FieldType
from microservices_skill.model.naming import snake
from microservices_skill.model.service import Service


@dataclass(frozen=True, slots=True)
class Changeable:
    """A field of an entity with two values."""

    field: Field
    first: Json
    second: Json


def stream_constant(entity: Entity) -> str:
    """The name of an entity's stream in code."""
    return f"{snake(entity.name).upper()}_STREAM"


def changeable(entity: Entity, service: Service) -> Changeable:
    """A field that tests may change: the state, or else the first one of which there are two examples.

    Raises:
        UnderivableError: nothing of the entity can change, so there is nothing to keep a history of.
    """
    state = wire.state_field(entity)
    if state is not None and len(state.values) > 1:
        return Changeable(state, state.values[0], state.values[1])
    for field in (each for each in entity.fields if each.references is None):
        first, second = (example(field, service, variant, variant) for variant in range(2))
        if field.type is FieldType.BOOLEAN:
            second = not first
        elif first == second and not field.required:
            second = None
        elif first == second and field.type is FieldType.LIST and not field.min_items:
            second = []
        if first != second:
            return Changeable(field, first, second)
    raise UnderivableError(f"persistence of {entity.name}", "no field of it has two values; keep its state instead")
