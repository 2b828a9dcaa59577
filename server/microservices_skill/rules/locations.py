"""Locations of findings: the nearest place that the document has, and the order of places."""

from __future__ import annotations

from functools import lru_cache

from pydantic import BaseModel

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.naming import snake

_TOP = {field.alias or name: index for index, (name, field) in enumerate(Architecture.model_fields.items())}
_ALIASES = {"from": "sources"}

Order = tuple[tuple[int, str], ...]


def nearest(architecture: Architecture, pointer: str) -> str:
    """``pointer``, or its nearest parent that was given rather than left to a default."""
    value: object = architecture
    found = ""
    for part in pointer.split("/")[1:]:
        if isinstance(value, BaseModel):
            name = _attribute(part)
            if name not in value.model_fields_set or getattr(value, name) is None:
                return found
            value = getattr(value, name)
        elif isinstance(value, tuple) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return found
        found = f"{found}/{part}"
    return found


@lru_cache(maxsize=1000)
def _attribute(key: str) -> str:
    return _ALIASES.get(key) or snake(key)


def order(pointer: str) -> Order:
    """A key that sorts pointers as a reader meets them: sections in the model's order, items by number."""
    parts = pointer.split("/")[1:]
    first = tuple((_TOP.get(part, len(_TOP)), "") for part in parts[:1])
    return first + tuple((int(part), "") if part.isdigit() else (-1, part) for part in parts[1:])
