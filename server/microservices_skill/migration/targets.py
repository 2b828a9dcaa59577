"""What a service that leaves takes over: its entities with the columns that fill them, and its operations with the requests that they take.

Where the architecture has the service already, its entities and operations are the target; else the draft's are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from microservices_skill.migration.checks import Fault, pattern
from microservices_skill.migration.monolith import Column, Monolith, Route, Table
from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.entity import Entity
from microservices_skill.model.fields import Field, FieldType
from microservices_skill.model.service import Action, Service


@dataclass(frozen=True, slots=True)
class Pair:
    """A column and the field that takes it."""

    column: Column
    field: Field


@dataclass(frozen=True, slots=True)
class Move:
    """A table and the entity that takes its rows."""

    table: Table
    entity: Entity
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """Requests of the monolith and the path on which the service answers them; none where no operation does yet."""

    route: Route
    path: str | None

    @property
    def is_read(self) -> bool:
        """Whether they change nothing."""
        return str(self.route.method) == "GET"


@dataclass(frozen=True, slots=True)
class Target:
    """A service, the tables that move into it, and the requests that it takes over."""

    service: Service
    moves: tuple[Move, ...]
    passages: tuple[Passage, ...]


def target(monolith: Monolith, service: Service) -> Target:
    """What a service takes over."""
    tables = monolith.tables_of(service.name)
    moves = [
        Move(table, entity, tuple(_pairs(table, entity)))
        for table in tables
        if table.columns and (entity := service.entity(table.target)) is not None
    ]
    passages = [Passage(route, _path(monolith, service, route)) for module in monolith.services[service.name] for route in module.routes]
    return Target(service, tuple(moves), tuple(passages))


def names(of: Target) -> dict[str, object]:
    """How names of the monolith's answers read in the service's: its fields by columns, its paths by regular expressions."""
    fields = {pair.column.name: pair.field.name for move in of.moves for pair in move.pairs}
    paths = [list(_translation(each.route.path, each.path)) for each in of.passages if each.is_read and each.path is not None]
    return {"fields": fields, "paths": paths}


def _translation(ours: str, theirs: str) -> tuple[str, str]:
    """What matches a path, query included, and what takes its place."""
    numbers = count(1)
    replaced = re.sub(r"\{[^}]*\}", lambda _: f"\\{next(numbers)}", theirs)
    matched = re.sub(r"\{[^}]*\}", "([^/?]+)", ours)
    return rf"^{matched}(?=\?|$)", replaced


def gaps(monolith: Monolith, architecture: Architecture) -> Iterator[Fault]:
    """Where the monolith and an architecture that is there do not fit, as faults of ``monolith.yaml``."""
    for index, table in enumerate(monolith.tables):
        service = architecture.service(monolith.home(table.owner))
        if service is None or not table.columns:
            continue
        entity = service.entity(table.target)
        at = f"/tables/{index}"
        if entity is None:
            known = ", ".join(each.name for each in service.entities) or "none"
            yield f"{at}/entity", f"{service.name} has no entity {table.target}; name one that takes the rows of {table.name}: {known}"
            continue
        yield from _unfit(at, table, entity)


def _unfit(at: str, table: Table, entity: Entity) -> Iterator[Fault]:
    known = {field.name: field for field in _fields(entity)}
    for place, column in enumerate(table.columns):
        field = known.get(column.target)
        if field is None:
            yield f"{at}/columns/{place}", f"{entity.name} has no field {column.target}; name one in field, or add it to the entity"
        elif not column.required and field.required:
            yield f"{at}/columns/{place}", f"{column.name} may be empty, {entity.name}.{field.name} may not; give it required: false"
    taken = {column.target for column in table.columns}
    for field in known.values():
        if field.required and field.name not in taken:
            yield f"{at}/columns", f"no column fills {entity.name}.{field.name}; name it, or give the field required: false"
        elif field.type is FieldType.MONEY and field.name in taken:
            yield f"{at}/columns", f"{entity.name}.{field.name} is money, which is two columns; a script for it is not made yet"


def _fields(entity: Entity) -> Sequence[Field]:
    state = wire.state_field(entity)
    return entity.fields if state is None else (*entity.fields, state)


def _pairs(table: Table, entity: Entity) -> Iterator[Pair]:
    fields = {field.name: field for field in _fields(entity)}
    for column in table.columns:
        if column.target in fields:
            yield Pair(column, fields[column.target])


def _path(monolith: Monolith, service: Service, route: Route) -> str | None:
    """The path of the operation that answers a route: the one that it names, or the usual one of its table."""
    operations = [each for each in wire.operations(service) if each.method == str(route.method)]
    if route.operation:
        return next((each.path for each in operations if each.id == route.operation), None)
    table = monolith.tables_by_name.get(route.table or "")
    wanted = [each for each in operations if table is not None and each.entity.name == table.target]
    alike = [each for each in wanted if each.endpoint.action is usual_action(route)]
    shape = pattern(route.path).count("{}")
    return next((each.path for each in alike if pattern(each.path).count("{}") == shape), None)


def usual_action(route: Route) -> Action | None:
    """What a method on a collection or on one thing does in most APIs; nothing where a path says more than that."""
    parts = route.path.strip("/").split("/")
    parameters = sum(part.startswith("{") for part in parts)
    is_one = parts[-1].startswith("{") and parameters == 1
    if is_one:
        return {"GET": Action.GET, "PUT": Action.UPDATE, "DELETE": Action.DELETE}.get(str(route.method))
    return {"GET": Action.LIST, "POST": Action.CREATE}.get(str(route.method)) if not parameters else None
