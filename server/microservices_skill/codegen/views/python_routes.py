"""The HTTP functions of a domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from microservices_skill.codegen.quoting import py_str, sentence
from microservices_skill.codegen.views.python_types import query_annotation
from microservices_skill.model import wire
from microservices_skill.model.naming import snake
from microservices_skill.model.service import Action, RateLimit
from microservices_skill.model.wire import Operation


@dataclass(frozen=True, slots=True)
class Route:
    """One route: its decorator, its parameters, and which of the bodies it has."""

    verb: str
    path: str
    id: str
    summary: str
    status: int
    response: str
    problems: str
    answer: str
    dependencies: str
    function: str
    parameters: tuple[str, ...]
    docstring: str
    location: str
    filters: str
    arguments: str
    is_create: bool
    is_get: bool
    is_list: bool
    is_change: bool
    is_delete: bool
    is_keyed: bool
    is_unkeyed: bool


def routes_of(operations: Sequence[Operation]) -> tuple[Route, ...]:
    """The routes, in the model's order."""
    return tuple(_route(operation) for operation in operations)


def _route(operation: Operation) -> Route:
    action = operation.action
    is_change = action in (Action.UPDATE, Action.TRANSITION)
    works = is_change or action is Action.CREATE
    variable = snake(operation.entity.name)
    return Route(
        verb=operation.method.lower(),
        path=py_str(operation.path),
        id=py_str(operation.id),
        summary=py_str(operation.summary),
        status=operation.status,
        response=operation.response_name or "",
        problems=", ".join(map(str, operation.error_statuses)),
        answer=_answer(operation),
        dependencies=", ".join(_dependencies(operation)),
        function=snake(operation.id),
        parameters=tuple(_parameters(operation)),
        docstring=sentence(operation.summary, "Do it"),
        location=f"{operation.path}/{{{variable}.id}}",
        filters="{" + ", ".join(f"{py_str(field.name)}: {field.name}" for field in operation.filters) + "}",
        arguments=", ".join([operation.entity.reference, *(["body"] if operation.has_body else [])]),
        is_create=action is Action.CREATE,
        is_get=action is Action.GET,
        is_list=action is Action.LIST,
        is_change=is_change,
        is_delete=action is Action.DELETE,
        is_keyed=works and operation.needs_idempotency_key,
        is_unkeyed=works and not operation.needs_idempotency_key,
    )


def _answer(operation: Operation) -> str:
    match operation.action:
        case Action.CREATE:
            return f'answer({operation.status}, "Location", "ETag") | '
        case Action.GET if not operation.is_versioned:
            return ""
        case Action.GET | Action.UPDATE | Action.TRANSITION:
            return f'answer({operation.status}, "ETag") | '
        case _:
            return ""


def _dependencies(operation: Operation) -> list[str]:
    found = []
    if operation.endpoint.auth:
        scopes = f"[{py_str(operation.endpoint.scope)}]" if operation.endpoint.scope else "[]"
        found.append(f"Security(authenticate, scopes={scopes})")
    if operation.endpoint.rate_limit is not None:
        found.append(f"Depends(rate_limit({py_str(operation.id)}, {py_str(_limit(operation.endpoint.rate_limit))}))")
    return found


def _limit(limit: RateLimit) -> str:
    return f"{limit.requests}/{limit.per}"


def _worker(operation: Operation) -> str:
    if operation.is_composed:
        return "token: TokenDep"
    return "session: SessionDep" if operation.is_on_view else f"service: {operation.entity.name}ServiceDep"


def _parameters(operation: Operation) -> list[str]:
    found = []
    if operation.targets_one:
        found.append(f"{operation.entity.reference}: UUID")
    if operation.has_body:
        found.append(f"body: {operation.request_name}")
    found.append(_worker(operation))
    if operation.needs_idempotency_key:
        found += ["idempotency: IdempotencyDep", "idempotency_key: KeyHeader"]
    if operation.requires_if_match:
        found.append("if_match: RequiredIfMatch")
    if operation.is_paginated:
        found.append(f"limit: Annotated[int, Query(ge=1, le={wire.PAGE_MAXIMUM})] = {wire.PAGE_DEFAULT}")
        found.append("cursor: UUID | None = None")
        found += [f"{field.name}: {query_annotation(field)} | None = None" for field in operation.filters]
    if operation.takes_if_match and not operation.requires_if_match:
        found.append("if_match: IfMatch = None")
    return found
