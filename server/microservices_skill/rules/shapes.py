"""How the fields of a message changed between two versions, told apart by whom a change can hurt.

Who sends a message is hurt by what its receiver no longer takes, who receives it by what was never sent before: each rule
picks the kinds of its direction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from microservices_skill.model.fields import Field, FieldType, Shape

Fields = tuple[Field, ...]
Bounds = tuple[int | None, int | None]


class Kind(Enum):
    """What happened to a field."""

    ADDED_REQUIRED = "a field that must be there is new"
    BECAME_REQUIRED = "a field that could be missing must be there"
    BECAME_OPTIONAL = "a field that was always there may be missing"
    GONE = "a field is gone"
    RETYPED = "a field has another type"
    GENERALISED = "a field has a type that takes every former value"
    NARROWED = "a field takes fewer values"
    WIDENED = "a field takes more values"


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to which field of the message, in words."""

    kind: Kind
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Record:
    """Named fields, and the fields of the value types that they hold."""

    fields: Fields
    types: Mapping[str, Fields]


def changes(old: Record, new: Record) -> Iterator[Change]:
    """Every difference that can hurt one side; a new optional field hurts none."""
    for kind, path, text in _fields(old, new, path=""):
        yield Change(kind, path.partition(".")[0].removesuffix("[]"), f"{path} {text}")


_Difference = tuple[Kind, str, str]


def _fields(old: Record, new: Record, *, path: str) -> Iterator[_Difference]:
    before = {field.name: field for field in old.fields}
    now = {field.name: field for field in new.fields}
    for name in (name for name in before if name not in now):
        yield Kind.GONE, path + name, "is gone"
    for field in new.fields:
        former = before.get(field.name)
        here = path + field.name
        if former is None:
            if field.required:
                yield Kind.ADDED_REQUIRED, here, "is new and must be there"
            continue
        if former == field and not _holds_others(field):
            continue
        if field.required and not former.required:
            yield Kind.BECAME_REQUIRED, here, "must now be there"
        if former.required and not field.required:
            yield Kind.BECAME_OPTIONAL, here, "is no longer always there"
        if field.unique and not former.unique:
            yield Kind.NARROWED, here, "must now be unique"
        yield from _shape(former, field, old.types, new.types, path=here)


def _holds_others(shape: Shape) -> bool:
    return shape.object is not None or (shape.items is not None and shape.items.object is not None)


def _shape(old: Shape, new: Shape, before: Mapping[str, Fields], now: Mapping[str, Fields], *, path: str) -> Iterator[_Difference]:
    kind = _retyped(old.type, new.type)
    if kind is not None:
        yield kind, path, f"changed its type from {old.type} to {new.type}"
    if kind is Kind.RETYPED:
        return
    yield from ((kind, path, text) for kind, text in _limits(old, new))
    if old.items is not None and new.items is not None:
        yield from _shape(old.items, new.items, before, now, path=f"{path}[]")
    if old.object is not None and new.object is not None:
        yield from _fields(Record(before.get(old.object, ()), before), Record(now.get(new.object, ()), now), path=f"{path}.")


def _retyped(old: FieldType, new: FieldType) -> Kind | None:
    texts = (FieldType.STRING, FieldType.TEXT)
    if old is new or (old in texts and new in texts):
        return None
    match old, new:
        case FieldType.INTEGER, FieldType.NUMBER:
            return Kind.GENERALISED
        case FieldType.NUMBER, FieldType.INTEGER:
            return Kind.NARROWED
        case _:
            return Kind.RETYPED


def _limits(old: Shape, new: Shape) -> Iterator[tuple[Kind, str]]:
    fewer, more = (", ".join(value for value in left.values if value not in right.values) for left, right in ((old, new), (new, old)))
    if fewer:
        yield Kind.NARROWED, f"no longer takes {fewer}"
    if more:
        yield Kind.WIDENED, f"may now be {more}"
    if old.pattern != new.pattern:
        text = f"follows the pattern {new.pattern or 'of any text'}, not {old.pattern or 'any text'}"
        if new.pattern is not None:
            yield Kind.NARROWED, text
        if old.pattern is not None:
            yield Kind.WIDENED, text
    former = _bounds(old)
    for noun, (least, most) in _bounds(new).items():
        low, high = former[noun]
        if low != least:
            narrower = low is None or (least is not None and least > low)
            yield _side(narrower), f"has {noun} of at least {_said(least)}, was {_said(low)}"
        if high != most:
            narrower = high is None or (most is not None and most < high)
            yield _side(narrower), f"has {noun} of at most {_said(most)}, was {_said(high)}"


def _side(narrower: bool) -> Kind:  # noqa: FBT001 - the one thing that it turns into a kind
    return Kind.NARROWED if narrower else Kind.WIDENED


def _said(bound: int | None) -> str:
    return "any" if bound is None else str(bound)


def _bounds(shape: Shape) -> dict[str, Bounds]:
    """The least and the most of what can be counted in a value; None is no bound."""
    value = {"a value": (shape.minimum, shape.maximum)}
    match shape.type:
        case FieldType.STRING | FieldType.TEXT:
            return {"a length": (shape.min_length or 0, shape.length_limit)}
        case FieldType.INTEGER | FieldType.NUMBER | FieldType.MONEY:
            return value
        case FieldType.DECIMAL:
            precision, scale = shape.digits
            return value | {"whole digits": (0, precision - scale), "decimal places": (0, scale)}
        case FieldType.LIST:
            return {"a number of items": (shape.min_items or 0, shape.item_limit)}
        case _:
            return {}
