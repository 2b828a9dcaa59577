"""Which types become which without losing a value, and under what conditions."""

from __future__ import annotations

from enum import StrEnum

from microservices_skill.evolution.schema import Column, Kind

_TEXT_LENGTHS = {Kind.BIGINT: 20, Kind.UUID: 36}
_NUMBERS = 19
"""Digits of the largest whole number."""


class Step(StrEnum):
    """What becomes of values when their column changes its type."""

    SAME = "same"
    WIDER = "wider"
    NARROWER = "narrower"
    CONVERTED = "converted"
    IMPOSSIBLE = "impossible"


def step(before: Column, after: Column) -> Step:  # noqa: PLR0911 - one for each pair of types
    """What a change of type means for the values that are there."""
    if before.type == after.type:
        return Step.SAME
    if before.kind is after.kind:
        return _resized(before, after)
    match before.kind, after.kind:
        case Kind.STRING, Kind.TEXT:
            return Step.WIDER
        case Kind.TEXT, Kind.STRING:
            return Step.NARROWER
        case (Kind.BIGINT, Kind.DOUBLE) | (Kind.DATE, Kind.MOMENT) | (Kind.BIGINT | Kind.DECIMAL | Kind.UUID, Kind.TEXT):
            return Step.CONVERTED
        case Kind.BIGINT, Kind.DECIMAL:
            return Step.CONVERTED if _whole(after) >= _NUMBERS - 4 else Step.NARROWER
        case ((Kind.BIGINT | Kind.UUID), Kind.STRING):
            return Step.CONVERTED if (after.length or 0) >= _TEXT_LENGTHS[before.kind] else Step.NARROWER
        case Kind.DECIMAL, Kind.STRING:
            return Step.CONVERTED if (after.length or 0) >= (before.precision or 0) + 2 else Step.NARROWER
        case _:
            return Step.IMPOSSIBLE


def _resized(before: Column, after: Column) -> Step:
    if before.kind is Kind.STRING:
        return Step.WIDER if (after.length or 0) > (before.length or 0) else Step.NARROWER
    if _whole(after) < _whole(before) or (after.scale or 0) < (before.scale or 0):
        return Step.NARROWER
    return Step.WIDER if after.scale == before.scale else Step.CONVERTED


def _whole(column: Column) -> int:
    return (column.precision or 0) - (column.scale or 0)
