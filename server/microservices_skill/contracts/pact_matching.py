"""What a consumer holds a value to: matching rules of Pact by the type of a field, never by its limits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from microservices_skill.contracts.json_schema import CURRENCY, Schema
from microservices_skill.model.fields import Field, FieldType, Shape

UUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
MOMENT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$"
_DATE = r"^\d{4}-\d{2}-\d{2}$"
_DECIMAL = r"^-?\d+(\.\d+)?$"
_BY_TYPE: Mapping[FieldType, Schema] = {
    FieldType.STRING: {"match": "type"},
    FieldType.TEXT: {"match": "type"},
    FieldType.EMAIL: {"match": "type"},
    FieldType.INTEGER: {"match": "integer"},
    FieldType.NUMBER: {"match": "number"},
    FieldType.BOOLEAN: {"match": "boolean"},
    FieldType.UUID: {"match": "regex", "regex": UUID},
    FieldType.DATE: {"match": "regex", "regex": _DATE},
    FieldType.DATETIME: {"match": "regex", "regex": MOMENT},
    FieldType.DECIMAL: {"match": "regex", "regex": _DECIMAL},
}

Rules = dict[str, Schema]
"""Matching rules by the path of what they hold."""


def rule(*matchers: Schema) -> Schema:
    """A rule that all its matchers must allow."""
    return {"combine": "AND", "matchers": list(matchers)}


def rules_of(fields: Iterable[Field], types: Mapping[str, tuple[Field, ...]], *, at: str) -> Rules:
    """The rules of some fields below a path, in their order; ``types`` are the value types of who wrote them."""
    return dict(pair for field in fields for pair in _shape(field, types, f"{at}.{field.name}"))


def _shape(shape: Shape, types: Mapping[str, tuple[Field, ...]], at: str) -> Iterator[tuple[str, Schema]]:
    match shape.type:
        case FieldType.MONEY:
            yield f"{at}.minor_units", rule({"match": "integer"})
            yield f"{at}.currency", rule({"match": "regex", "regex": CURRENCY})
        case FieldType.ENUM:
            known = "|".join(map(re.escape, shape.values))
            yield at, rule({"match": "regex", "regex": f"^({known})$"})
        case FieldType.OBJECT:
            yield from rules_of(types.get(shape.object or "", ()), types, at=at).items()
        case FieldType.LIST:
            yield at, rule({"match": "type", "min": 1})
            if shape.items is not None:
                yield from _shape(shape.items, types, f"{at}[*]")
        case _:
            yield at, rule(_BY_TYPE[shape.type])
