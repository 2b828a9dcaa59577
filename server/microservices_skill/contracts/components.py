"""The named schemas of a service's API: value types, requests, responses, pages, money and problems."""

from __future__ import annotations

from microservices_skill.contracts.json_schema import (
    COMPONENTS,
    Schema,
    enum_schema,
    field_schema,
    money_schemas,
    object_of,
    or_null,
    referenced,
)
from microservices_skill.model import wire
from microservices_skill.model.composition import INCOMPLETE, REASONS
from microservices_skill.model.entity import Entity
from microservices_skill.model.naming import title
from microservices_skill.model.service import Service


def schemas(service: Service, *, used_by: object) -> dict[str, Schema]:
    """The schemas that ``used_by`` refers to, directly or through others, in name order."""
    known = _all(service)
    used: set[str] = set()
    frontier = _names(used_by)
    while frontier:
        used |= frontier
        frontier = set[str]().union(*(_names(known[name]) for name in frontier)) - used
    return {name: known[name] for name in sorted(used)}


def response_schema(entity: Entity) -> Schema:
    """One entity as a caller sees it: every key is there, optional values may be null."""
    if isinstance(entity, wire.ComposedRow):
        return _row_schema(entity, {INCOMPLETE: {"type": "array", "items": {"$ref": COMPONENTS + wire.INCOMPLETE_PART}}})
    if isinstance(entity, wire.ViewRow):
        return _row_schema(entity, {"as_of": {"type": "string", "format": "date-time"}})
    state = wire.state_field(entity)
    fields = (*entity.fields, *((state,) if state is not None else ()))
    properties: dict[str, Schema] = {"id": {"type": "string", "format": "uuid"}}
    properties |= {field.name: field_schema(field) for field in fields}
    properties |= {
        "version": {"type": "integer"},
        "created_at": {"type": "string", "format": "date-time"},
        "updated_at": {"type": "string", "format": "date-time"},
    }
    return {"title": title(entity.name), "type": "object", **_described(entity.description), "properties": properties} | {
        "required": list(properties)
    }


def _row_schema(row: wire.ViewRow, more: Schema) -> Schema:
    """One row of a view with as of when its sources are known, or a composition with what it lacks."""
    properties: dict[str, Schema] = {row.key: {"type": "string", "format": "uuid"}}
    properties |= {field.name: field_schema(field) for field in row.fields}
    properties |= more
    return {"title": title(row.name), "type": "object", **_described(row.description), "properties": properties} | {
        "required": list(properties)
    }


def page_schema(entity: Entity) -> Schema:
    """A page of entities and the cursor of the next one."""
    return {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": {"$ref": COMPONENTS + wire.response_name(entity)}},
            "next_cursor": or_null({"type": "string", "format": "uuid"}),
        },
        "required": ["items", "next_cursor"],
    }


def problem_schema() -> Schema:
    """Problem details (RFC 9457), with each fault of an invalid request."""
    return {
        "type": "object",
        "description": "Problem details (RFC 9457)",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": or_null({"type": "string"}) | {"default": None},
            "errors": {"type": "array", "items": {"$ref": f"{COMPONENTS}FieldProblem"}},
        },
        "required": ["type", "title", "status", "detail"],
    }


def field_problem_schema() -> Schema:
    """What is wrong with one part of a request."""
    return {
        "type": "object",
        "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
        "required": ["pointer", "detail"],
    }


def incomplete_part_schema() -> Schema:
    """A part that a composition's answer lacks, or does not have in full, and why."""
    return {
        "type": "object",
        "description": "A part that is missing, or not shown in full",
        "properties": {"part": {"type": "string"}, "reason": enum_schema(REASONS)},
        "required": ["part", "reason"],
    }


def _all(service: Service) -> dict[str, Schema]:
    found = money_schemas() | {"FieldProblem": field_problem_schema(), "Problem": problem_schema()}
    found |= {value.name: object_of(value.fields, closed=True) | _described(value.description) for value in service.value_types}
    for entity in (*service.entities, *map(wire.row_of, service.views)):
        found[wire.response_name(entity)] = response_schema(entity)
        found[wire.page_name(entity)] = page_schema(entity)
    for row in map(wire.composed_row, service.compositions):
        found[wire.response_name(row)] = response_schema(row)
        found[wire.INCOMPLETE_PART] = incomplete_part_schema()
    for operation in wire.operations(service):
        if operation.request_name is not None:
            found[operation.request_name] = object_of(operation.request_fields, closed=True)
    return found


def _described(text: str) -> Schema:
    return {"description": text} if text else {}


def _names(schema: object) -> set[str]:
    return {ref.removeprefix(COMPONENTS) for ref in referenced(schema) if ref.startswith(COMPONENTS)}
