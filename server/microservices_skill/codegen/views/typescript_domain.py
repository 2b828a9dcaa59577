"""What the TypeScript templates of one domain print: an entity, its operations, its events and its reactions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from microservices_skill.codegen.quoting import ts_sentence, ts_str, ts_text
from microservices_skill.codegen.views.choreographies import SagaMarks, settling, turning, watched_by, watched_start
from microservices_skill.codegen.views.sagas import coordinated_by, locked_by_saga, members, started_by
from microservices_skill.codegen.views.shared import incoming_names, is_created_by_event, object_names, publishers
from microservices_skill.codegen.views.streams import stream_constant
from microservices_skill.codegen.views.typescript_choreographies import constant as watched
from microservices_skill.codegen.views.typescript_events import (
    EventSource,
    Reaction,
    TransitionEvents,
    event_function,
    event_sources,
    given,
    publish_arguments,
    reactions,
    transition_events,
)
from microservices_skill.codegen.views.typescript_routes import ListQuery, Route, list_queries, query_name, routes_of
from microservices_skill.codegen.views.typescript_sagas import constant
from microservices_skill.codegen.views.typescript_types import (
    Accessor,
    Column,
    SchemaField,
    accessors,
    columns,
    request_field,
    response_field,
    stored_field,
)
from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.entity import Comparison, Entity, Invariant
from microservices_skill.model.fields import FieldType
from microservices_skill.model.naming import camel, kebab, pascal, words
from microservices_skill.model.service import Action, Service, SubscriptionAction
from microservices_skill.model.wire import Operation

_OPERATORS = {
    Comparison.LT: "<",
    Comparison.LE: "<=",
    Comparison.GT: ">",
    Comparison.GE: ">=",
    Comparison.EQ: "===",
    Comparison.NE: "!==",
}
_WORDS = _OPERATORS | {Comparison.EQ: "==", Comparison.NE: "!="}


@dataclass(frozen=True, slots=True)
class RequestSchema:
    """A request body."""

    name: str
    comment: str
    fields: tuple[SchemaField, ...]


@dataclass(frozen=True, slots=True)
class ServiceAction:
    """A function: its name, what it takes, and the lines that carry the request into the entity."""

    function: str
    comment: str
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


@dataclass(frozen=True, slots=True)
class TransitionRow:
    """A transition in the table of a lifecycle."""

    name: str
    sources: str
    target: str


@dataclass(frozen=True, slots=True)
class InvariantCheck:
    """A condition that refuses an entity, and what is said then."""

    condition: str
    message: str


@dataclass(frozen=True, slots=True)
class DomainView:
    """Everything that the templates below ``domains/__domain__`` print."""

    domain: str
    entity: str
    variable: str
    noun: str
    noun_plural: str
    noun_source: str
    article: str
    tag: str
    comment: str
    table: str
    columns: tuple[Column, ...]
    accessors: tuple[Accessor, ...]
    field_names: str
    fields: tuple[SchemaField, ...]
    data_fields: tuple[SchemaField, ...]
    value_imports: str
    requests: tuple[RequestSchema, ...]
    is_created_by_event: bool
    is_sourced: bool
    stream_name: str
    stream_constant: str
    snapshot_fields: tuple[SchemaField, ...]
    repository_base: str
    repository_target: str
    has_lifecycle: bool
    has_transitions: bool
    makes: bool
    changes: bool
    guards_version: bool
    publishes: bool
    parts: tuple[str, ...]
    controller_parts: tuple[str, ...]
    state_field: str
    state_type: str
    state_union: str
    state_values: str
    transition_union: str
    initial_state: str
    transitions: tuple[TransitionRow, ...]
    transition_events: tuple[TransitionEvents, ...]
    events: tuple[EventSource, ...]
    lists: tuple[ListQuery, ...]
    creates: tuple[ServiceAction, ...]
    gets: tuple[ServiceAction, ...]
    list_actions: tuple[ServiceAction, ...]
    updates: tuple[ServiceAction, ...]
    deletes: tuple[ServiceAction, ...]
    transition_actions: tuple[ServiceAction, ...]
    reactions: tuple[Reaction, ...]
    invariants: tuple[InvariantCheck, ...]
    routes: tuple[Route, ...]
    page_default: int
    page_maximum: int
    event_imports: str
    dto_imports: str
    controller_imports: str
    incoming_imports: str
    sagas: str
    watched: tuple[str, ...]
    watched_names: str
    exported: str

    @classmethod
    def of(cls, architecture: Architecture, service: Service, entity: Entity) -> DomainView:
        """The view of one entity of a service."""
        operations = tuple(operation for operation in wire.operations(service) if operation.entity is entity)
        started = {each.id: saga for each in operations if (saga := started_by(architecture, service, each.id)) is not None}
        marks = SagaMarks(
            starts={operation: constant(saga) for operation, saga in started.items()},
            watches={each.id: watched(it) for each in operations if (it := watched_start(architecture, service, each.id)) is not None},
            locked=locked_by_saga(architecture, service, entity) | settling(architecture, service, entity),
            turns={operation: watched(it) for operation, it in turning(architecture, service, entity).items()},
        )
        actions = {action: tuple(_action(each, marks) for each in operations if each.action is action) for action in Action}
        followed = tuple(watched(each) for each in watched_by(architecture, service) if each.entity.name == entity.name)
        state, lifecycle = wire.state_field(entity), entity.lifecycle
        transitions = lifecycle.transitions if lifecycle else ()
        noun = " ".join(words(entity.name))
        requests = [operation.request_name for operation in operations if operation.request_name is not None]
        queries = [query_name(operation) for operation in operations if operation.is_paginated]
        data = [f"{entity.name}Data"] if is_created_by_event(service, entity) else []
        reacting = {each.action for each in service.subscriptions if each.entity == entity.name}
        makes = bool(actions[Action.CREATE]) or SubscriptionAction.CREATE in reacting
        changes = bool(actions[Action.UPDATE]) or SubscriptionAction.UPDATE in reacting
        writes = makes or changes or bool(transitions)
        told = [field for event in architecture.published_by(service.name) for field in event.payload]
        return cls(
            domain=kebab(entity.name),
            entity=entity.name,
            variable=camel(entity.name),
            noun=noun,
            noun_plural=" ".join(words(entity.table)),
            noun_source=ts_str(noun),
            article="an" if noun[0] in "aeiou" else "a",
            tag=ts_str(entity.collection),
            comment=ts_sentence(entity.description, f"{pascal(entity.name)} and what happens to it"),
            table=ts_str(entity.table),
            columns=tuple(column for field in entity.fields for column in columns(field)),
            accessors=accessors(entity.fields),
            field_names=" | ".join(ts_str(field.name) for field in entity.fields),
            fields=tuple(response_field(field) for field in entity.fields),
            data_fields=tuple(request_field(field) for field in entity.fields),
            value_imports="".join(f", {name}" for name in sorted(object_names([*entity.fields, *told]))),
            requests=tuple(_request(operation) for operation in operations if operation.request_name is not None),
            is_created_by_event=bool(data),
            is_sourced=entity.is_event_sourced,
            stream_name=ts_str(entity.name),
            stream_constant=stream_constant(entity),
            snapshot_fields=tuple(stored_field(field) for field in entity.fields),
            repository_base="StreamRepository" if entity.is_event_sourced else "EntityRepository",
            repository_target=stream_constant(entity) if entity.is_event_sourced else entity.name,
            has_lifecycle=state is not None,
            has_transitions=bool(transitions),
            makes=makes,
            changes=changes,
            guards_version=any(operation.takes_if_match for operation in operations),
            publishes=writes or any(action.publish for action in actions[Action.DELETE]),
            parts=_parts(entity, is_read=bool(operations) or writes, is_ruled=writes or bool(actions[Action.DELETE])),
            controller_parts=_controller_parts(entity, operations),
            state_field=state.name if state else "",
            state_type=f"{entity.name}{pascal(state.name)}" if state else "",
            state_union=" | ".join(map(ts_str, state.values)) if state else "",
            state_values=", ".join(map(ts_str, state.values)) if state else "",
            transition_union=" | ".join(ts_str(each.name) for each in transitions) or "never",
            initial_state=ts_str(lifecycle.initial) if lifecycle else "",
            transitions=tuple(TransitionRow(each.name, ", ".join(map(ts_str, each.sources)), ts_str(each.to)) for each in transitions),
            transition_events=transition_events(entity),
            events=event_sources(architecture, service, entity),
            lists=list_queries(operations),
            creates=actions[Action.CREATE],
            gets=actions[Action.GET],
            list_actions=actions[Action.LIST],
            updates=actions[Action.UPDATE],
            deletes=actions[Action.DELETE],
            transition_actions=actions[Action.TRANSITION],
            reactions=reactions(architecture, service, entity),
            invariants=tuple(_invariant(entity, invariant) for invariant in entity.invariants),
            routes=routes_of(operations),
            page_default=wire.PAGE_DEFAULT,
            page_maximum=wire.PAGE_MAXIMUM,
            event_imports=", ".join(map(event_function, sorted(publishers(service, entity)))),
            dto_imports=", ".join([*requests, *queries, *data]),
            controller_imports=", ".join([*requests, *queries, *(f"{entity.name}{kind}" for kind in ("Response", "Page"))])
            + f", to{entity.name}Response",
            incoming_imports=", ".join(incoming_names(service, entity)),
            sagas=", ".join(sorted({constant(each) for each in coordinated_by(architecture, service) if each.entity.name == entity.name})),
            watched=followed,
            watched_names=", ".join(followed),
            exported=f", {entity.name}Repository" if followed or entity.name in members(architecture, service) else "",
        )


def _parts(entity: Entity, *, is_read: bool, is_ruled: bool) -> tuple[str, ...]:
    """What the service class is given."""
    repository, rules = f"private readonly repository: {entity.name}Repository", f"private readonly rules: {entity.name}Rules"
    return (*([repository] if is_read else []), *([rules] if is_ruled else []))


def _controller_parts(entity: Entity, operations: Sequence[Operation]) -> tuple[str, ...]:
    """What the controller is given."""
    found = [f"private readonly service: {entity.name}Service"] if operations else []
    if not all(operation.needs_idempotency_key for operation in operations):
        found.append("private readonly unitOfWork: UnitOfWork")
    if any(operation.needs_idempotency_key for operation in operations):
        found.append("private readonly idempotency: Idempotency")
    return tuple(found)


def _request(operation: Operation) -> RequestSchema:
    fields = tuple(request_field(field) for field in operation.request_fields)
    return RequestSchema(operation.request_name or "", ts_sentence(operation.summary, "A request"), fields)


def _action(operation: Operation, marks: SagaMarks) -> ServiceAction:
    taken = [given(field.name, "request", is_required=field.required) for field in operation.request_fields]
    variable = camel(operation.entity.name)
    return ServiceAction(
        function=camel(operation.id),
        comment=ts_sentence(operation.summary, "Do it"),
        request=query_name(operation) if operation.is_paginated else operation.request_name or "",
        parameter=f", request: {operation.request_name}" if operation.has_body else "",
        arguments=(*taken, *_left_out(operation)),
        assignments=tuple(f"{variable}.{each.replace(': ', ' = ', 1)}" for each in taken),
        transition=ts_str(operation.endpoint.transition or ""),
        publish=publish_arguments(operation.endpoint.publishes),
        saga=marks.starts.get(operation.id, ""),
        watch=marks.watches.get(operation.id, ""),
        is_locked=operation.id in marks.locked,
        turns=marks.turns.get(operation.id, ""),
    )


def _left_out(operation: Operation) -> Sequence[str]:
    """The optional fields that a request does not carry."""
    carried = {field.name for field in operation.request_fields}
    return [f"{field.name}: null" for field in operation.entity.fields if field.name not in carried and not field.required]


def _invariant(entity: Entity, invariant: Invariant) -> InvariantCheck:
    variable = camel(entity.name)
    fields = [entity.field(name) for name in (invariant.field, invariant.other) if name is not None]
    optional = [f"{variable}.{field.name} !== null" for field in fields if field is not None and not field.required]
    right = invariant.other or str(invariant.value)
    message = ts_text(invariant.message) or f"{invariant.field} must be {_WORDS[invariant.operator]} {right}"
    return InvariantCheck(" && ".join([*optional, f"!({_comparison(variable, entity, invariant)})"]), ts_str(message))


def _comparison(variable: str, entity: Entity, invariant: Invariant) -> str:
    field = entity.field(invariant.field)
    kind = field.type if field is not None else FieldType.INTEGER
    operator = _OPERATORS[invariant.operator]
    left, right = f"{variable}.{invariant.field}", f"{variable}.{invariant.other}" if invariant.other else str(invariant.value)
    match kind:
        case FieldType.MONEY if invariant.other is not None:
            return f"{left}.currency === {right}.currency && {left}.minor_units {operator} {right}.minor_units"
        case FieldType.MONEY:
            return f"{left}.minor_units {operator} {right}"
        case FieldType.DECIMAL:
            return f"compareDecimals({left}, {right if invariant.other else ts_str(right)}) {operator} 0"
        case FieldType.DATETIME:
            return f"compareMoments({left}, {right}) {operator} 0"
        case _:
            return f"{left} {operator} {right}"
