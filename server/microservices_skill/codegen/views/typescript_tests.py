"""What the templates of a TypeScript service's tests print: examples of its entities, requests and events."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.quoting import ts_str
from microservices_skill.codegen.views.brokers import Broker, broker_of
from microservices_skill.codegen.views.choreographies import promised_events
from microservices_skill.codegen.views.compositions import composed_of
from microservices_skill.codegen.views.examples import VARIANTS, entity_example, example, ts_json
from microservices_skill.codegen.views.sagas import told_afterwards, told_by
from microservices_skill.codegen.views.shared import class_name, told_versions
from microservices_skill.codegen.views.streams import changeable, stream_constant
from microservices_skill.codegen.views.typescript_compositions import Compositions, compositions_of
from microservices_skill.codegen.views.typescript_events import event_function
from microservices_skill.codegen.views.typescript_pacts import PactTests, pact_tests
from microservices_skill.codegen.views.version_tests import UpcastExample, upcast_examples
from microservices_skill.codegen.views.view_tests import ViewTests, Writer, view_tests
from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.entity import Entity
from microservices_skill.model.fields import Field
from microservices_skill.model.naming import camel, kebab, words
from microservices_skill.model.service import Action, Service
from microservices_skill.model.wire import Operation


@dataclass(frozen=True, slots=True)
class Argument:
    """A property and the source of its value."""

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
    variant: str


@dataclass(frozen=True, slots=True)
class BodyFactory:
    """Makes the body of a request."""

    function: str
    operation: str
    parents: tuple[Argument, ...]
    arguments: tuple[Argument, ...]
    tx: str
    variant: str


@dataclass(frozen=True, slots=True)
class OperationTest:
    """What a test of one operation needs to know."""

    id: str
    method: str
    path: str
    body: str
    events: str
    is_keyed: bool
    target: str
    source: str
    forbidden: str
    state: str
    has_unique: bool


@dataclass(frozen=True, slots=True)
class Published:
    """A published event: its domain, its definition, the function that makes it, and the factory of its entity."""

    domain: str
    name: str
    function: str
    factory: str
    variant: int


@dataclass(frozen=True, slots=True)
class DomainTests:
    """The tests of one domain."""

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
    states: str
    has_lifecycle: bool
    has_mutations: bool
    afterwards: str


@dataclass(frozen=True, slots=True)
class StreamTest:
    """What the tests of an event-sourced entity need to know."""

    domain: str
    entity: str
    constant: str
    factory: str
    field: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class SuiteView:
    """The examples of a whole service."""

    factories: tuple[Factory, ...]
    bodies: tuple[BodyFactory, ...]
    published: tuple[Published, ...]
    incoming: tuple[Argument, ...]
    incoming_names: str
    upcasts: tuple[UpcastExample, ...]
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
        incoming = _incoming(architecture, service)
        streams = tuple(_stream_test(entity, service) for entity in service.entities if entity.is_event_sourced)
        return cls(
            factories=tuple(_factory(entity, service) for entity in service.entities),
            bodies=tuple(_body(operation, service) for operation in operations),
            published=_published(architecture, service),
            incoming=incoming,
            incoming_names=", ".join(each.name for each in incoming),
            upcasts=upcast_examples(architecture, service, {each.name: each.source for each in incoming}, Writer(ts_str, ts_json)),
            views=view_tests(architecture, service, Writer(ts_str, ts_json)),
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
        domain=kebab(entity.name),
        entity=entity.name,
        noun=" ".join(words(entity.name)),
        factory=camel(entity.name),
        creates=by_action[Action.CREATE],
        gets=by_action[Action.GET],
        lists=by_action[Action.LIST],
        updates=by_action[Action.UPDATE],
        deletes=by_action[Action.DELETE],
        transitions=by_action[Action.TRANSITION],
        states=", ".join(map(ts_str, state.values)) if state else "",
        has_lifecycle=state is not None,
        has_mutations=any(operation.action.is_mutation for operation in operations),
        afterwards=", ".join(map(ts_str, told_afterwards(architecture, service, entity))),
    )


def _factory(entity: Entity, service: Service) -> Factory:
    arguments = tuple(Argument(field.name, _source(field, entity, service)) for field in entity.fields)
    parents = _parents(entity.fields, entity)
    return Factory(
        function=camel(entity.name),
        entity=entity.name,
        domain=kebab(entity.name),
        noun=" ".join(words(entity.name)),
        parents=parents,
        arguments=arguments,
        variant=_variant(parents, arguments),
    )


def _variant(parents: tuple[Argument, ...], arguments: tuple[Argument, ...]) -> str:
    """The name of the variant's parameter; an underscore says that it makes no difference."""
    return "variant" if parents or any("[variant]" in each.source for each in arguments) else "_variant"


def _parents(fields: tuple[Field, ...], entity: Entity) -> tuple[Argument, ...]:
    referring = [(field.name, field.references) for field in fields if field.references not in (None, entity.name)]
    return tuple(Argument(camel(name), camel(target or "")) for name, target in referring)


def _source(field: Field, entity: Entity, service: Service) -> str:
    """The source of a field's example; unique fields differ from variant to variant."""
    if field.references is not None:
        return "null" if field.references == entity.name else f"{camel(field.name)}.id"
    sources = [ts_json(entity_example(entity, service, variant).values[field.name]) for variant in range(VARIANTS)]
    if not field.unique or len(set(sources)) == 1:
        return sources[0]
    return f"[{', '.join(sources)}][variant] ?? {sources[0]}"


def _body(operation: Operation, service: Service) -> BodyFactory:
    fields = operation.request_fields
    arguments = tuple(Argument(field.name, _source(field, operation.entity, service)) for field in fields)
    parents = _parents(fields, operation.entity)
    return BodyFactory(
        function=f"{camel(operation.id)}Body",
        operation=operation.id,
        parents=parents,
        arguments=arguments,
        tx="tx" if parents else "_tx",
        variant=_variant(parents, arguments),
    )


def _operation(architecture: Architecture, service: Service, operation: Operation) -> OperationTest:
    lifecycle = operation.entity.lifecycle
    transition = lifecycle.transition(operation.endpoint.transition or "") if lifecycle else None
    forbidden = [state for state in lifecycle.states if transition and state not in transition.sources] if lifecycle else []
    return OperationTest(
        id=operation.id,
        method=operation.method,
        path=operation.path.replace(f"{{{operation.entity.reference}}}", "${id}"),
        body=f"{camel(operation.id)}Body" if operation.has_body else "",
        events=", ".join(map(ts_str, told_by(architecture, service, operation))),
        is_keyed=operation.needs_idempotency_key,
        target=ts_str(transition.to) if transition else "",
        source=ts_str(transition.sources[0]) if transition else "",
        forbidden=ts_str(forbidden[0]) if forbidden else "",
        state=lifecycle.field if lifecycle else "",
        has_unique=any(field.unique for field in operation.request_fields),
    )


def _published(architecture: Architecture, service: Service) -> tuple[Published, ...]:
    return tuple(
        Published(kebab(entity.name), name, event_function(name), camel(entity.name), index % VARIANTS)
        for entity in service.entities
        for index, name in enumerate(class_name(architecture, event) for event in told_versions(architecture, service, entity))
    )


def _incoming(architecture: Architecture, service: Service) -> tuple[Argument, ...]:
    """Incoming events in every version that lives, with an example of their data."""
    return tuple(
        Argument(class_name(architecture, event), ts_json({field.name: example(field, publisher) for field in event.payload}))
        for event, publisher in promised_events(architecture, service)
    )


def _stream_test(entity: Entity, service: Service) -> StreamTest:
    change = changeable(entity, service)
    return StreamTest(
        domain=kebab(entity.name),
        entity=entity.name,
        constant=stream_constant(entity),
        factory=camel(entity.name),
        field=ts_str(change.field.name),
        first=ts_json(change.first),
        second=ts_json(change.second),
    )
