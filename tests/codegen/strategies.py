"""Random models that the documents' types allow, with the worst names and texts that they let through."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from microservices_skill.model.types import FieldName, OperationName, Slug, StateName, TypeName

NASTY = [
    '"; import os; os.system("true")', "'''", '"""', "\\", "{{ 7*7 }}", "{% raw %}", "${HOME}", "`id`", "</script>", "| a | b |", "%s",
    "{0}",
    "\u202f", "é", "🚲", "a\tb", "#", "\\N{BULLET}", "\\x00", "x" * 200, "[link](javascript:x)", "--", "/*", "*/", "\\", "end\\",
]  # fmt: skip
TEXT = st.one_of(st.sampled_from(NASTY), st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=60))


def names(kind: Any, pattern: str) -> st.SearchStrategy[str]:
    """Names that a constrained type accepts."""
    adapter: TypeAdapter[str] = TypeAdapter(kind)

    def fits(name: str) -> bool:
        try:
            adapter.validate_python(name)
        except ValidationError:
            return False
        return True

    return st.from_regex(pattern, fullmatch=True).filter(fits)


SLUGS = names(Slug, r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,5}){0,2}")
TYPES = names(TypeName, r"[A-Z][A-Za-z0-9]{1,12}")
FIELDS = names(FieldName, r"[a-z][a-z0-9]{0,7}(_[a-z0-9]{1,6}){0,2}")
STATES = names(StateName, r"[a-z][a-z0-9]{0,7}(_[a-z0-9]{1,6}){0,1}")
OPERATIONS = names(OperationName, r"[a-z][A-Za-z0-9]{2,14}")
SHAPES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.sampled_from([{"type": name} for name in ("text", "boolean", "uuid", "date", "datetime", "email", "number", "integer", "money")]),
    st.sampled_from([{"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3}$"}, {"type": "string", "pattern": '^"(a|b)+\\\\$'}]),
    st.builds(lambda high: {"type": "string", "maxLength": high}, st.integers(1, 255)),
    st.builds(lambda low, more: {"type": "integer", "minimum": low, "maximum": low + more}, st.integers(-99, 99), st.integers(0, 9)),
    st.builds(lambda scale, more: {"type": "decimal", "precision": scale + more, "scale": scale}, st.integers(0, 6), st.integers(1, 9)),
    st.builds(lambda values: {"type": "enum", "values": values}, st.lists(STATES, min_size=1, max_size=4, unique=True)),
    st.just({"type": "money", "minimum": 0}),
    st.just({"type": "list", "items": {"type": "string", "maxLength": 9}}),
)


@st.composite
def entities(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """An entity with any fields, and perhaps a lifecycle."""
    fields = draw(st.lists(FIELDS, min_size=1, max_size=5, unique=True))
    made = [
        draw(SHAPES)
        | {
            "name": each,
            "required": draw(st.booleans()),
            "description": draw(TEXT),
            "classification": draw(st.sampled_from(["internal", "personal"])),
        }
        for each in fields
    ]
    entity: dict[str, Any] = {"name": name, "description": draw(TEXT), "fields": made}
    if draw(st.booleans()):
        states = draw(st.lists(STATES, min_size=2, max_size=4, unique=True))
        transition = {"name": draw(STATES), "from": [states[0]], "to": states[1]}
        entity["lifecycle"] = {"field": "state_now", "initial": states[0], "states": states, "transitions": [transition]}
    return entity


@st.composite
def composing(draw: st.DrawFn, name: str, asked: str, operation: str, entity: dict[str, Any]) -> dict[str, Any]:
    """A service that composes an answer of what another one's get answers."""
    kept = ("name", "type", "pattern", "minLength", "maxLength", "minimum", "maximum", "precision", "scale", "values", "items", "required")
    shown = [{key: deepcopy(value) for key, value in field.items() if key in kept} for field in entity["fields"]]
    key, field = draw(st.lists(FIELDS, min_size=2, max_size=2, unique=True))
    part = {"name": field, "service": asked, "operation": operation, "shows": draw(TYPES), "required": draw(st.booleans())}
    composition = {"name": draw(TYPES), "description": draw(TEXT), "key": key, "parts": [part | {"description": draw(TEXT)}]}
    return {
        "name": name,
        "responsibility": draw(TEXT),
        "language": "python",
        "valueTypes": [{"name": part["shows"], "fields": shown}],
        "compositions": [composition],
        "endpoints": [{"operation": draw(OPERATIONS), "action": "get", "entity": composition["name"], "summary": draw(TEXT)}],
        "dependencies": [{"to": asked, "operations": [operation], "purpose": draw(TEXT)}],
    }


@st.composite
def architectures(draw: st.DrawFn) -> dict[str, Any]:
    """An architecture of one service with every kind of endpoint, and of one that shows what it answers."""
    [service, reader], entity = draw(st.lists(SLUGS, min_size=2, max_size=2, unique=True)), draw(TYPES)
    made = draw(entities(entity)) | {"persistence": draw(st.sampled_from(["state", "event-sourced"]))}
    verbs = draw(st.lists(OPERATIONS, min_size=6, max_size=6, unique_by=str.lower))
    fields = [field["name"] for field in made["fields"]]
    endpoints: list[dict[str, Any]] = [
        {"operation": verb, "action": action, "entity": entity, "summary": draw(TEXT), "scope": "a:b"}
        for verb, action in zip(verbs, ("create", "get", "list", "update", "delete"), strict=False)
    ]
    if "lifecycle" in made:
        name = made["lifecycle"]["transitions"][0]["name"]
        endpoints.append({"operation": verbs[5], "action": "transition", "transition": name, "entity": entity, "request": fields[:1]})
    return {
        "apiVersion": "microservices-skill/v1",
        "kind": "Architecture",
        "system": {"name": draw(SLUGS), "domain": draw(TEXT), "description": draw(TEXT)},
        "services": [
            {
                "name": service,
                "title": draw(TEXT), "responsibility": draw(TEXT),
                "language": "python", "entities": [made], "endpoints": endpoints,
            },
            draw(composing(reader, service, verbs[1], made)),
        ],
    }  # fmt: skip
