"""What the templates of one domain print: an entity, its operations, its events and its reactions."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.quoting import py_literal, py_str, py_text, py_tuple, sentence
from microservices_skill.codegen.views.choreographies import SagaMarks, settling, turning, watched_by, watched_start
from microservices_skill.codegen.views.python_choreographies import constant as watched
from microservices_skill.codegen.views.python_events import EventClass, Reaction, TransitionEvents, event_classes, reactions
from microservices_skill.codegen.views.python_operations import ServiceAction, actions_of
from microservices_skill.codegen.views.python_routes import Route, routes_of
from microservices_skill.codegen.views.python_sagas import constant
from microservices_skill.codegen.views.python_types import (
    Column,
    TypedName,
    columns,
    request_field,
    response_field,
)
from microservices_skill.codegen.views.sagas import coordinated_by, locked_by_saga, started_by
from microservices_skill.codegen.views.shared import incoming_names, is_created_by_event, object_names, publishers, told_versions
from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.entity import Comparison, Entity, Invariant
from microservices_skill.model.fields import Field, FieldType
from microservices_skill.model.naming import pascal, snake, words
from microservices_skill.model.service import Action, Service
from microservices_skill.model.wire import Operation

_COMPARISONS = {
    Comparison.LT: "<",
    Comparison.LE: "<=",
    Comparison.GT: ">",
    Comparison.GE: ">=",
    Comparison.EQ: "==",
    Comparison.NE: "!=",
}


@dataclass(frozen=True, slots=True)
class RequestClass:
    """A request body."""

    name: str
    docstring: str
    fields: tuple[TypedName, ...]


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

    package: str
    domain: str
    entity: str
    variable: str
    reference: str
    noun: str
    noun_plural: str
    noun_source: str
    article: str
    tag: str
    docstring: str
    class_docstring: str
    table: str
    constraints: tuple[str, ...]
    columns: tuple[Column, ...]
    fields: tuple[TypedName, ...]
    data_fields: tuple[TypedName, ...]
    value_names: str
    requests: tuple[RequestClass, ...]
    is_created_by_event: bool
    is_sourced: bool
    source_name: str
    initial_state: str
    has_lifecycle: bool
    state_field: str
    state_type: str
    state_annotation: str
    transition_rows: tuple[TransitionRow, ...]
    transition_events: tuple[TransitionEvents, ...]
    events: tuple[EventClass, ...]
    has_older_events: bool
    creates: tuple[ServiceAction, ...]
    gets: tuple[ServiceAction, ...]
    lists: tuple[ServiceAction, ...]
    updates: tuple[ServiceAction, ...]
    deletes: tuple[ServiceAction, ...]
    transition_actions: tuple[ServiceAction, ...]
    reactions: tuple[Reaction, ...]
    invariants: tuple[InvariantCheck, ...]
    routes: tuple[Route, ...]
    event_imports: str
    model_imports: str
    schema_imports: str
    route_schema_imports: str
    incoming_imports: str
    sagas: str
    watched: tuple[str, ...]
    watched_names: str

    @classmethod
    def of(cls, architecture: Architecture, service: Service, entity: Entity) -> DomainView:
        """The view of one entity of a service."""
        operations = tuple(operation for operation in wire.operations(service) if operation.entity is entity)
        state = wire.state_field(entity)
        started = {each.id: saga for each in operations if (saga := started_by(architecture, service, each.id)) is not None}
        marks = SagaMarks(
            starts={operation: constant(saga) for operation, saga in started.items()},
            watches={each.id: watched(it) for each in operations if (it := watched_start(architecture, service, each.id)) is not None},
            locked=locked_by_saga(architecture, service, entity) | settling(architecture, service, entity),
            turns={operation: watched(it) for operation, it in turning(architecture, service, entity).items()},
        )
        actions = {action: actions_of(action, operations, marks) for action in Action}
        followed = tuple(watched(each) for each in watched_by(architecture, service) if each.entity.name == entity.name)
        told = event_classes(architecture, service, entity)
        noun = " ".join(words(entity.name))
        tables = {other.name: other.table for other in service.entities}
        return cls(
            package=service.package,
            domain=snake(entity.name),
            entity=entity.name,
            variable=snake(entity.name),
            reference=entity.reference,
            noun=noun,
            noun_plural=" ".join(words(entity.table)),
            noun_source=py_str(noun),
            article="an" if noun[0] in "aeiou" else "a",
            tag=py_str(entity.collection),
            docstring=sentence(entity.description, f"{pascal(entity.name)} and what happens to it"),
            class_docstring=sentence(entity.description, f"One {noun}"),
            table=py_str(entity.table),
            constraints=_constraints(entity),
            columns=_columns(entity, state, tables),
            fields=tuple(response_field(field) for field in entity.fields),
            data_fields=tuple(request_field(field) for field in entity.fields),
            value_names=_value_names(architecture, service, entity),
            requests=tuple(_request(operation) for operation in operations if operation.request_name is not None),
            is_created_by_event=is_created_by_event(service, entity),
            is_sourced=entity.is_event_sourced,
            source_name=py_str(entity.name),
            initial_state=py_str(entity.lifecycle.initial) if entity.lifecycle is not None else "",
            has_lifecycle=state is not None,
            state_field=state.name if state else "",
            state_type=pascal(state.name) if state else "",
            state_annotation=py_literal(state.values) if state else "",
            transition_rows=_transition_rows(entity),
            transition_events=_transition_events(entity),
            events=told,
            has_older_events=any(each.older for each in told),
            creates=actions[Action.CREATE],
            gets=actions[Action.GET],
            lists=actions[Action.LIST],
            updates=actions[Action.UPDATE],
            deletes=actions[Action.DELETE],
            transition_actions=actions[Action.TRANSITION],
            reactions=reactions(architecture, service, entity),
            invariants=tuple(_invariant(entity, invariant) for invariant in entity.invariants),
            routes=routes_of(operations),
            event_imports=", ".join(
                [f"{entity.name}Event", *sorted(publishers(service, entity)), *_lifecycle_name(entity, "EVENTS_OF_TRANSITION")]
            ),
            model_imports=", ".join([entity.name, *_lifecycle_name(entity, "TRANSITIONS")]),
            schema_imports=", ".join([*_request_names(operations), *_data_name(service, entity)]),
            route_schema_imports=", ".join([*_request_names(operations), f"{entity.name}Response", f"{entity.name}Page"]),
            incoming_imports=", ".join(incoming_names(service, entity)),
            sagas=", ".join(sorted({constant(each) for each in coordinated_by(architecture, service) if each.entity.name == entity.name})),
            watched=followed,
            watched_names=", ".join(followed),
        )


def _lifecycle_name(entity: Entity, name: str) -> list[str]:
    return [name] if entity.lifecycle is not None else []


def _request_names(operations: tuple[Operation, ...]) -> list[str]:
    return [operation.request_name for operation in operations if operation.request_name is not None]


def _data_name(service: Service, entity: Entity) -> list[str]:
    return [f"{entity.name}Data"] if is_created_by_event(service, entity) else []


def _columns(entity: Entity, state: Field | None, tables: dict[str, str]) -> tuple[Column, ...]:
    found = [column for field in entity.fields for column in columns(field, tables)]
    if state is not None and entity.lifecycle is not None:
        kind = f"{entity.name}{pascal(state.name)}"
        default = py_str(entity.lifecycle.initial)
        found.append(Column(state.name, f"Mapped[{kind}]", f"mapped_column(String(40), default={default}, index=True)"))
    return tuple(found)


def _constraints(entity: Entity) -> tuple[str, ...]:
    return tuple(f"UniqueConstraint({py_str(field.name)})" for field in entity.fields if field.unique)


def _request(operation: Operation) -> RequestClass:
    return RequestClass(
        name=operation.request_name or "",
        docstring=sentence(operation.summary, "A request"),
        fields=tuple(request_field(field) for field in operation.request_fields),
    )


def _value_names(architecture: Architecture, service: Service, entity: Entity) -> str:
    """The value types of the service that the entity or its events hold, however deep."""
    told = [field for each in service.entities for event in told_versions(architecture, service, each) for field in event.payload]
    return ", ".join(sorted(object_names([*entity.fields, *told])))


def _transition_rows(entity: Entity) -> tuple[TransitionRow, ...]:
    if entity.lifecycle is None:
        return ()
    return tuple(TransitionRow(py_str(each.name), py_tuple(list(each.sources)), py_str(each.to)) for each in entity.lifecycle.transitions)


def _transition_events(entity: Entity) -> tuple[TransitionEvents, ...]:
    if entity.lifecycle is None:
        return ()
    telling = (each for each in entity.lifecycle.transitions if each.publishes)
    return tuple(
        TransitionEvents(py_str(each.name), ", ".join(each.publishes) + ("," if len(each.publishes) == 1 else "")) for each in telling
    )


def _invariant(entity: Entity, invariant: Invariant) -> InvariantCheck:
    variable = snake(entity.name)
    left = entity.field(invariant.field)
    right = entity.field(invariant.other) if invariant.other else None
    optional = [f"{variable}.{field.name} is not None" for field in (left, right) if field is not None and not field.required]
    if left is not None and left.type is FieldType.MONEY:
        comparison = _money_comparison(variable, invariant)
    else:
        operand = f"{variable}.{invariant.other}" if invariant.other else str(invariant.value)
        comparison = f"not {variable}.{invariant.field} {_COMPARISONS[invariant.operator]} {operand}"
    said = f"must be {_COMPARISONS[invariant.operator]} {invariant.other or invariant.value}"
    message = py_text(invariant.message) or f"{invariant.field} {said}"
    return InvariantCheck(" and ".join([*optional, comparison]), py_str(message))


def _money_comparison(variable: str, invariant: Invariant) -> str:
    left = f"{variable}.{invariant.field}"
    if invariant.other is None:
        return f"not {left}.minor_units {_COMPARISONS[invariant.operator]} {invariant.value}"
    right = f"{variable}.{invariant.other}"
    same = f"{left}.currency == {right}.currency"
    return f"not ({same} and {left}.minor_units {_COMPARISONS[invariant.operator]} {right}.minor_units)"
