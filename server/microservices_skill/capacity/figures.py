"""A figure with the formula that it comes from and the answers, settings and figures that the formula takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, its unit, how it was reckoned with numbers put in, and where these come from."""

    value: float
    unit: str
    formula: str
    source: str


Figures = Mapping[str, Figure]


def number(value: float) -> str:
    """A number as people write it: at most three digits after the point, none where it is large."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    digits = 1 if value >= 10 else 2 if value >= 0.1 else 4
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")
