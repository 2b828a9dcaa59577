"""The sagas of a FastAPI service: their messages, the steps that it coordinates, and the steps that it carries out."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.quoting import py_str, sentence
from microservices_skill.codegen.views import sagas
from microservices_skill.codegen.views.choreographies import own_events, watched_by
from microservices_skill.codegen.views.python_choreographies import ChoreographyView, RefusalClass, choreography_view, refusal_classes
from microservices_skill.codegen.views.python_types import TypedName, request_field
from microservices_skill.codegen.views.shared import object_names
from microservices_skill.model import erasure
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.erasure import Blank
from microservices_skill.model.messaging import Event
from microservices_skill.model.naming import snake, title, words
from microservices_skill.model.orchestration import SAGA_ID, Orchestration, Part, Target
from microservices_skill.model.service import Service


@dataclass(frozen=True, slots=True)
class MessageClass:
    """A command, a compensation, a reply, or a value that one carries."""

    name: str
    docstring: str
    source_name: str
    fields: tuple[TypedName, ...]


@dataclass(frozen=True, slots=True)
class StepView:
    """A step as its coordinator sees it."""

    name: str
    function: str
    consumer: str
    command: str
    compensation: str
    reply: str
    arguments: tuple[str, ...]
    timeout_ms: int
    is_pivot: bool
    is_retriable: bool


@dataclass(frozen=True, slots=True)
class SagaView:
    """A saga as its coordinator sees it."""

    name: str
    constant: str
    function: str
    noun: str
    domain: str
    entity: str
    variable: str
    succeed: str
    fail: str
    timeout_ms: int
    steps: tuple[StepView, ...]


@dataclass(frozen=True, slots=True)
class PartView:
    """A step as its participant sees it."""

    id: str
    noun: str
    command: str
    compensation: str
    reply: str
    function: str
    undo_function: str
    action: tuple[str, ...]
    undo: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A name, and the domain that it is imported from."""

    domain: str
    name: str


@dataclass(frozen=True, slots=True)
class Sagas:
    """Everything that the saga templates print."""

    values: tuple[MessageClass, ...]
    own_values: str
    commands: tuple[MessageClass, ...]
    replies: tuple[MessageClass, ...]
    names: str
    definitions: tuple[SagaView, ...]
    parts: tuple[PartView, ...]
    services: tuple[Name, ...]
    repositories: tuple[Name, ...]
    requests: tuple[Name, ...]
    erased: tuple[Name, ...]
    choreographies: tuple[ChoreographyView, ...]
    own_events: tuple[Name, ...]
    refusals: tuple[RefusalClass, ...]
    keepers: str


def sagas_of(architecture: Architecture, service: Service) -> Sagas:
    """The sagas of a service."""
    coordinated, parts = sagas.coordinated_by(architecture, service), sagas.parts_of(architecture, service)
    mine = [part for each in coordinated for part in each.parts]
    watched = watched_by(architecture, service)
    keepers = [*(["orchestrator"] if coordinated else []), *(["watcher"] if watched else [])]
    commands, replies = sagas.commands([*mine, *parts]), sagas.replies([*mine, *parts])
    carried = object_names(field for part in mine for field in part.command.payload)
    entities = sagas.members(architecture, service)
    looked_up = {part.operation.entity.name for part in parts if part.target is Target.MATCHED or part.undo is not None}
    requests = {(snake(part.operation.entity.name), name) for part in parts if (name := part.operation.request_name) is not None}
    return Sagas(
        values=tuple(
            MessageClass(value.name, sentence(value.description, title(value.name)), "", tuple(map(request_field, value.fields)))
            for value in sagas.carried_values(architecture, service)
        ),
        own_values=", ".join(sorted(carried)),
        commands=tuple(map(_message, commands)),
        replies=tuple(map(_message, replies)),
        names=", ".join(sorted(event.name for event in (*commands, *replies))),
        definitions=tuple(map(_saga, coordinated)),
        parts=tuple(map(_part, parts)),
        services=tuple(Name(snake(name), name) for name in sorted(entities)),
        repositories=tuple(Name(snake(name), name) for name in sorted(looked_up)),
        requests=tuple(Name(domain, name) for domain, name in sorted(requests)),
        erased=tuple(Name(snake(name), name) for name in sagas.erased_by(parts)),
        choreographies=tuple(map(choreography_view, watched)),
        own_events=tuple(Name(snake(entity.name), name) for name, entity in sorted(own_events(watched).items())),
        refusals=refusal_classes(architecture, service),
        keepers=f"({', '.join(keepers)}{',' if len(keepers) == 1 else ''})",
    )


def constant(orchestration: Orchestration) -> str:
    """The name of a saga's definition."""
    return snake(orchestration.saga.name).upper()


def _message(event: Event) -> MessageClass:
    fields = tuple(request_field(field) for field in event.payload if field.name not in (SAGA_ID, "outcome", "reason"))
    return MessageClass(event.name, sentence(event.description, title(event.name)), py_str(event.name), fields)


def _saga(orchestration: Orchestration) -> SagaView:
    saga, entity = orchestration.saga, orchestration.entity
    return SagaView(
        name=py_str(saga.name),
        constant=constant(orchestration),
        function=snake(saga.name),
        noun=" ".join(words(entity.name)),
        domain=snake(entity.name),
        entity=entity.name,
        variable=snake(entity.name),
        succeed=py_str(saga.succeeds_with or ""),
        fail=py_str(saga.fails_with or ""),
        timeout_ms=sagas.timeout_of(orchestration),
        steps=tuple(_step(orchestration, part) for part in orchestration.parts),
    )


def _step(orchestration: Orchestration, part: Part) -> StepView:
    limits = sagas.limits_of(part)
    variable = snake(orchestration.entity.name)
    stem = f"{snake(orchestration.saga.name)}_{part.step.name}"
    payload = [field for field in part.command.payload if field.name != SAGA_ID]
    return StepView(
        name=py_str(part.step.name),
        function=f"_{stem}",
        consumer=py_str(f"{part.id}.reply"),
        command=part.command.name,
        compensation=part.compensation.name if part.compensation is not None else "None",
        reply=part.reply.name,
        arguments=(f"{SAGA_ID}={SAGA_ID}", *(f"{field.name}={variable}.{field.source}" for field in payload)),
        timeout_ms=limits.timeout_ms,
        is_pivot=limits.is_pivot,
        is_retriable=limits.is_retriable,
    )


def _part(part: Part) -> PartView:
    stem = f"{snake(part.saga.name)}_{part.step.name}"
    return PartView(
        id=py_str(part.id),
        noun=" ".join(words(part.operation.entity.name)),
        command=part.command.name,
        compensation=part.compensation.name if part.compensation is not None else "",
        reply=part.reply.name,
        function=f"on_{stem}",
        undo_function=f"on_{stem}_compensation",
        action=tuple(_act(part)),
        undo=tuple(_undo(part)),
    )


def _act(part: Part) -> list[str]:
    """The lines that carry the step out and return the id of what it concerned."""
    operation, entity = part.operation, part.operation.entity
    if part.erases:
        return _erase(part)
    call = f"{entity.name}Service(session).{snake(operation.id)}"
    lines = []
    if operation.request_name is not None:
        names = ", ".join(f"{py_str(name)}" for name in part.values)
        lines.append(f"request = {operation.request_name}.model_validate(values_of(command{f', {names}' if names else ''}))")
    request = ", request" if operation.request_name is not None else ""
    match part.target:
        case Target.NEW:
            return [*lines, f"return (await {call}(request)).id"]
        case Target.MATCHED:
            key = "id" if part.key == entity.reference else part.key
            if key == "id":
                lines.append(f"identity = command.{part.key}")
            else:
                lines.append(f"identity = (await {entity.name}Repository(session).find({key}=command.{part.key})).id")
        case Target.EARLIER:
            lines.append(f"identity = await made_by(session, command.saga_id, {py_str(part.earlier or '')})")
    return [*lines, f"await {call}(identity{request}, version=None)", "return identity"]


def _erase(part: Part) -> list[str]:
    """The lines that put blanks in the place of personal data, and return by what it was found."""
    entity = part.operation.entity
    key = "id" if part.key == entity.reference else part.key
    blanks = erasure.blanks(part.service, entity)
    return [
        "return await erase(",
        "    session,",
        f"    {entity.name},",
        f"    command.{part.key},",
        f"    {_strings(sagas.kept_answers(part))},",
        f"    lambda {'row' if any(each.has_id for each in blanks) else '_'}: {{",
        *(f"        {py_str(each.field.name)}: {_blank(each)}," for each in blanks),
        "    },",
        f"    {key}=command.{part.key},",
        ")",
    ]


def _strings(values: tuple[str, ...]) -> str:
    return f"({', '.join(map(py_str, values))}{',' if len(values) == 1 else ''})"


def _blank(blank: Blank) -> str:
    if blank.has_id:
        return f"f{py_str(blank.value).replace(erasure.ID, '{row.id}')}"
    if blank.value == erasure.LONG_AGO:
        return "date.fromisoformat(" + py_str(erasure.LONG_AGO) + ")"
    return py_str(blank.value) if isinstance(blank.value, str) else repr(blank.value)


def _undo(part: Part) -> list[str]:
    """The lines that take the step back, and do nothing where it has been taken back already."""
    if part.undo is None:
        return []
    entity, state = part.operation.entity, sagas.undone_state(part)
    call = f"await {entity.name}Service(session).{snake(part.undo.id)}(identity, version=None)"
    if state is None:
        return [call]
    field, undone = state
    return [f"if (await {entity.name}Repository(session).get(identity)).{field} != {py_str(undone)}:", f"    {call}"]
