"""Services as a draft of ``architecture.yaml``, from what the monolith's document says of tables and routes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from microservices_skill.errors import SkillError
from microservices_skill.migration.monolith import Column, Monolith, Route, Table
from microservices_skill.migration.targets import usual_action
from microservices_skill.model.fields import Classification, FieldType
from microservices_skill.model.naming import pascal, plural, snake
from microservices_skill.model.service import Action, Service

Plain = dict[str, Any]

_STATE = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")


class DraftError(SkillError):
    """A service that follows from the document is not one that can be generated."""

    def __init__(self, service: str, error: ValidationError) -> None:
        first = error.errors(include_url=False)[0]
        at = "/".join(str(part) for part in first["loc"])
        super().__init__(f"{service} is no service yet: {at}: {first['msg']}; give entity or field another name in monolith.yaml")


def draft(monolith: Monolith) -> Plain:
    """What ``propose`` takes as a draft: every service that leaves, with its entities and operations."""
    return {"services": [_service(monolith, name) for name in monolith.services]}


def services(monolith: Monolith) -> dict[str, Service]:
    """The services of the draft, by name.

    Raises:
        DraftError: a name or a shape is not one of the model.

    """
    found: dict[str, Service] = {}
    for each in draft(monolith)["services"]:
        try:
            found[each["name"]] = Service.model_validate(each)
        except ValidationError as error:
            raise DraftError(each["name"], error) from error
    return found


def _service(monolith: Monolith, name: str) -> Plain:
    modules = monolith.services[name]
    said = "; ".join(dict.fromkeys(module.purpose for module in modules if module.purpose))
    known = [table for table in monolith.tables_of(name) if table.columns]
    endpoints = [each for module in modules for route in module.routes for each in _endpoint(route, known)]
    found: Plain = {"name": name, "responsibility": said or f"What the monolith's {', '.join(module.name for module in modules)} did"}
    # A draft without entities gets plain ones.
    parts = {"entities": [_entity(monolith, name, table) for table in known], "endpoints": endpoints}
    return found | {key: value for key, value in parts.items() if value}


def _entity(monolith: Monolith, service: str, table: Table) -> Plain:
    return {"name": table.target, "fields": [_field(monolith, service, column) for column in table.columns]}


def _field(monolith: Monolith, service: str, column: Column) -> Plain:
    found: Plain = {"name": column.target, "type": str(column.type)}
    if column.references is not None:
        found["type"] = str(FieldType.UUID)
        referred = monolith.tables_by_name[column.references]
        if monolith.home(referred.owner) == service and referred.columns:
            found["references"] = referred.target
    elif column.type is FieldType.ENUM:
        found |= {"values": list(column.values)} if all(map(_STATE.match, column.values)) else {"type": str(FieldType.STRING)}
    elif column.type is FieldType.STRING and column.max_length is not None:
        found["maxLength"] = column.max_length
    elif column.type is FieldType.DECIMAL:
        found |= {"precision": column.precision or 19, "scale": 4 if column.scale is None else column.scale}
    flags = {"required": (column.required, True), "unique": (column.unique, False)}
    found |= {name: value for name, (value, default) in flags.items() if value != default}
    if column.classification is not Classification.INTERNAL:
        found["classification"] = str(column.classification)
    return found


def _endpoint(route: Route, tables: list[Table]) -> Iterator[Plain]:
    table = next((each for each in tables if each.name == route.table), None)
    action = usual_action(route)
    if table is None or action is None:
        return
    entity = table.target
    name = plural(entity) if action is Action.LIST else entity
    yield {
        "operation": route.operation or f"{action}{pascal(name)}",
        "action": str(action),
        "entity": entity,
        "path": re.sub(r"\{[^}]*\}", f"{{{snake(entity)}_id}}", route.path),
    }
