"""Changes of a message's fields, held against what JSON Schema says of the same two versions."""

from __future__ import annotations

from typing import Any

import jsonschema
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from microservices_skill.contracts.json_schema import COMPONENTS, Schema, money_schemas, object_of
from microservices_skill.model.fields import MAX_SAFE_INTEGER, Field, FieldType, Shape
from microservices_skill.rules.shapes import Kind, Record, changes

SENDERS = {Kind.GONE, Kind.RETYPED, Kind.NARROWED, Kind.ADDED_REQUIRED, Kind.BECAME_REQUIRED}
READERS = {Kind.GONE, Kind.RETYPED, Kind.GENERALISED, Kind.BECAME_OPTIONAL, Kind.WIDENED}


NONE: st.SearchStrategy[dict[str, Any]] = st.just({})


def bounds(low: str, high: str) -> st.SearchStrategy[dict[str, int]]:
    pairs = st.tuples(st.sampled_from([None, 1, 2]), st.sampled_from([None, 3, 4]))
    return pairs.map(lambda pair: {key: value for key, value in zip((low, high), pair, strict=True) if value is not None})


def kind(name: str, details: st.SearchStrategy[dict[str, Any]] = NONE) -> st.SearchStrategy[dict[str, Any]]:
    return details.map(lambda more: {"type": name} | more)


FLAT = {
    "string": bounds("minLength", "maxLength"),
    "text": bounds("minLength", "maxLength"),
    "integer": bounds("minimum", "maximum"),
    "number": bounds("minimum", "maximum"),
    "boolean": NONE,
    "money": st.sampled_from([{}, {"minimum": 0}]),
    "decimal": st.sampled_from([{}, {"precision": 4, "scale": 2}, {"precision": 4, "scale": 1}, {"minimum": 0}]),
    "enum": st.lists(st.sampled_from(["small", "large", "huge"]), min_size=1, unique=True).map(lambda each: {"values": each}),
}
SIMPLE = {name: kind(name, details) for name, details in FLAT.items()}
ITEMS = SIMPLE | {"object": kind("object", st.just({"object": "Part"}))}
LIST = st.tuples(st.one_of(*ITEMS.values()), bounds("minItems", "maxItems")).map(lambda pair: {"type": "list", "items": pair[0]} | pair[1])
SHAPES = ITEMS | {"list": LIST}
ANY = st.one_of(*SHAPES.values())


def fields(shapes: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[tuple[Field, ...]]:
    one = st.tuples(shapes, st.sampled_from(["first", "second"]), st.booleans()).map(
        lambda parts: Field.model_validate(parts[0] | {"name": parts[1], "required": parts[2]})
    )
    return st.lists(one, min_size=1, max_size=2, unique_by=lambda field: field.name).map(tuple)


@st.composite
def versions(draw: st.DrawFn) -> tuple[Record, Record]:
    """Two records; the newer keeps each field of the older now and then, so that most pairs differ in little."""
    old = Record(draw(fields(ANY)), {"Part": draw(fields(st.one_of(*SIMPLE.values())))})
    types = {"Part": old.types["Part"] if draw(st.booleans()) else draw(fields(st.one_of(*SIMPLE.values())))}
    return old, Record(tuple(draw(st.one_of(st.just(each), near(each))) for each in old.fields), types)


def near(field: Field) -> st.SearchStrategy[Field]:
    """A field of that name, mostly of that type; a list mostly of the same items with other limits."""
    same = SHAPES[field.type]
    if field.items is not None:
        items = SHAPES[field.items.type]
        same = st.tuples(items, bounds("minItems", "maxItems")).map(lambda pair: {"type": "list", "items": pair[0]} | pair[1])
    return st.tuples(st.one_of(same, same, ANY), st.booleans()).map(
        lambda parts: Field.model_validate(parts[0] | {"name": field.name, "required": parts[1]})
    )


def edges(shape: Shape, types: dict[str, tuple[Field, ...]]) -> list[Any]:
    """Values at the limits of what a shape takes."""
    match shape.type:
        case FieldType.STRING | FieldType.TEXT:
            return ["a" * (shape.min_length or 0), "a" * shape.length_limit]
        case FieldType.INTEGER | FieldType.NUMBER:
            low = -MAX_SAFE_INTEGER if shape.minimum is None else shape.minimum
            high = MAX_SAFE_INTEGER if shape.maximum is None else shape.maximum
            return [low, high] + ([2.5] if shape.type is FieldType.NUMBER else [])
        case FieldType.BOOLEAN:
            return [True]
        case FieldType.MONEY:
            return [{"minor_units": units, "currency": "EUR"} for units in ([0] if shape.minimum == 0 else [-5, 5])]
        case FieldType.DECIMAL:
            precision, scale = shape.digits
            most = "9" * (precision - scale) + "." + "9" * scale
            return [most] if shape.minimum == 0 else [most, f"-{most}"]
        case FieldType.ENUM:
            return list(shape.values)
        case FieldType.LIST:
            assert shape.items is not None
            return [[each] * count for each in edges(shape.items, types) for count in {shape.min_items or 0, shape.item_limit}]
        case _:
            return list(messages(types["Part"], types))


def messages(parts: tuple[Field, ...], types: dict[str, tuple[Field, ...]]) -> list[dict[str, Any]]:
    """Messages that together hold every edge of every field, and leave out each optional one once."""
    full = {field.name: edges(field, types) for field in parts}
    first = {name: values[0] for name, values in full.items()}
    found = [first | {name: value} for name, values in full.items() for value in values]
    optional = [field.name for field in parts if not field.required]
    return found + [{name: value for name, value in first.items() if name != left} for left in optional]


def takes(record: Record, message: dict[str, Any], *, closed: bool) -> bool:
    schemas: dict[str, Schema] = money_schemas() | {"Part": object_of(record.types["Part"], closed=closed)}
    schema = object_of(record.fields, closed=closed) | {"components": {"schemas": schemas}}
    assert COMPONENTS == "#/components/schemas/"
    return jsonschema.Draft202012Validator(schema).is_valid(message)


@given(versions())
@settings(max_examples=250, deadline=None)
def test_a_receiver_takes_every_older_message_unless_a_change_says_that_senders_are_hurt(pair: tuple[Record, Record]) -> None:
    old, new = pair
    assume(not SENDERS & {change.kind for change in changes(old, new)})
    assert all(takes(new, message, closed=True) for message in messages(old.fields, dict(old.types)))


@given(versions())
@settings(max_examples=250, deadline=None)
def test_a_reader_takes_every_newer_message_unless_a_change_says_that_readers_are_hurt(pair: tuple[Record, Record]) -> None:
    old, new = pair
    assume(not READERS & {change.kind for change in changes(old, new)})
    assert all(takes(old, message, closed=False) for message in messages(new.fields, dict(new.types)))


@given(versions())
@settings(max_examples=200, deadline=None)
def test_nothing_changes_between_a_message_and_itself_and_what_narrows_widens_the_other_way(pair: tuple[Record, Record]) -> None:
    old, new = pair
    assert list(changes(old, old)) == []
    there, back = ({change.kind for change in changes(*way)} for way in ((old, new), (new, old)))
    assert (Kind.BECAME_REQUIRED in there) == (Kind.BECAME_OPTIONAL in back)
    assert (Kind.WIDENED in there) <= (Kind.NARROWED in back)
