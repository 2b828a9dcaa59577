"""Values that fit a field: the data of pacts, generated tests and demos. The same model always gives the same ones."""

from __future__ import annotations

import itertools
import re._constants as sre  # type: ignore[import-not-found] # no stubs
import re._parser as sre_parser  # type: ignore[import-not-found] # no stubs
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from microservices_skill.model.entity import Comparison, Entity, Invariant
from microservices_skill.model.fields import Field, FieldType, Shape
from microservices_skill.model.service import Service

Json = Any
"""A JSON value."""

VARIANTS = 8
"""How many different values a unique field gets."""

_STEPS = 4
_COMPARE: dict[Comparison, Callable[[int, int], bool]] = {
    Comparison.LT: lambda left, right: left < right,
    Comparison.LE: lambda left, right: left <= right,
    Comparison.GT: lambda left, right: left > right,
    Comparison.GE: lambda left, right: left >= right,
    Comparison.EQ: lambda left, right: left == right,
    Comparison.NE: lambda left, right: left != right,
}


@dataclass(frozen=True, slots=True)
class Example:
    """Values for the fields of an entity, by name, that keep its invariants."""

    values: dict[str, Json]


def entity_example(entity: Entity, service: Service, variant: int = 0) -> Example:
    """Example values for an entity; unique fields differ from variant to variant."""
    steps = _steps(entity)
    values = {field.name: example(field, service, variant if field.unique else 0, steps.get(field.name, 0)) for field in entity.fields}
    return Example(values)


def example(shape: Shape, service: Service, variant: int = 0, step: int = 0) -> Json:  # noqa: C901, PLR0911, PLR0912 - one for each type
    """A JSON value that fits a shape."""
    match shape.type:
        case FieldType.STRING | FieldType.TEXT:
            return _text(shape, variant)
        case FieldType.INTEGER | FieldType.NUMBER:
            return _number(shape, variant + step)
        case FieldType.DECIMAL:
            return _decimal(shape, variant + step)
        case FieldType.MONEY:
            return {"minor_units": 1000 + step, "currency": "EUR"}
        case FieldType.BOOLEAN:
            return True
        case FieldType.UUID:
            return f"01890a5d-ac96-774b-bcce-b302099a80{variant:02x}"
        case FieldType.DATE:
            return f"2026-03-{10 + step + variant:02}"
        case FieldType.DATETIME:
            return f"2026-03-{10 + step + variant:02}T09:30:00Z"
        case FieldType.EMAIL:
            return f"someone{variant}@example.com"
        case FieldType.ENUM:
            return shape.values[0]
        case FieldType.OBJECT:
            return _object(shape, service)
        case FieldType.LIST:
            return [example(shape.items, service) for _ in range(max(1, shape.min_items or 0))] if shape.items is not None else []
        case _:
            assert_never(shape.type)


def _object(shape: Shape, service: Service) -> Json:
    value = service.value_type(shape.object or "")
    return {field.name: example(field, service) for field in value.fields} if value is not None else {}


def _text(shape: Shape, variant: int) -> str:
    least, most = shape.min_length or 0, shape.length_limit
    if shape.pattern is not None:
        return matching(shape.pattern, variant, least)
    words = f"example {variant}" if variant else "example"
    return (words if most >= len(words) else str(variant)[:most]).ljust(least, "x")


def _number(shape: Shape, offset: int) -> int:
    low = shape.minimum if shape.minimum is not None else min(1, shape.maximum if shape.maximum is not None else 1)
    high = shape.maximum if shape.maximum is not None else low + offset
    return min(max(low, 1 if low <= 1 <= high else low) + offset, high)


def _decimal(shape: Shape, offset: int) -> str:
    precision, scale = shape.digits
    whole = _number(shape, offset) if precision > scale else 0
    return f"{whole}.{'5' * scale}" if scale and whole != shape.maximum else str(whole)


def _steps(entity: Entity) -> dict[str, int]:
    """How far each compared field is moved, so that every invariant holds where small moves can make it."""
    names = sorted({name for each in entity.invariants for name in (each.field, each.other) if name is not None})
    fields = {field.name: field for field in entity.fields if field.name in names}
    if len(fields) != len(names) or len(names) > 6:
        return {}
    for steps in itertools.product(range(_STEPS), repeat=len(names)):
        chosen = dict(zip(names, steps, strict=True))
        if all(_holds(invariant, fields, chosen) for invariant in entity.invariants):
            return chosen
    return {}


def _holds(invariant: Invariant, fields: dict[str, Field], steps: dict[str, int]) -> bool:
    left = _magnitude(fields[invariant.field], steps)
    right = invariant.value if invariant.other is None else _magnitude(fields[invariant.other], steps)
    return _COMPARE[invariant.operator](left, right or 0)


def _magnitude(field: Field, steps: dict[str, int]) -> int:
    match field.type:
        case FieldType.MONEY:
            return 1000 + steps[field.name]
        case FieldType.DATE | FieldType.DATETIME:
            return steps[field.name]
        case _:
            return _number(field, steps[field.name])


def matching(pattern: str, variant: int = 0, least: int = 0) -> str:
    """A short text that matches a pattern; variants differ where the pattern leaves a choice."""
    for extra in range(least + 1):
        digits = _Digits(variant)
        text = "".join(_expand(sre_parser.parse(pattern), digits, extra))
        if len(text) >= least:
            return text
    return text


class _Digits:
    """Spends a number on choices, the first choice taking its lowest digit."""

    def __init__(self, number: int) -> None:
        self._number = number

    def choose(self, options: int) -> int:
        self._number, chosen = divmod(self._number, options)
        return chosen


def _expand(parsed: Sequence[tuple[Any, Any]], digits: _Digits, extra: int) -> Iterator[str]:
    for operation, argument in parsed:
        if operation is sre.LITERAL:
            yield chr(argument)
        elif operation is sre.NOT_LITERAL:
            options = [chr(code) for code in range(97, 123) if code != argument]
            yield options[digits.choose(len(options))]
        elif operation is sre.ANY:
            yield "a"
        elif operation is sre.IN:
            options = _members(argument)
            yield options[digits.choose(len(options))]
        elif operation in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            low, high, inner = argument
            for _ in range(min(int(high), max(int(low), 1 if not low and extra else int(low)) + (extra if int(high) > int(low) else 0))):
                yield from _expand(inner, digits, 0)
        elif operation is sre.SUBPATTERN:
            yield from _expand(argument[-1], digits, extra)
        elif operation is sre.BRANCH:
            yield from _expand(argument[1][digits.choose(len(argument[1]))], digits, extra)


def _members(items: Sequence[tuple[Any, Any]]) -> list[str]:
    found: list[str] = []
    is_negated = False
    for operation, argument in items:
        if operation is sre.NEGATE:
            is_negated = True
        elif operation is sre.LITERAL:
            found.append(chr(argument))
        elif operation is sre.RANGE:
            found += [chr(code) for code in range(argument[0], argument[1] + 1)]
    return [chr(code) for code in range(97, 123) if chr(code) not in found] if is_negated else found
