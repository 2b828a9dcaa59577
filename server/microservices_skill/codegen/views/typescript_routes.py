"""The HTTP functions of a domain in TypeScript."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from microservices_skill.codegen.quoting import ts_sentence, ts_str
from microservices_skill.codegen.views.typescript_types import SchemaField, query_schema
from microservices_skill.model.naming import camel, pascal
from microservices_skill.model.service import Action
from microservices_skill.model.wire import Operation


@dataclass(frozen=True, slots=True)
class Route:
    """One route: its decorators, its parameters, and which of the bodies it has."""

    verb: str
    path: str
    id: str
    comment: str
    status: int
    options: tuple[str, ...]
    guards: tuple[str, ...]
    function: str
    parameters: tuple[str, ...]
    location: str
    arguments: str
    is_create: bool
    is_get: bool
    is_list: bool
    is_delete: bool
    is_keyed: bool


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The query string of a list operation."""

    id: str
    query: str
    filters: tuple[SchemaField, ...]


def query_name(operation: Operation) -> str:
    """The schema of a list operation's query string."""
    return f"{pascal(operation.id)}Query"


def list_queries(operations: Sequence[Operation]) -> tuple[ListQuery, ...]:
    """The query strings of the list operations."""
    return tuple(
        ListQuery(operation.id, query_name(operation), tuple(SchemaField(field.name, query_schema(field)) for field in operation.filters))
        for operation in operations
        if operation.is_paginated
    )


def routes_of(operations: Sequence[Operation]) -> tuple[Route, ...]:
    """The routes, in the model's order."""
    return tuple(_route(operation) for operation in operations)


def _route(operation: Operation) -> Route:
    arguments = [*(["id"] if operation.targets_one else []), *(["body"] if operation.has_body else [])]
    arguments += ["version"] if operation.takes_if_match else []
    return Route(
        verb=operation.method.capitalize(),
        path=ts_str(re.sub(r"\{([^}]+)\}", r":\1", operation.path)),
        id=ts_str(operation.id),
        comment=ts_sentence(operation.summary, "Do it"),
        status=operation.status,
        options=tuple(_options(operation)),
        guards=tuple(_guards(operation)),
        function=camel(operation.id),
        parameters=tuple(_parameters(operation)),
        location=operation.path,
        arguments="".join(f", {argument}" for argument in arguments),
        is_create=operation.action is Action.CREATE,
        is_get=operation.action is Action.GET,
        is_list=operation.action is Action.LIST,
        is_delete=operation.action is Action.DELETE,
        is_keyed=operation.needs_idempotency_key and operation.action is not Action.DELETE,
    )


def _options(operation: Operation) -> list[str]:
    found = [f"id: {ts_str(operation.id)}", f"summary: {ts_str(operation.summary)}", f"status: {operation.status}"]
    if operation.response_name is not None:
        found.append(f"response: {operation.response_name}")
    headers = _headers(operation)
    if headers:
        found.append(f"headers: [{', '.join(map(ts_str, headers))}]")
    found.append(f"problems: [{', '.join(map(str, operation.error_statuses))}]")
    if operation.endpoint.auth:
        found.append(f"scopes: [{ts_str(operation.endpoint.scope) if operation.endpoint.scope else ''}]")
    if operation.targets_one:
        found.append(f"parameter: {ts_str(operation.entity.reference)}")
    if operation.is_paginated:
        found.append(f"query: {query_name(operation)}")
    if operation.needs_idempotency_key:
        found.append("hasKey: true")
    if operation.takes_if_match:
        found.append(f"ifMatch: {ts_str('required' if operation.requires_if_match else 'optional')}")
    return found


def _headers(operation: Operation) -> list[str]:
    match operation.action:
        case Action.CREATE:
            return ["Location", "ETag"]
        case Action.GET if not operation.is_versioned:
            return []
        case Action.GET | Action.UPDATE | Action.TRANSITION:
            return ["ETag"]
        case _:
            return []


def _guards(operation: Operation) -> list[str]:
    found = []
    if operation.endpoint.auth:
        found.append(f"@Authenticated({ts_str(operation.endpoint.scope) if operation.endpoint.scope else ''})")
    limit = operation.endpoint.rate_limit
    if limit is not None:
        found.append(f"@RateLimit({ts_str(operation.id)}, {limit.requests}, {ts_str(limit.per)})")
    return found


def _parameters(operation: Operation) -> list[str]:
    found = ["@Req() request: Request"] if operation.needs_idempotency_key or operation.is_composed else []
    found.append("@Res() response: Response")
    if operation.targets_one:
        found.append(f"@Param({ts_str(operation.entity.reference)}, {{ schema: Uuid }}) id: string")
    if operation.has_body:
        found.append(f"@Body({{ schema: {operation.request_name} }}) body: {operation.request_name}")
    if operation.needs_idempotency_key:
        found.append("@IdempotencyKey() key: string")
    if operation.takes_if_match:
        found.append(f"@{'RequiredIfMatch' if operation.requires_if_match else 'IfMatch'}() version: number | undefined")
    if operation.is_paginated:
        found.append(f"@Query({{ schema: {query_name(operation)} }}) query: {query_name(operation)}")
    return found
