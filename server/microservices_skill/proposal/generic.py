"""A sensible service for a feature that no catalogue knows: one entity with a lifecycle, and events that tell of it."""

from __future__ import annotations

import re

from pydantic import TypeAdapter, ValidationError

from microservices_skill.model.naming import camel, kebab, pascal, plural, snake
from microservices_skill.model.types import Slug
from microservices_skill.proposal.domains import Plain

_NOISE = frozenset(
    "a an and any are as at be by can for from get give have in into is it its let manage my new of on or our see show"
    " that the their them they this to track up use user users view with within your".split()
)
_SLUG: TypeAdapter[str] = TypeAdapter(Slug)


def service_name(feature: str) -> str:
    """A slug for a feature: its first telling words."""
    found = [word for word in re.findall(r"[a-z][a-z0-9]*", feature.lower()) if word not in _NOISE and len(word) <= 20]
    return safe_slug("-".join(found[:2]) or "core")


def safe_slug(name: str) -> str:
    """``name``, or a longer one where it is a reserved word."""
    slug = kebab(name)[:30].strip("-") or "core"
    try:
        return _SLUG.validate_python(slug)
    except ValidationError:
        return _SLUG.validate_python(f"{slug}-service")


def generic_service(name: str, responsibility: str) -> tuple[Plain, list[Plain]]:
    """A service with one entity, and its events."""
    entity = f"{pascal(name)}Entry"
    word = snake(entity)
    scope = name
    operations = {
        verb: camel(f"{verb}_{word}")
        for verb in ("open", "get", "change", "close")
    } | {"list": camel(f"list_{plural(word)}")}  # fmt: skip
    limit = {"requests": 600, "per": "minute"}

    def endpoint(verb: str, action: str, access: str, **more: object) -> Plain:
        return {
            "operation": operations[verb], "action": action, "entity": entity, "scope": f"{scope}:{access}", "rateLimit": limit
        } | more  # fmt: skip

    service: Plain = {
        "name": name,
        "responsibility": responsibility,
        "entities": [
            {
                "name": entity,
                "description": f"One case of {responsibility[:150].lower()}",
                "fields": [
                    {"name": "subject", "type": "string", "maxLength": 200},
                    {"name": "details", "type": "text", "maxLength": 5000, "required": False},
                    {"name": "requested_by", "type": "uuid", "immutable": True},
                ],
                "lifecycle": {
                    "initial": "open",
                    "states": ["open", "closed"],
                    "transitions": [{"name": "close", "from": ["open"], "to": "closed", "publishes": [f"{entity}Closed"]}],
                },
            }
        ],
        "endpoints": [
            endpoint("open", "create", "write", publishes=[f"{entity}Opened"]),
            endpoint("get", "get", "read"),
            endpoint("list", "list", "read", filters=["status", "requested_by"]),
            endpoint("change", "update", "write", request=["subject", "details"]),
            endpoint("close", "transition", "write", transition="close"),
        ],
    }
    return service, [_event(f"{entity}{fact}", name, entity, word) for fact in ("Opened", "Closed")]


def _event(name: str, service: str, entity: str, word: str) -> Plain:
    return {
        "name": name,
        "publisher": service,
        "entity": entity,
        "orderingKey": f"{word}_id",
        "externalConsumers": ["reporting"],
        "payload": [
            {"name": f"{word}_id", "type": "uuid", "source": "id"},
            {"name": "requested_by", "type": "uuid"},
            {"name": "subject", "type": "string", "maxLength": 200},
        ],
    }
