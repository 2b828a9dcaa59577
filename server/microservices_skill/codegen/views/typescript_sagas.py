"""The sagas of a NestJS service: their messages, the steps that it coordinates, and the steps that it carries out."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.quoting import ts_sentence, ts_str
from microservices_skill.codegen.views import sagas
from microservices_skill.codegen.views.choreographies import own_events, reactions_of, watched_by
from microservices_skill.codegen.views.shared import object_names
from microservices_skill.codegen.views.typescript_choreographies import (
    ChoreographyView,
    Imported,
    RefusalSchema,
    choreography_view,
    imported,
    refusal_schemas,
)
from microservices_skill.codegen.views.typescript_types import SchemaField, request_field
from microservices_skill.model import erasure
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.erasure import Blank
from microservices_skill.model.messaging import Event
from microservices_skill.model.naming import camel, kebab, snake, title, words
from microservices_skill.model.orchestration import SAGA_ID, Orchestration, Part, Target
from microservices_skill.model.service import Service


@dataclass(frozen=True, slots=True)
class MessageSchema:
    """A command, a compensation, a reply, or a value that one carries."""

    name: str
    comment: str
    source_name: str
    fields: tuple[SchemaField, ...]


@dataclass(frozen=True, slots=True)
class StepView:
    """A step as its coordinator sees it."""

    name: str
    consumer: str
    command: str
    compensation: str
    reply: str
    parameters: str
    arguments: tuple[str, ...]
    timeout_ms: int
    is_pivot: str
    is_retriable: str


@dataclass(frozen=True, slots=True)
class SagaView:
    """A saga as its coordinator sees it."""

    name: str
    comment: str
    constant: str
    domain: str
    entity: str
    repository: str
    service: str
    succeed: str
    fail: str
    timeout_ms: int
    steps: tuple[StepView, ...]


@dataclass(frozen=True, slots=True)
class PartView:
    """A step as its participant sees it."""

    id: str
    constant: str
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
    """A name, the domain that it is imported from, and its entity as a variable."""

    domain: str
    name: str
    variable: str


@dataclass(frozen=True, slots=True)
class Sagas:
    """Everything that the saga templates print."""

    values: tuple[MessageSchema, ...]
    own_values: str
    commands: tuple[MessageSchema, ...]
    replies: tuple[MessageSchema, ...]
    names: str
    definitions: tuple[SagaView, ...]
    parts: tuple[PartView, ...]
    members: tuple[Name, ...]
    services: tuple[Name, ...]
    repositories: tuple[Name, ...]
    requests: tuple[Name, ...]
    erased: tuple[Name, ...]
    modules: str
    tables: str
    process_parameters: str
    process_tokens: str
    choreographies: tuple[ChoreographyView, ...]
    own_events: tuple[Imported, ...]
    refusals: tuple[RefusalSchema, ...]
    watched_parameters: str
    watched_tokens: str
    keepers: str
    exports: str


def sagas_of(architecture: Architecture, service: Service) -> Sagas:
    """The sagas of a service."""
    coordinated, parts = sagas.coordinated_by(architecture, service), sagas.parts_of(architecture, service)
    mine = [part for each in coordinated for part in each.parts]
    commands, replies = sagas.commands([*mine, *parts]), sagas.replies([*mine, *parts])
    carried = object_names(field for part in mine for field in part.command.payload)
    looked_up = {part.operation.entity.name for part in parts if part.target is Target.MATCHED or sagas.undone_state(part)}
    watched = watched_by(architecture, service)
    following = sorted({each.entity.name for each in watched})
    keepers = [*(["Orchestrator"] if coordinated else []), *(["Watcher"] if watched else [])]
    reactions = ["SagaReactions"] if reactions_of(architecture, service) else []
    exports = [*(["SagaHandlers"] if coordinated or parts else []), *reactions, *(["Watcher"] if watched else [])]
    members = sorted(sagas.members(architecture, service) | set(following))
    ending = sorted({each.entity.name for each in coordinated})
    requests = {(part.operation.entity.name, name) for part in parts if (name := part.operation.request_name) is not None}
    return Sagas(
        values=tuple(
            MessageSchema(value.name, ts_sentence(value.description, title(value.name)), "", tuple(map(request_field, value.fields)))
            for value in sagas.carried_values(architecture, service)
        ),
        own_values="".join(f", {name}" for name in sorted(carried)),
        commands=tuple(map(_message, commands)),
        replies=tuple(map(_message, replies)),
        names=", ".join(sorted(event.name for event in (*commands, *replies))),
        definitions=tuple(map(_saga, coordinated)),
        parts=tuple(map(_part, parts)),
        members=tuple(map(_name, members)),
        services=tuple(_name(name) for name in sorted({part.operation.entity.name for part in parts if not part.erases})),
        repositories=tuple(_name(name) for name in sorted(looked_up)),
        requests=tuple(Name(kebab(entity), name, camel(entity)) for entity, name in sorted(requests)),
        erased=tuple(map(_name, sagas.erased_by(parts))),
        modules=", ".join(f"{name}Module" for name in members),
        tables="".join(
            [
                *(["SagaRun, SagaEntry, "] if keepers else []),
                *(["SagaStep, "] if watched else []),
                *(["SagaParticipation, "] if parts or reactions else []),
            ]
        ),
        process_parameters=_parameters(ending),
        process_tokens=_tokens(ending),
        choreographies=tuple(map(choreography_view, watched)),
        own_events=imported(
            {name: f"{kebab(entity.name)}/events/{kebab(entity.name)}.events" for name, entity in own_events(watched).items()}
        ),
        refusals=refusal_schemas(architecture, service),
        watched_parameters=_parameters(following),
        watched_tokens=_tokens(following),
        keepers=", ".join(keepers),
        exports=", ".join(exports),
    )


def constant(orchestration: Orchestration) -> str:
    """The name of a saga's definition."""
    return snake(orchestration.saga.name).upper()


def _parameters(entities: list[str]) -> str:
    return "".join(f", {camel(name)}Repository: {name}Repository, {camel(name)}Service: {name}Service" for name in entities)


def _tokens(entities: list[str]) -> str:
    return "".join(f", {name}Repository, {name}Service" for name in entities)


def _name(entity: str) -> Name:
    return Name(kebab(entity), entity, camel(entity))


def _message(event: Event) -> MessageSchema:
    fields = tuple(request_field(field) for field in event.payload)
    return MessageSchema(event.name, ts_sentence(event.description, title(event.name)), ts_str(event.name), fields)


def _saga(orchestration: Orchestration) -> SagaView:
    saga, entity = orchestration.saga, orchestration.entity
    return SagaView(
        name=ts_str(saga.name),
        comment=ts_sentence(saga.description, title(saga.name)),
        constant=constant(orchestration),
        domain=kebab(entity.name),
        entity=entity.name,
        repository=f"{camel(entity.name)}Repository",
        service=f"{camel(entity.name)}Service",
        succeed=ts_str(saga.succeeds_with or ""),
        fail=ts_str(saga.fails_with or ""),
        timeout_ms=sagas.timeout_of(orchestration),
        steps=tuple(_step(orchestration, part) for part in orchestration.parts),
    )


def _step(orchestration: Orchestration, part: Part) -> StepView:
    limits = sagas.limits_of(part)
    variable = camel(orchestration.entity.name)
    payload = [field for field in part.command.payload if field.name != SAGA_ID]
    return StepView(
        name=ts_str(part.step.name),
        consumer=ts_str(f"{part.id}.reply"),
        command=part.command.name,
        compensation=part.compensation.name if part.compensation is not None else "",
        reply=part.reply.name,
        parameters=f"sagaId, {variable}" if payload else "sagaId",
        arguments=(f"{SAGA_ID}: sagaId", *(f"{field.name}: {variable}.{field.source}" for field in payload)),
        timeout_ms=limits.timeout_ms,
        is_pivot=str(limits.is_pivot).lower(),
        is_retriable=str(limits.is_retriable).lower(),
    )


def _part(part: Part) -> PartView:
    stem = f"{snake(part.saga.name)}_{part.step.name}"
    return PartView(
        id=ts_str(part.id),
        constant=stem.upper(),
        noun=" ".join(words(part.operation.entity.name)),
        command=part.command.name,
        compensation=part.compensation.name if part.compensation is not None else "",
        reply=part.reply.name,
        function=camel(f"on_{stem}"),
        undo_function=camel(f"on_{stem}_compensation"),
        action=tuple(_act(part)),
        undo=tuple(_undo(part)),
    )


def _act(part: Part) -> list[str]:
    """The lines that carry the step out and return the id of what it concerned."""
    operation, entity = part.operation, part.operation.entity
    if part.erases:
        return _erase(part)
    call = f"this.{camel(entity.name)}Service.{camel(operation.id)}"
    lines = []
    if operation.request_name is not None:
        names = "".join(f", {ts_str(name)}" for name in part.values)
        lines.append(f"const request = {operation.request_name}.parse(valuesOf(command{names}));")
    request = ", request" if operation.request_name is not None else ""
    match part.target:
        case Target.NEW:
            return [*lines, f"return (await {call}(tx, request)).id;"]
        case Target.MATCHED:
            key = "id" if part.key == entity.reference else part.key
            if key == "id":
                lines.append(f"const id = command.{part.key};")
            else:
                lines.append(f"const {{ id }} = await this.{camel(entity.name)}Repository.find(tx, {{ {key}: command.{part.key} }});")
        case Target.EARLIER:
            lines.append(f"const id = await this.participant.madeBy(tx, command.saga_id, {ts_str(part.earlier or '')});")
    return [*lines, f"await {call}(tx, id{request}, undefined);", "return id;"]


def _erase(part: Part) -> list[str]:
    """The lines that put blanks in the place of personal data, and return by what it was found."""
    entity = part.operation.entity
    key = "id" if part.key == entity.reference else part.key
    blanks = erasure.blanks(part.service, entity)
    row = "row" if any(each.has_id for each in blanks) else ""
    return [
        f"const operations: readonly string[] = [{', '.join(map(ts_str, sagas.kept_answers(part)))}];",
        f"const foundBy = {{ {key}: command.{part.key} }};",
        f"return await erase(tx, {entity.name}, command.{part.key}, operations, foundBy, ({row}) => ({{",
        *(f"  {each.field.name}: {_blank(each)}," for each in blanks),
        "}));",
    ]


def _blank(blank: Blank) -> str:
    if blank.has_id:
        return "`" + str(blank.value).replace(erasure.ID, "${row.id}") + "`"
    if blank.value is None:
        return "null"
    return ts_str(blank.value) if isinstance(blank.value, str) else str(blank.value)


def _undo(part: Part) -> list[str]:
    """The lines that take the step back, and do nothing where it has been taken back already."""
    if part.undo is None:
        return []
    variable, state = camel(part.operation.entity.name), sagas.undone_state(part)
    call = f"await this.{variable}Service.{camel(part.undo.id)}(tx, id, undefined);"
    if state is None:
        return [call]
    field, undone = state
    read = f"const {{ {field} }} = await this.{variable}Repository.get(tx, id);"
    return [read, f"if ({field} !== {ts_str(undone)}) {{", f"  {call}", "}"]
