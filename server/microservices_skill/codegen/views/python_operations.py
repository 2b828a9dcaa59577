"""The functions of a domain's service class, one per operation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from microservices_skill.codegen.quoting import py_str, sentence
from microservices_skill.codegen.views.choreographies import SagaMarks
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
    watch: str
    is_locked: bool
    turns: str


def actions_of(action: Action, operations: Sequence[Operation], marks: SagaMarks) -> tuple[ServiceAction, ...]:
    """The functions for one kind of action, in the model's order."""
    return tuple(_action(operation, marks) for operation in operations if operation.action is action)


def _action(operation: Operation, marks: SagaMarks) -> ServiceAction:
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
        saga=marks.starts.get(operation.id, ""),
        watch=marks.watches.get(operation.id, ""),
        is_locked=operation.id in marks.locked,
        turns=marks.turns.get(operation.id, ""),
    )
