"""Values that fit a field, as source of each language."""

from __future__ import annotations

import json

from microservices_skill.codegen.quoting import ts_str
from microservices_skill.model.examples import VARIANTS, Json, entity_example, example

__all__ = ["VARIANTS", "Json", "entity_example", "example", "py_json", "ts_json"]


def py_json(value: Json) -> str:
    """A JSON value as Python source."""
    match value:
        case dict():
            return "{" + ", ".join(f"{json.dumps(key)}: {py_json(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(py_json(inner) for inner in value) + "]"
        case str():
            return json.dumps(value)
        case _:
            return repr(value)


def ts_json(value: object) -> str:
    """A JSON value as TypeScript source."""
    match value:
        case dict():
            return "{ " + ", ".join(f"{key}: {ts_json(inner)}" for key, inner in value.items()) + " }"
        case list():
            return "[" + ", ".join(ts_json(inner) for inner in value) + "]"
        case str():
            return ts_str(value)
        case _:
            return json.dumps(value)
