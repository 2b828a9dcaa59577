"""What the tests of event-sourced entities need in every language: a field, and two values that it may have."""

from __future__ import annotations

from microservices_skill.codegen.errors import UnderivableError
from microservices_skill.model import changing
from microservices_skill.model.changing import Changeable
from microservices_skill.model.entity import Entity
from microservices_skill.model.naming import snake
from microservices_skill.model.service import Service


def stream_constant(entity: Entity) -> str:
    """The name of an entity's stream in code."""
    return f"{snake(entity.name).upper()}_STREAM"


def changeable(entity: Entity, service: Service) -> Changeable:
    """A field that tests may change.

    Raises:
        UnderivableError: nothing of the entity can change, so there is nothing to keep a history of.
    """
    found = changing.changeable(entity, service)
    if found is None:
        raise UnderivableError(f"persistence of {entity.name}", "no field of it has two values; keep its state instead")
    return found
