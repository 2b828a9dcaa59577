"""The functions of a domain's service class, one per operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from microservices_skill.codegen.quoting import py_str, sentence
from microservices_skill.model.naming import snake
from microservices_skill.model.service import Action
from microservices_skill.model.wire import Operation


@dataclass(frozen=True, slots=True)
class ServiceAction:
    """A function: its name, what it takes, and the lines that carry the request into the entity."""

    function: str
    docstring: str
    request: str
    parameter: str
    arguments: tuple[str, ...]
    assignments: tuple[str, ...]
    transition: str
    publish: str
    saga: str
    is_locked: bool


def actions_of(
    action: Action, operations: Sequence[Operation], *, starts: Mapping[str, str], locked: frozenset[str]
) -> tuple[ServiceAction, ...]:
    """The functions for one kind of action, in the model's order; ``starts`` names the saga that an operation begins."""
    return tuple(_action(operation, starts, locked) for operation in operations if operation.action is action)


def _action(operation: Operation, starts: Mapping[str, str], locked: frozenset[str]) -> ServiceAction:
    variable = snake(operation.entity.name)
    names = [field.name for field in operation.request_fields]
    return ServiceAction(
        function=snake(operation.id),
        docstring=sentence(operation.summary, "Do it"),
        request=operation.request_name or "",
        parameter=f", request: {operation.request_name}" if operation.has_body else "",
        arguments=tuple(f"{name}=request.{name}" for name in names),
        assignments=tuple(f"{variable}.{name} = request.{name}" for name in names),
        transition=py_str(operation.endpoint.transition or ""),
        publish="".join(f", {name}" for name in operation.endpoint.publishes),
        saga=starts.get(operation.id, ""),
        is_locked=operation.id in locked,
    )
