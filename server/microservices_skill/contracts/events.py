"""The payload of each event version as JSON Schema (draft 2020-12)."""

from __future__ import annotations

from microservices_skill.contracts.json_schema import Schema, money_schemas, object_of, referenced
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.messaging import Event
from microservices_skill.model.naming import title
from microservices_skill.model.service import Service

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DEFS = "#/$defs/"


def schemas(architecture: Architecture) -> dict[str, Schema]:
    """A schema for every version of every event, by its versioned name."""
    return {versioned_name(event): schema(architecture, event) for event in sorted(architecture.messages, key=_order)}


def schema(architecture: Architecture, event: Event) -> Schema:
    """The self-contained schema of one event's data; consumers ignore what they do not know, so it stays open."""
    body = payload(event, refs=DEFS) | deprecation(architecture, event)
    parts = definitions(architecture.service(event.publisher), body, refs=DEFS)
    head = {"$schema": DIALECT, "$id": f"urn:{architecture.system.name}:event:{event.name}:{event.version}"}
    return head | body | ({"$defs": parts} if parts else {})


def versioned_name(event: Event) -> str:
    """``OrderPlaced.v1``: the name of an event's schema and file."""
    return f"{event.name}.v{event.version}"


def payload(event: Event, *, refs: str, prefix: str = "") -> Schema:
    """The data of an event, without the definitions that it refers to."""
    described = {"description": event.description} if event.description else {}
    return {"title": title(event.name), **described, **object_of(event.payload, closed=False, refs=refs, prefix=prefix)}


def deprecation(architecture: Architecture, event: Event) -> Schema:
    """What marks a version that a newer one lives beside: it is told until its last reader has moved."""
    newest = architecture.event(event.name)
    return {"deprecated": True} if newest is not None and newest.version > event.version else {}


def definitions(publisher: Service | None, body: Schema, *, refs: str, prefix: str = "") -> dict[str, Schema]:
    """The value types and money that ``body`` needs, directly or through others, by their name below ``refs``."""
    known = money_schemas()
    for value in publisher.value_types if publisher is not None else ():
        described = {"description": value.description} if value.description else {}
        known[prefix + value.name] = described | object_of(value.fields, closed=False, refs=refs, prefix=prefix)
    found: dict[str, Schema] = {}
    frontier = _names(body, refs)
    while frontier:
        found |= {name: known[name] for name in frontier}
        frontier = set[str]().union(*(_names(known[name], refs) for name in frontier)) - found.keys()
    return dict(sorted(found.items()))


def _order(event: Event) -> tuple[str, int]:
    return event.name, event.version


def _names(schema: Schema, refs: str) -> set[str]:
    return {ref.removeprefix(refs) for ref in referenced(schema)}
