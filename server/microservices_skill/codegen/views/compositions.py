"""What the compositions of a service need in every language: their parts, with whom each asks and what it shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from microservices_skill.codegen.errors import UnderivableError
from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.composing import Asked, asked_of
from microservices_skill.model.composition import Composition
from microservices_skill.model.examples import Json, example
from microservices_skill.model.service import Service
from microservices_skill.model.wire import ComposedRow, Operation

IDENTITY = "01890a5d-ac96-774b-bcce-b302099a8000"


@dataclass(frozen=True, slots=True)
class Composed:
    """A composition with the answers that it is made of, and the operations that read it."""

    composition: Composition
    row: ComposedRow
    parts: tuple[Asked, ...]
    operations: tuple[Operation, ...]


def composed_of(architecture: Architecture, service: Service) -> tuple[Composed, ...]:
    """The compositions of a service, in the model's order.

    Raises:
        UnderivableError: nothing fills a field that must be there.
    """
    return tuple(_composed(architecture, service, each) for each in service.compositions)


def shown_values(composed: Iterable[Composed]) -> list[str]:
    """The value types that parts show, in name order."""
    return sorted({asked.shown.name for each in composed for asked in each.parts})


def answer_of(asked: Asked) -> Json:
    """An example of what the asked service answers, with every value that is shown."""
    fields = {field.name: field for field in asked.shown.fields}
    values = {
        attribute: IDENTITY if attribute == "id" else example(fields[target], asked.provider)
        for target, attribute in asked.attributes.items()
    }
    return {"items": [values], "next_cursor": None} if asked.part.is_list else values


def _composed(architecture: Architecture, service: Service, composition: Composition) -> Composed:
    parts = asked_of(architecture, service, composition)
    for asked in parts:
        missing = [field.name for field in asked.shown.fields if field.required and field.name not in asked.attributes]
        if missing:
            raise UnderivableError(f"part {asked.part.name} of {composition.name}", f"{asked.operation.id} answers no {missing[0]}")
    operations = tuple(each for each in wire.operations(service) if each.is_composed and each.entity.name == composition.name)
    return Composed(composition, wire.composed_row(composition), parts, operations)
