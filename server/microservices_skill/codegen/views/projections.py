"""The views of a service as its code in any language needs them: what fills them, and how they are read and rebuilt."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.errors import UnderivableError
from microservices_skill.model import projection, wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.fields import Field
from microservices_skill.model.messaging import Event
from microservices_skill.model.projection import Fact, Origin
from microservices_skill.model.service import Service
from microservices_skill.model.view import View
from microservices_skill.model.wire import Operation, ViewRow


@dataclass(frozen=True, slots=True)
class ItemList:
    """A list of a view with an item for each entity of an origin."""

    field: Field
    item: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Projection:
    """A view with all that its code needs."""

    view: View
    row: ViewRow
    origins: tuple[Origin, ...]
    facts: tuple[Fact, ...]
    lists: tuple[ItemList, ...]
    operations: tuple[Operation, ...]

    @property
    def columns(self) -> tuple[Field, ...]:
        """The fields that have columns, each empty until it is told: all but its lists."""
        own = (field for field in self.view.fields if field.name not in self.view.lists)
        return tuple(field.model_copy(update={"required": False}) for field in own)

    @property
    def required(self) -> tuple[str, ...]:
        """The fields without which a row is not shown."""
        return tuple(field.name for field in self.view.fields if field.required and field.name not in self.view.lists)

    @property
    def filters(self) -> tuple[str, ...]:
        """The fields that its lists are filtered by, in name order."""
        return tuple(sorted({field.name for operation in self.operations for field in operation.filters}))


def projections_of(architecture: Architecture, service: Service) -> tuple[Projection, ...]:
    """The views of a service, in the model's order.

    Raises:
        UnderivableError: an entity that fills one cannot be listed, so that it could not be rebuilt.
    """
    return tuple(_projection(architecture, service, view) for view in service.views)


def events_of(projections: tuple[Projection, ...]) -> dict[str, Event]:
    """The events that feed views, by name."""
    return {fact.event.name: fact.event for each in projections for fact in each.facts}


def reading_of(origin: Origin, view: View) -> Operation:
    """The operation that lists an origin.

    Raises:
        UnderivableError: there is none.
    """
    if origin.reading is None:
        what = f"a rebuild cannot read {origin.entity.name} of {origin.publisher.name}; depend on an operation that lists it"
        raise UnderivableError(f"view {view.name}", what)
    return origin.reading


def _projection(architecture: Architecture, service: Service, view: View) -> Projection:
    origins = projection.origins_of(architecture, service, view)
    for origin in origins:
        reading_of(origin, view)
    lists = tuple(
        ItemList(field, field.items.object, projection.item_fields(service, view, field.name))
        for field in view.fields
        if field.name in view.lists and field.items is not None and field.items.object is not None
    )
    operations = tuple(each for each in wire.operations(service) if each.is_on_view and each.entity.name == view.name)
    return Projection(view, wire.row_of(view), origins, projection.facts_of(architecture, service, view), lists, operations)
