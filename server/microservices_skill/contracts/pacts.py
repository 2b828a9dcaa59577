"""What each consumer relies on of each provider, as pacts (Pact Specification, version 4): requests, answers and messages.

A pact holds only what its consumer uses, by type rather than by value. The consumer's tests show that its code sends and
takes exactly this; the provider's tests replay it and name the consumer that a change breaks.
"""

from __future__ import annotations

from microservices_skill.contracts import asyncapi
from microservices_skill.contracts.events import versioned_name
from microservices_skill.contracts.json_schema import Schema
from microservices_skill.contracts.pact_matching import MOMENT, UUID, Rules, rule, rules_of
from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.collaboration import Call, Hearing, calls, hearings
from microservices_skill.model.examples import Json, entity_example, example
from microservices_skill.model.fields import Field
from microservices_skill.model.naming import words
from microservices_skill.model.service import Action, Service

IDENTITY = "01890a5d-ac96-774b-bcce-b302099a8000"
EMPTY = "nothing else is stored"
"""The state that comes before all others: whatever earlier interactions have left is gone."""

_MOMENT = "2026-03-10T09:30:00Z"
_SPECIFICATION = {"pactSpecification": {"version": "4.0"}}


def documents(architecture: Architecture, *, of: str | None = None) -> dict[tuple[str, str], Schema]:
    """A pact for each consumer and provider that have to do with each other, in their order; only those of one service where named."""
    found: dict[tuple[str, str], list[Schema]] = {}
    for call in calls(architecture, of=of):
        found.setdefault((call.consumer.name, call.provider.name), []).append(_request(call))
    for hearing in hearings(architecture, of=of):
        found.setdefault((hearing.consumer.name, hearing.provider.name), []).append(_message(architecture, hearing))
    return {names: _pact(*names, interactions) for names, interactions in sorted(found.items())}


def file_name(consumer: str, provider: str) -> str:
    """The name of a pact's file; two hyphens, as a name may hold one."""
    return f"{consumer}--{provider}.json"


def state_of(entity: str) -> str:
    """The provider's state in which there is such an entity."""
    noun = " ".join(words(entity))
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun} exists"


def _pact(consumer: str, provider: str, interactions: list[Schema]) -> Schema:
    return {
        "consumer": {"name": consumer},
        "provider": {"name": provider},
        "interactions": interactions,
        "metadata": dict(_SPECIFICATION),
    }


def _request(call: Call) -> Schema:
    operation = call.operation
    response: Schema = {"status": operation.status}
    if operation.response_name is not None:
        fields = [field for field in wire.answered_fields(operation.entity) if _is_expected(call, field)]
        content, rules = _answer(operation, call.provider, fields)
        response |= {"headers": {"Content-Type": ["application/json"]}, "body": _body(content, "application/json")}
        response["matchingRules"] = {
            "header": {"Content-Type": rule({"match": "regex", "regex": "^application/json(;.*)?$"})},
            "body": rules,
        }
    return {
        "type": "Synchronous/HTTP",
        "key": operation.id,
        "description": operation.id,
        "pending": False,
        "providerStates": _states(operation),
        "request": _asked(operation, call.provider),
        "response": response,
    }


def _asked(operation: wire.Operation, provider: Service) -> Schema:
    headers: Schema = {}
    if operation.has_body:
        headers["Content-Type"] = ["application/json"]
    if operation.needs_idempotency_key:
        headers["Idempotency-Key"] = [f"{operation.id}-1"]
    if operation.requires_if_match:
        headers["If-Match"] = ['"1"']
    path = operation.path.replace(f"{{{operation.entity.reference}}}", IDENTITY)
    request: Schema = {"method": str(operation.method), "path": path}
    if headers:
        request["headers"] = headers
    if operation.has_body:
        values = entity_example(operation.entity, provider, variant=1).values
        sent = {field.name: IDENTITY if field.references else values[field.name] for field in operation.request_fields}
        request["body"] = _body(sent, "application/json")
    return request


def _answer(operation: wire.Operation, provider: Service, fields: list[Field]) -> tuple[Json, Rules]:
    values = {field.name: IDENTITY if field.name == "id" else example(field, provider) for field in fields}
    at = "$.items[*]" if operation.is_paginated else "$"
    rules = rules_of(fields, _types(provider), at=at)
    if operation.is_paginated:
        return {"items": [values]}, {"$.items": rule({"match": "type", "min": 1})} | rules
    return values, rules


def _is_expected(call: Call, field: Field) -> bool:
    """Whether the caller finds a value there: what a creation may leave out, and the entity's own kind, may be null."""
    if field.name not in call.reads or field.references == call.operation.entity.name:
        return False
    given = {each.name for each in call.operation.request_fields}
    return field.required or field.name in given or call.operation.action is not Action.CREATE


def _states(operation: wire.Operation) -> list[Schema]:
    found: list[Schema] = [{"name": EMPTY}]
    names = sorted({field.references for field in operation.request_fields if field.references is not None})
    found += [{"name": state_of(name), "params": {"id": IDENTITY}} for name in names]
    if operation.action is not Action.CREATE:
        found.append({"name": state_of(operation.entity.name), "params": {"id": IDENTITY} | _lifecycle_state(operation)})
    return found


def _lifecycle_state(operation: wire.Operation) -> Schema:
    """Where the entity must stand, so that the operation may move it on."""
    lifecycle = operation.entity.lifecycle
    transition = lifecycle.transition(operation.endpoint.transition or "") if lifecycle is not None else None
    return {lifecycle.field: transition.sources[0]} if lifecycle is not None and transition is not None else {}


def _message(architecture: Architecture, hearing: Hearing) -> Schema:
    event, provider = hearing.event, hearing.provider
    envelope: Schema = {
        "specversion": "1.0",
        "id": IDENTITY,
        "source": f"/{provider.name}",
        "type": asyncapi.event_type(architecture, event),
        "subject": "example",
        "time": _MOMENT,
        "datacontenttype": "application/json",
        "partitionkey": "example",
        "data": {field.name: example(field, provider) for field in event.payload},
    }
    rules: Rules = {"$.id": rule({"match": "regex", "regex": UUID}), "$.time": rule({"match": "regex", "regex": MOMENT})}
    rules |= {f"$.{name}": rule({"match": "type"}) for name in ("source", "subject", "partitionkey")}
    if hearing.is_ordered:
        envelope["sequence"] = "0000000001"
        rules["$.sequence"] = rule({"match": "regex", "regex": "^[0-9]{10}$"})
    return {
        "type": "Asynchronous/Messages",
        "key": versioned_name(event),
        "description": versioned_name(event),
        "pending": False,
        "providerStates": [{"name": EMPTY}],
        "contents": _body(envelope, asyncapi.CONTENT_TYPE),
        "matchingRules": {"body": rules | rules_of(event.payload, _types(provider), at="$.data")},
    }


def _body(content: Json, content_type: str) -> Schema:
    return {"content": content, "contentType": content_type, "encoded": False}


def _types(service: Service) -> dict[str, tuple[Field, ...]]:
    return {value.name: value.fields for value in service.value_types}
