"""What the templates of a service's tests print: examples of its entities, requests and events."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.quoting import py_str
from microservices_skill.codegen.views.brokers import Broker, broker_of
from microservices_skill.codegen.views.choreographies import promised_events
from microservices_skill.codegen.views.compositions import composed_of
from microservices_skill.codegen.views.examples import VARIANTS, entity_example, example, py_json
from microservices_skill.codegen.views.python_compositions import Compositions, compositions_of
from microservices_skill.codegen.views.python_pacts import PactTests, pact_tests
from microservices_skill.codegen.views.python_types import annotation, plain_type
from microservices_skill.codegen.views.sagas import told_afterwards, told_by
from microservices_skill.codegen.views.shared import class_name, object_names, told_versions
from microservices_skill.codegen.views.streams import changeable
from microservices_skill.codegen.views.version_tests import UpcastExample, upcast_examples
from microservices_skill.codegen.views.view_tests import ViewTests, Writer, view_tests
from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.entity import Entity
from microservices_skill.model.fields import Field, FieldType
from microservices_skill.model.naming import pascal, snake, words
from microservices_skill.model.service import Action, Service
from microservices_skill.model.wire import Operation


@dataclass(frozen=True, slots=True)
class Argument:
    """A field of a factory: its name and the source of its value."""

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Factory:
    """Makes and stores an entity with everything that it refers to."""

    function: str
    entity: str
    domain: str
    noun: str
    parents: tuple[Argument, ...]
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class BodyFactory:
    """Makes the body of a request."""

    function: str
    operation: str
    parents: tuple[Argument, ...]
    items: tuple[Argument, ...]
    is_variable: bool


@dataclass(frozen=True, slots=True)
class OperationTest:
    """What a test of one operation needs to know."""

    function: str
    id: str
    method: str
    path: str
    body: str
    events: str
    is_keyed: bool
    target: str
    sources: str
    forbidden: str
    state: str
    has_unique: bool
    scope: str


@dataclass(frozen=True, slots=True)
class DomainTests:
    """The tests of one domain."""

    package: str
    domain: str
    entity: str
    noun: str
    factory: str
    creates: tuple[OperationTest, ...]
    gets: tuple[OperationTest, ...]
    lists: tuple[OperationTest, ...]
    updates: tuple[OperationTest, ...]
    deletes: tuple[OperationTest, ...]
    transitions: tuple[OperationTest, ...]
    has_lifecycle: bool
    state_type: str
    afterwards: str


@dataclass(frozen=True, slots=True)
class StreamTest:
    """What the tests of an event-sourced entity need to know."""

    domain: str
    constant: str
    factory: str
    field: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class SuiteView:
    """The examples of a whole service."""

    package: str
    factories: tuple[Factory, ...]
    bodies: tuple[BodyFactory, ...]
    value_names: str
    published: tuple[Argument, ...]
    incoming: tuple[Argument, ...]
    upcasts: tuple[UpcastExample, ...]
    has_published: bool
    views: ViewTests
    compositions: Compositions
    streams: tuple[StreamTest, ...]
    has_streams: bool
    pacts: PactTests
    broker: Broker

    @classmethod
    def of(cls, architecture: Architecture, service: Service) -> SuiteView:
        """The view of one service."""
        operations = [operation for operation in wire.operations(service) if operation.has_body]
        names = object_names(field for entity in service.entities for field in entity.fields)
        incoming = _incoming(architecture, service)
        published = _published(architecture, service)
        streams = tuple(_stream_test(entity, service) for entity in service.entities if entity.is_event_sourced)
        return cls(
            package=service.package,
            factories=tuple(_factory(entity, service) for entity in service.entities),
            bodies=tuple(_body(operation, service) for operation in operations),
            value_names=", ".join(sorted(names)),
            published=published,
            incoming=incoming,
            upcasts=upcast_examples(architecture, service, {each.name: each.source for each in incoming}, Writer(py_str, py_json)),
            has_published=bool(published),
            views=view_tests(architecture, service, Writer(py_str, py_json)),
            compositions=compositions_of(composed_of(architecture, service)),
            streams=streams,
            has_streams=bool(streams),
            pacts=pact_tests(architecture, service),
            broker=broker_of(architecture),
        )


def domain_tests(architecture: Architecture, service: Service, entity: Entity) -> DomainTests:
    """The view of one domain's tests."""
    operations = [operation for operation in wire.operations(service) if operation.entity is entity]
    by_action = {
        action: tuple(_operation(architecture, service, each) for each in operations if each.action is action) for action in Action
    }
    state = wire.state_field(entity)
    return DomainTests(
        package=service.package,
        domain=snake(entity.name),
        entity=entity.name,
        noun=" ".join(words(entity.name)),
        factory=snake(entity.name),
        creates=by_action[Action.CREATE],
        gets=by_action[Action.GET],
        lists=by_action[Action.LIST],
        updates=by_action[Action.UPDATE],
        deletes=by_action[Action.DELETE],
        transitions=by_action[Action.TRANSITION],
        has_lifecycle=state is not None,
        state_type=pascal(state.name) if state else "",
        afterwards=", ".join(map(py_str, told_afterwards(architecture, service, entity))),
    )


def _factory(entity: Entity, service: Service) -> Factory:
    variants = [entity_example(entity, service, variant).values for variant in range(VARIANTS)]
    parents = [field for field in entity.fields if field.references is not None]
    arguments = [
        Argument(field.name, _parent_id(field, entity) if field.references else _source(field, [values[field.name] for values in variants]))
        for field in entity.fields
    ]
    return Factory(
        function=snake(entity.name),
        entity=entity.name,
        domain=snake(entity.name),
        noun=" ".join(words(entity.name)),
        parents=tuple(Argument(field.name, snake(field.references or "")) for field in parents if field.references != entity.name),
        arguments=tuple(arguments),
    )


def _parent_id(field: Field, entity: Entity) -> str:
    return "None" if field.references == entity.name else f"{field.name}.id"


def _source(field: Field, values: list[object]) -> str:
    sources = [_python(field, value) for value in values]
    return sources[0] if not field.unique or len(set(sources)) == 1 else f"({', '.join(sources)})[variant]"


def _python(field: Field, value: object) -> str:
    match field.type:
        case FieldType.DECIMAL | FieldType.UUID:
            return f"{plain_type(field)}({py_json(value)})"
        case FieldType.DATE | FieldType.DATETIME:
            return f"{plain_type(field)}.fromisoformat({py_json(value)})"
        case FieldType.MONEY:
            return f"{plain_type(field)}.model_validate({py_json(value)})"
        case FieldType.OBJECT | FieldType.LIST:
            return f"TypeAdapter({annotation(field)}).validate_python({py_json(value)})"
        case _:
            return py_json(value)


def _body(operation: Operation, service: Service) -> BodyFactory:
    variants = [entity_example(operation.entity, service, variant).values for variant in range(VARIANTS)]
    items, parents = [], []
    for field in operation.request_fields:
        sources = [py_json(values[field.name]) for values in variants]
        if field.references is not None:
            parents.append(Argument(field.name, snake(field.references)))
            items.append(Argument(py_str(field.name), f"str({field.name}.id)"))
        else:
            varied = field.unique and len(set(sources)) > 1
            items.append(Argument(py_str(field.name), f"({', '.join(sources)})[variant]" if varied else sources[0]))
    is_variable = any("[variant]" in item.source for item in items)
    return BodyFactory(f"{snake(operation.id)}_body", operation.id, tuple(parents), tuple(items), is_variable)


def _operation(architecture: Architecture, service: Service, operation: Operation) -> OperationTest:
    lifecycle = operation.entity.lifecycle
    transition = lifecycle.transition(operation.endpoint.transition or "") if lifecycle else None
    states = lifecycle.states if lifecycle else ()
    sources = transition.sources if transition else ()
    forbidden = [state for state in states if transition and state not in sources]
    return OperationTest(
        function=snake(operation.id),
        id=py_str(operation.id),
        method=operation.method,
        path=operation.path.replace(f"{{{operation.entity.reference}}}", "{identity}"),
        body=f"{snake(operation.id)}_body" if operation.has_body else "",
        events=", ".join(map(py_str, told_by(architecture, service, operation))),
        is_keyed=operation.needs_idempotency_key,
        target=py_str(transition.to) if transition else "",
        sources=py_str(sources[0]) if sources else "",
        forbidden=py_str(forbidden[0]) if forbidden else "",
        state=lifecycle.field if lifecycle else "",
        has_unique=any(field.unique for field in operation.request_fields),
        scope=operation.endpoint.scope or "",
    )


def _published(architecture: Architecture, service: Service) -> tuple[Argument, ...]:
    """Published events in every version that lives: the module of each class, by name."""
    return tuple(
        Argument(class_name(architecture, event), f"{service.package}.domains.{snake(entity.name)}.events")
        for entity in service.entities
        for event in told_versions(architecture, service, entity)
    )


def _incoming(architecture: Architecture, service: Service) -> tuple[Argument, ...]:
    """Incoming events in every version that lives, with an example of their data."""
    return tuple(
        Argument(class_name(architecture, event), py_json({field.name: example(field, publisher) for field in event.payload}))
        for event, publisher in promised_events(architecture, service)
    )


def _stream_test(entity: Entity, service: Service) -> StreamTest:
    change, name = changeable(entity, service), snake(entity.name)
    values = _python(change.field, change.first), _python(change.field, change.second)
    return StreamTest(name, name.upper(), name, py_str(change.field.name), *values)
