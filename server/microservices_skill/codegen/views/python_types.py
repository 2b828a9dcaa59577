"""How a field of the model is written in Python: as a type, as a column, and in a migration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from microservices_skill.codegen.quoting import py_literal, py_str
from microservices_skill.model.fields import Field, FieldType, Shape

TEXT_PATTERN = r"^[^\u0000]*$"


@dataclass(frozen=True, slots=True)
class TypedName:
    """A field of a class: ``name: annotation`` and, where it may be left out, its default."""

    name: str
    annotation: str
    default: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A mapped attribute and what defines it."""

    name: str
    annotation: str
    definition: str


def request_field(field: Field) -> TypedName:
    """As callers and events send it: an optional one may be left out."""
    return TypedName(field.name, optional(field, annotation(field)), "" if field.required else " = None")


def response_field(field: Field) -> TypedName:
    """As callers receive it: always there, null where there is no value."""
    return TypedName(field.name, optional(field, annotation(field)))


def optional(field: Field, source: str) -> str:
    """``source``, or nothing."""
    return source if field.required else f"{source} | None"


def annotation(shape: Shape) -> str:  # noqa: C901, PLR0911, PLR0912 - one for each type
    """The type of a value with its limits, as pydantic reads it."""
    match shape.type:
        case FieldType.STRING | FieldType.TEXT:
            return _text(shape)
        case FieldType.INTEGER:
            low = "-MAX_SAFE_INTEGER" if shape.minimum is None else str(shape.minimum)
            high = "MAX_SAFE_INTEGER" if shape.maximum is None else str(shape.maximum)
            return f"Annotated[int, Field(strict=True, ge={low}, le={high})]"
        case FieldType.NUMBER:
            limits = "".join(f", {key}={value}" for key, value in (("ge", shape.minimum), ("le", shape.maximum)) if value is not None)
            return f"Annotated[float, Field(strict=True, allow_inf_nan=False{limits})]"
        case FieldType.DECIMAL:
            return f"Annotated[Decimal, {_decimal(shape)}]"
        case FieldType.MONEY:
            return money_class(shape)
        case FieldType.BOOLEAN:
            return "Annotated[bool, Field(strict=True)]"
        case FieldType.UUID:
            return "UUID"
        case FieldType.DATE:
            return "Day"
        case FieldType.DATETIME:
            return "Moment"
        case FieldType.EMAIL:
            return "Email"
        case FieldType.ENUM:
            return py_literal(shape.values)
        case FieldType.OBJECT:
            return str(shape.object)
        case FieldType.LIST:
            return _list(shape)
        case _:
            assert_never(shape.type)


def query_annotation(shape: Shape) -> str:
    """The type of a filter in a query string, where every value arrives as text."""
    match shape.type:
        case FieldType.BOOLEAN:
            return "bool"
        case FieldType.INTEGER:
            return annotation(shape).replace("strict=True, ", "")
        case _:
            return annotation(shape)


def money_class(shape: Shape) -> str:
    """The class of an amount: signed, or not negative."""
    return "Money" if shape.minimum is None else "Amount"


def plain_type(shape: Shape) -> str:  # noqa: C901, PLR0911, PLR0912 - one for each type
    """The type of a value without its limits, for a mapped attribute."""
    match shape.type:
        case FieldType.STRING | FieldType.TEXT | FieldType.EMAIL:
            return "str"
        case FieldType.INTEGER:
            return "int"
        case FieldType.NUMBER:
            return "float"
        case FieldType.DECIMAL:
            return "Decimal"
        case FieldType.MONEY:
            return money_class(shape)
        case FieldType.BOOLEAN:
            return "bool"
        case FieldType.UUID:
            return "UUID"
        case FieldType.DATE:
            return "date"
        case FieldType.DATETIME:
            return "datetime"
        case FieldType.ENUM:
            return py_literal(shape.values)
        case FieldType.OBJECT:
            return str(shape.object)
        case FieldType.LIST:
            return f"list[{plain_type(shape.items)}]" if shape.items is not None else "list[str]"
        case _:
            assert_never(shape.type)


def columns(field: Field, tables: dict[str, str]) -> list[Column]:
    """The mapped attribute of a field."""
    kind = optional(field, plain_type(field))
    if field.type is FieldType.MONEY:
        name, null = field.name, f", nullable={not field.required}"
        make = money_class(field)
        maker = f"lambda minor_units, currency: {make}(minor_units=minor_units, currency=currency)"
        if not field.required:
            maker += " if currency is not None else None"
        parts = f'mapped_column("{name}_minor_units", BigInteger{null}), mapped_column("{name}_currency", String(3){null})'
        return [Column(name, f"Mapped[{kind}]", f"composite(\n        {maker},\n        {parts},\n    )")]
    arguments = [column_type(field)]
    if field.references is not None:
        arguments.append(f"ForeignKey({py_str(tables[field.references] + '.id')})")
        arguments.append("index=True")
    return [Column(field.name, f"Mapped[{kind}]", f"mapped_column({', '.join(arguments)})")]


def column_type(shape: Shape) -> str:  # noqa: PLR0911 - one for each type
    """The SQLAlchemy type of a column."""
    match shape.type:
        case FieldType.STRING | FieldType.EMAIL:
            return f"String({shape.length_limit})"
        case FieldType.TEXT:
            return "Text"
        case FieldType.INTEGER | FieldType.MONEY:
            return "BigInteger"
        case FieldType.NUMBER:
            return "Double"
        case FieldType.DECIMAL:
            precision, scale = shape.digits
            return f"ExactDecimal({precision}, {scale})"
        case FieldType.BOOLEAN:
            return "Boolean"
        case FieldType.UUID:
            return "Uuid"
        case FieldType.DATE:
            return "Date"
        case FieldType.DATETIME:
            return "UtcDateTime()"
        case FieldType.ENUM:
            return "String(40)"
        case FieldType.OBJECT | FieldType.LIST:
            return f"AsJson({plain_shape(shape)})"
        case _:
            assert_never(shape.type)


def plain_shape(shape: Shape) -> str:
    """The type that a JSON column checks: a list's length was checked when it came in."""
    return f"list[{annotation(shape.items)}]" if shape.items is not None else annotation(shape)


def _text(shape: Shape) -> str:
    limits = [f"min_length={shape.min_length}"] if shape.min_length else []
    limits.append(f"max_length={shape.length_limit}")
    limits.append(f"pattern={py_str(shape.pattern or TEXT_PATTERN)}")
    return f"Annotated[str, Field({', '.join(limits)})]"


def _decimal(shape: Shape) -> str:
    precision, scale = shape.digits
    limits = "".join(f", {key}={value}" for key, value in (("minimum", shape.minimum), ("maximum", shape.maximum)) if value is not None)
    return f"DecimalText({precision}, {scale}{limits})"


def _list(shape: Shape) -> str:
    inner = annotation(shape.items) if shape.items is not None else "str"
    limits = [f"min_length={shape.min_items}"] if shape.min_items else []
    limits.append(f"max_length={shape.item_limit}")
    return f"Annotated[list[{inner}], Field({', '.join(limits)})]"
