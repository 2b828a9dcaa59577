"""Shapes of the model as JSON Schema, spelled as pydantic spells them, so that contract and code can be held equal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from microservices_skill.model.fields import MAX_SAFE_INTEGER, Field, FieldType, Shape

Schema = dict[str, Any]
"""A JSON Schema as JSON-like data."""

COMPONENTS = "#/components/schemas/"
NO_NUL = r"^[^\u0000]*$"
EMAIL = r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"
CURRENCY = "^[A-Z]{3}$"
_PLAIN: dict[FieldType, Schema] = {
    FieldType.BOOLEAN: {"type": "boolean"},
    FieldType.UUID: {"type": "string", "format": "uuid"},
    FieldType.DATE: {"type": "string", "format": "date"},
    FieldType.DATETIME: {"type": "string", "format": "date-time"},
    FieldType.EMAIL: {"type": "string", "maxLength": 320, "pattern": EMAIL},
}


def schema_of(shape: Shape, *, refs: str = COMPONENTS, prefix: str = "") -> Schema:
    """The schema of a value; value types and money are references below ``refs``, value types with ``prefix``."""
    match shape.type:
        case FieldType.STRING | FieldType.TEXT:
            return _text(shape)
        case FieldType.MONEY:
            return {"$ref": f"{refs}{money_name(shape)}"}
        case FieldType.OBJECT:
            return {"$ref": f"{refs}{prefix}{shape.object}"}
        case FieldType.ENUM:
            return enum_schema(shape.values)
        case FieldType.LIST:
            return _list(shape, refs=refs, prefix=prefix)
        case FieldType.INTEGER | FieldType.NUMBER | FieldType.DECIMAL:
            return _number(shape)
        case _:
            return dict(_PLAIN[shape.type])


def field_schema(field: Field, *, refs: str = COMPONENTS, prefix: str = "", nullable: bool | None = None) -> Schema:
    """A field's schema with its description; optional fields take null unless ``nullable`` says otherwise."""
    schema = schema_of(field, refs=refs, prefix=prefix)
    if nullable if nullable is not None else not field.required:
        schema = or_null(schema)
    return schema | ({"description": field.description} if field.description else {})


def object_of(fields: Iterable[Field], *, closed: bool, refs: str = COMPONENTS, prefix: str = "") -> Schema:
    """An object of ``fields``; ``closed`` refuses any other key."""
    offered = tuple(fields)
    schema: Schema = {"type": "object", "properties": {each.name: field_schema(each, refs=refs, prefix=prefix) for each in offered}}
    required = [each.name for each in offered if each.required]
    if required:
        schema["required"] = required
    if closed:
        schema["additionalProperties"] = False
    return schema


def or_null(schema: Schema) -> Schema:
    """``schema``, or null in its place."""
    return {"anyOf": [schema, {"type": "null"}]}


def enum_schema(values: tuple[str, ...]) -> Schema:
    """One of some words; a single word is a constant."""
    return {"const": values[0], "type": "string"} if len(values) == 1 else {"enum": list(values), "type": "string"}


def money_name(shape: Shape) -> str:
    """``Amount`` for money that is never negative, else ``Money``."""
    return "Amount" if shape.minimum == 0 else "Money"


def money_schemas() -> dict[str, Schema]:
    """Money of either sign, and money that is not negative."""
    return {"Amount": _money(0), "Money": _money(-MAX_SAFE_INTEGER)}


def _money(minimum: int) -> Schema:
    return {
        "type": "object",
        "description": "An amount in the smallest unit of its currency (ISO 4217): never a float",
        "properties": {
            "minor_units": {"type": "integer", "minimum": minimum, "maximum": MAX_SAFE_INTEGER},
            "currency": {"type": "string", "pattern": CURRENCY},
        },
        "required": ["minor_units", "currency"],
        "additionalProperties": False,
    }


def decimal_pattern(shape: Shape) -> str:
    """The spelling of an exact decimal: no leading zeros, no exponent, at most as many digits as it holds."""
    precision, scale = shape.digits
    sign = "" if shape.minimum is not None and shape.minimum >= 0 else "-?"
    whole = f"(0|[1-9][0-9]{{0,{precision - scale - 1}}})" if precision > scale else "0"
    fraction = rf"(\.[0-9]{{1,{scale}}})?" if scale else ""
    return f"^{sign}{whole}{fraction}$"


def referenced(schema: object) -> set[str]:
    """Every ``$ref`` inside a schema."""
    match schema:
        case dict():
            own = {schema["$ref"]} if isinstance(schema.get("$ref"), str) else set()
            return own.union(*(referenced(value) for value in schema.values()))
        case list():
            return set[str]().union(*(referenced(value) for value in schema))
        case _:
            return set()


def _text(shape: Shape) -> Schema:
    least = {"minLength": shape.min_length} if shape.min_length is not None else {}
    return {"type": "string", **least, "maxLength": shape.length_limit, "pattern": shape.pattern or NO_NUL}


def _number(shape: Shape) -> Schema:
    if shape.type is FieldType.DECIMAL:
        return {"type": "string", "pattern": decimal_pattern(shape)}
    least, most = (-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER) if shape.type is FieldType.INTEGER else (None, None)
    minimum = least if shape.minimum is None else shape.minimum
    maximum = most if shape.maximum is None else shape.maximum
    limits = (("minimum", minimum), ("maximum", maximum))
    return {"type": str(shape.type), **{key: value for key, value in limits if value is not None}}


def _list(shape: Shape, *, refs: str, prefix: str) -> Schema:
    items = schema_of(shape.items, refs=refs, prefix=prefix) if shape.items is not None else {}
    least = {"minItems": shape.min_items} if shape.min_items is not None else {}
    return {"type": "array", "items": items, **least, "maxItems": shape.item_limit}
