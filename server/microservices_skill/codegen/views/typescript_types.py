"""How a field of the model is written in TypeScript: as a zod schema, as a type, as a column, and in a migration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from microservices_skill.codegen.quoting import ts_str
from microservices_skill.model.fields import Field, FieldType, Shape


@dataclass(frozen=True, slots=True)
class SchemaField:
    """A field of a zod object: ``name: schema``."""

    name: str
    schema: str


@dataclass(frozen=True, slots=True)
class Column:
    """A mapped property: its decorator, its name with the mark that says it is set later, and its type."""

    decorator: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Accessor:
    """A property that two columns carry: an amount of money."""

    name: str
    type: str
    is_optional: bool


def request_field(field: Field) -> SchemaField:
    """As callers and events send it: an optional one may be left out or null."""
    return SchemaField(field.name, schema(field) if field.required else f"{schema(field)}.nullish()")


def response_field(field: Field) -> SchemaField:
    """As callers receive it: always there, null where there is no value."""
    return SchemaField(field.name, schema(field) if field.required else f"{schema(field)}.nullable()")


def stored_field(field: Field) -> SchemaField:
    """As a stream keeps it: null where there is no value, and where the field was not known yet."""
    return SchemaField(field.name, schema(field) if field.required else f"{schema(field)}.nullable().default(null)")


def schema(shape: Shape) -> str:  # noqa: C901, PLR0911, PLR0912 - one for each type
    """The zod schema of a value with its limits."""
    match shape.type:
        case FieldType.STRING | FieldType.TEXT:
            return _text(shape)
        case FieldType.INTEGER:
            return f"wholeNumber({_range(shape)})"
        case FieldType.NUMBER:
            return f"z.number(){_bounds(shape)}"
        case FieldType.DECIMAL:
            return _decimal(shape)
        case FieldType.MONEY:
            return money_type(shape)
        case FieldType.BOOLEAN:
            return "z.boolean()"
        case FieldType.UUID:
            return "Uuid"
        case FieldType.DATE:
            return "Day"
        case FieldType.DATETIME:
            return "Moment"
        case FieldType.EMAIL:
            return "Email"
        case FieldType.ENUM:
            return f"z.enum([{', '.join(map(ts_str, shape.values))}])"
        case FieldType.OBJECT:
            return str(shape.object)
        case FieldType.LIST:
            return _list(shape)
        case _:
            assert_never(shape.type)


def query_schema(shape: Shape) -> str:
    """The schema of a filter in a query string, where every value arrives as text."""
    match shape.type:
        case FieldType.BOOLEAN:
            return "queryBoolean()"
        case FieldType.INTEGER:
            return f"queryInteger({schema(shape)})"
        case _:
            return schema(shape)


def money_type(shape: Shape) -> str:
    """The name of an amount: signed, or not negative."""
    return "Money" if shape.minimum is None else "Amount"


def plain_type(shape: Shape) -> str:
    """The TypeScript type of a value. Decimals, dates and moments are canonical text: no type of the language is exact."""
    match shape.type:
        case FieldType.INTEGER | FieldType.NUMBER:
            return "number"
        case FieldType.BOOLEAN:
            return "boolean"
        case FieldType.MONEY:
            return money_type(shape)
        case FieldType.ENUM:
            return " | ".join(map(ts_str, shape.values))
        case FieldType.OBJECT:
            return str(shape.object)
        case FieldType.LIST:
            inner = plain_type(shape.items) if shape.items is not None else "string"
            return f"({inner})[]" if " | " in inner else f"{inner}[]"
        case _:
            return "string"


def optional(field: Field, source: str) -> str:
    """``source``, or nothing."""
    return source if field.required else f"{source} | null"


def columns(field: Field) -> list[Column]:
    """The mapped properties of a field; money takes two."""
    null = "" if field.required else ", nullable: true"
    if field.type is FieldType.MONEY:
        return [
            Column(f"@Column({{ type: 'bigint', transformer: bigint{null} }})", f"{field.name}_minor_units", optional(field, "number")),
            Column(f"@Column({{ type: 'varchar'{null} }})", f"{field.name}_currency", optional(field, "string")),
        ]
    return [Column(f"@Column({{ {_column(field)}{null} }})", field.name, optional(field, plain_type(field)))]


def accessors(fields: tuple[Field, ...]) -> tuple[Accessor, ...]:
    """The money properties of an entity."""
    return tuple(Accessor(field.name, money_type(field), not field.required) for field in fields if field.type is FieldType.MONEY)


def _column(shape: Shape) -> str:
    match shape.type:
        case FieldType.INTEGER:
            return "type: 'bigint', transformer: bigint"
        case FieldType.NUMBER:
            return "type: 'float'"
        case FieldType.BOOLEAN:
            return "type: 'boolean'"
        case FieldType.DATE:
            return "type: 'varchar', transformer: day"
        case FieldType.DATETIME:
            return "type: 'varchar', transformer: moment"
        case FieldType.DECIMAL:
            return f"type: 'varchar', transformer: decimal({shape.digits[1]})"
        case FieldType.OBJECT | FieldType.LIST:
            return "type: 'varchar', transformer: json"
        case _:
            return "type: 'varchar'"


def _text(shape: Shape) -> str:
    limits = [f"min: {shape.min_length}"] if shape.min_length else []
    limits.append(f"max: {shape.length_limit}")
    if shape.pattern is not None:
        limits.append(f"pattern: {ts_str(shape.pattern)}")
    return f"text({{ {', '.join(limits)} }})"


def _decimal(shape: Shape) -> str:
    precision, scale = shape.digits
    limits = [f"{key}: {value}" for key, value in (("minimum", shape.minimum), ("maximum", shape.maximum)) if value is not None]
    bounds = f", {{ {', '.join(limits)} }}" if limits else ""
    return f"decimal({precision}, {scale}{bounds})"


def _bounds(shape: Shape) -> str:
    return "".join(f".{key}({value})" for key, value in (("min", shape.minimum), ("max", shape.maximum)) if value is not None)


def _range(shape: Shape) -> str:
    limits = ["undefined" if shape.minimum is None else str(shape.minimum)]
    limits += [] if shape.maximum is None else [str(shape.maximum)]
    return "" if limits == ["undefined"] else ", ".join(limits)


def _list(shape: Shape) -> str:
    inner = schema(shape.items) if shape.items is not None else "z.string()"
    least = f".min({shape.min_items})" if shape.min_items else ""
    return f"z.array({inner}){least}.max({shape.item_limit})"
