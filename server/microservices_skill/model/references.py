"""Names must be unique where they are defined and exist where they are used: faults here stop everything else."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator

from microservices_skill.model import composing, versions, viewing, wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.clashes import Fault, names_in_code, renames, unique
from microservices_skill.model.dependency import Dependency
from microservices_skill.model.entity import Entity, Invariant, Lifecycle
from microservices_skill.model.fields import Field, FieldType, Shape
from microservices_skill.model.messaging import Event, Saga, SagaStep
from microservices_skill.model.naming import snake
from microservices_skill.model.service import Action, Endpoint, Service, Subscription

_COMPARABLE = frozenset({FieldType.INTEGER, FieldType.NUMBER, FieldType.DECIMAL, FieldType.DATE, FieldType.DATETIME, FieldType.MONEY})
_FILTERABLE = frozenset(
    {FieldType.STRING, FieldType.INTEGER, FieldType.BOOLEAN, FieldType.UUID, FieldType.DATE, FieldType.EMAIL, FieldType.ENUM}
)
#: Columns that every entity has beside its own.
COMMON_COLUMNS = ("id", "version", "created_at", "updated_at")


def check(architecture: Architecture) -> list[Fault]:
    """Every name that is defined twice, or used without being defined."""
    return list(_check(architecture))


def _check(architecture: Architecture) -> Iterator[Fault]:
    for key in ("teams", "externals", "stores", "services", "sagas"):
        yield from unique(f"/{key}", [node.name for node in getattr(architecture, key)])
    yield from renames("/services", architecture.services)
    yield from unique("/decisions", [decision.id for decision in architecture.decisions])
    yield from unique("/events", [f"{snake(event.name)} version {event.version}" for event in architecture.events])
    yield from versions.faults(architecture.events)
    for index, external in enumerate(architecture.externals):
        if external.name in architecture.services_by_name:
            yield f"/externals/{index}/name", f"{external.name!r} is a service too; give the external system another name"
    for index, need in enumerate(architecture.system.requirements.strong_consistency):
        for position, name in enumerate(need.services):
            at = f"/system/requirements/strongConsistency/{index}/services/{position}"
            yield from _known(at, name, architecture.services_by_name, "service")
    for index, service in enumerate(architecture.services):
        yield from _service(f"/services/{index}", service, architecture)
    for index, event in enumerate(architecture.events):
        yield from _event(f"/events/{index}", event, architecture)
    for index, saga in enumerate(architecture.sagas):
        yield from _saga(f"/sagas/{index}", saga, architecture)
    decisions = {decision.id for decision in architecture.decisions}
    for index, decision in enumerate(architecture.decisions):
        if decision.superseded_by is not None:
            yield from _known(f"/decisions/{index}/supersededBy", decision.superseded_by, decisions, "decision")


def _known(at: str, name: str, known: Collection[str], what: str) -> Iterator[Fault]:
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1) if len(known) <= 2000 else []
        names = ", ".join(sorted(known)[:12]) or "none is defined"
        hint = f"did you mean {close[0]!r}?" if close else f"known: {names}"
        yield at, f"there is no {what} {name!r}; {hint}"


def _service(at: str, service: Service, architecture: Architecture) -> Iterator[Fault]:
    for index, owner in enumerate(service.owners):
        yield from _known(f"{at}/owners/{index}", owner, architecture.teams_by_name, "team")
    for index, store in enumerate(service.stores):
        yield from _known(f"{at}/stores/{index}", store, architecture.stores_by_name, "store")
    yield from unique(f"{at}/owners", service.owners)
    yield from unique(f"{at}/stores", service.stores)
    yield from unique(f"{at}/entities", [snake(entity.name) for entity in service.entities])
    yield from renames(f"{at}/entities", service.entities)
    tables = [entity.table for entity in (*service.entities, *map(wire.row_of, service.views))]
    yield from unique(f"{at}/entities", tables, what="table")
    yield from unique(f"{at}/views", [snake(view.name) for view in service.views])
    composed = [each.name for each in service.compositions]
    named = [*(entity.name for entity in service.entities), *(view.name for view in service.views)]
    yield from unique(f"{at}/compositions", [snake(name) for name in (*composed, *named)])
    yield from unique(f"{at}/valueTypes", [value.name for value in service.value_types])
    yield from unique(f"{at}/endpoints", [snake(endpoint.operation) for endpoint in service.endpoints], what="operation")
    yield from unique(f"{at}/subscriptions", [f"{each.event} for {each.entity}" for each in service.subscriptions], what="subscription to")
    told = architecture.published_by(service.name)
    older = [event.versioned_name for newest in told for event in architecture.versions(newest.name)[1:]]
    yield from names_in_code(at, service, [*(event.name for event in told), *older])
    for index, value in enumerate(service.value_types):
        yield from _fields(f"{at}/valueTypes/{index}", value.fields, service)
    yield from _value_type_cycles(at, service)
    for index, entity in enumerate(service.entities):
        yield from _entity(f"{at}/entities/{index}", entity, service, architecture)
    routes = []
    for index, endpoint in enumerate(service.endpoints):
        yield from _endpoint(f"{at}/endpoints/{index}", endpoint, service, architecture)
        target = wire.subject(service, endpoint)
        method = endpoint.method or wire.METHODS[endpoint.action][0]
        routes.append(f"{method} {endpoint.path or wire.default_path(endpoint, target)}" if target is not None else f"{index}")
    yield from unique(f"{at}/endpoints", routes, what="route")
    for index, subscription in enumerate(service.subscriptions):
        yield from _subscription(f"{at}/subscriptions/{index}", subscription, service, architecture)
    yield from viewing.writes(at, service)
    for index, view in enumerate(service.views):
        yield from _fields(f"{at}/views/{index}", view.fields, service)
        yield from viewing.faults(f"{at}/views/{index}", view, service, architecture)
    yield from composing.reads(at, service)
    for index, composition in enumerate(service.compositions):
        yield from composing.faults(f"{at}/compositions/{index}", composition, service, architecture)
    for index, dependency in enumerate(service.dependencies):
        yield from _dependency(f"{at}/dependencies/{index}", dependency, service, architecture)
    yield from unique(f"{at}/dependencies", [dependency.to for dependency in service.dependencies], what="dependency")


def _fields(at: str, fields: tuple[Field, ...], service: Service) -> Iterator[Fault]:
    yield from unique(f"{at}/fields", [field.name for field in fields], what="field")
    yield from renames(f"{at}/fields", fields)
    for index, field in enumerate(fields):
        here = f"{at}/fields/{index}"
        yield from _shape(here, field, service)
        if field.references is not None:
            yield from _known(
                f"{here}/references", field.references, [entity.name for entity in service.entities], "entity in this service"
            )


def _shape(at: str, shape: Shape, service: Service) -> Iterator[Fault]:
    if shape.object is not None:
        yield from _known(f"{at}/object", shape.object, [value.name for value in service.value_types], "value type in this service")
    if shape.items is not None:
        yield from _shape(f"{at}/items", shape.items, service)


def _value_type_cycles(at: str, service: Service) -> Iterator[Fault]:
    inside = {value.name: {name for field in value.fields if (name := _object_of(field))} for value in service.value_types}
    for index, value in enumerate(service.value_types):
        reached: set[str] = set()
        frontier = set(inside[value.name])
        while frontier:
            reached |= frontier
            frontier = {inner for name in frontier for inner in inside.get(name, ())} - reached
        if value.name in reached:
            yield f"{at}/valueTypes/{index}", f"value type {value.name!r} holds itself; make the part that repeats an entity"


def _object_of(shape: Shape) -> str | None:
    return shape.object or (shape.items.object if shape.items is not None else None)


def _entity(at: str, entity: Entity, service: Service, architecture: Architecture) -> Iterator[Fault]:
    yield from _fields(at, entity.fields, service)
    lifecycle = entity.lifecycle
    if lifecycle is not None:
        if entity.field(lifecycle.field) is not None:
            yield f"{at}/lifecycle/field", f"{lifecycle.field!r} belongs to the lifecycle; remove the field of that name"
        yield from _lifecycle(f"{at}/lifecycle", lifecycle, service, architecture)
    columns = [column for field in entity.fields for column in _columns(field)]
    columns += [lifecycle.field] if lifecycle is not None else []
    yield from unique(f"{at}/fields", [*COMMON_COLUMNS, *columns], what="column")
    for index, invariant in enumerate(entity.invariants):
        yield from _invariant(f"{at}/invariants/{index}", invariant, entity)
    yield from unique(f"{at}/invariants", [invariant.name for invariant in entity.invariants])


def _columns(field: Field) -> tuple[str, ...]:
    return (f"{field.name}_minor_units", f"{field.name}_currency") if field.type is FieldType.MONEY else (field.name,)


def _lifecycle(at: str, lifecycle: Lifecycle, service: Service, architecture: Architecture) -> Iterator[Fault]:
    yield from unique(f"{at}/states", lifecycle.states)
    yield from _known(f"{at}/initial", lifecycle.initial, lifecycle.states, "state")
    yield from unique(f"{at}/transitions", [transition.name for transition in lifecycle.transitions])
    for index, transition in enumerate(lifecycle.transitions):
        here = f"{at}/transitions/{index}"
        yield from _known(f"{here}/to", transition.to, lifecycle.states, "state")
        for position, source in enumerate(transition.sources):
            yield from _known(f"{here}/from/{position}", source, lifecycle.states, "state")
        for position, name in enumerate(transition.publishes):
            yield from _own_event(f"{here}/publishes/{position}", name, service, architecture)


def _own_event(at: str, name: str, service: Service, architecture: Architecture) -> Iterator[Fault]:
    yield from _known(at, name, architecture.events_by_name, "event")
    event = architecture.event(name)
    if event is not None and event.publisher != service.name:
        yield at, f"event {name!r} belongs to {event.publisher!r}; only its publisher may publish it"


def _invariant(at: str, invariant: Invariant, entity: Entity) -> Iterator[Fault]:
    names = [field.name for field in entity.fields]
    yield from _known(f"{at}/field", invariant.field, names, "field")
    left = entity.field(invariant.field)
    if left is not None and left.type not in _COMPARABLE:
        yield f"{at}/field", f"a {left.type} cannot be compared; use a number, money, a date or a datetime"
    if invariant.other is not None:
        yield from _known(f"{at}/other", invariant.other, names, "field")
        right = entity.field(invariant.other)
        if left is not None and right is not None and left.type is not right.type:
            yield f"{at}/other", f"{left.name!r} is a {left.type} and {right.name!r} a {right.type}; compare fields of one type"
    elif left is not None and left.type in (FieldType.DATE, FieldType.DATETIME):
        yield f"{at}/value", f"a {left.type} cannot be compared with a number; compare it with another field"


def _endpoint(at: str, endpoint: Endpoint, service: Service, architecture: Architecture) -> Iterator[Fault]:
    shown = [node.name for nodes in (service.entities, service.views, service.compositions) for node in nodes]
    yield from _known(f"{at}/entity", endpoint.entity, shown, "entity, view or composition in this service")
    entity = wire.subject(service, endpoint)
    if entity is None:
        return
    if endpoint.transition is not None:
        names = [transition.name for transition in entity.lifecycle.transitions] if entity.lifecycle else []
        yield from _known(f"{at}/transition", endpoint.transition, names, f"transition of {entity.name}")
    allowed = wire.METHODS[endpoint.action]
    if endpoint.method is not None and endpoint.method not in allowed:
        yield f"{at}/method", f"action {endpoint.action} uses {' or '.join(allowed)}, not {endpoint.method}"
    yield from _path(at, endpoint, entity)
    fields = [field.name for field in entity.fields]
    for position, name in enumerate(endpoint.request or ()):
        yield from _known(f"{at}/request/{position}", name, fields, f"field of {entity.name}")
    if endpoint.action is Action.CREATE and endpoint.request is not None:
        missing = [field.name for field in entity.fields if field.required and field.name not in endpoint.request]
        if missing:
            yield f"{at}/request", f"creating a {entity.name} needs {', '.join(missing)}; add them or make them required: false"
    for position, name in enumerate(endpoint.filters):
        field = wire.filter_field(entity, name)
        if field is None:
            yield from _known(f"{at}/filters/{position}", name, fields, f"field of {entity.name}")
        elif field.type not in _FILTERABLE:
            yield f"{at}/filters/{position}", f"a {field.type} cannot be a filter"
        elif name in ("limit", "cursor"):
            yield f"{at}/filters/{position}", f"{name!r} is a parameter of every list; rename the field"
    for position, name in enumerate(endpoint.publishes):
        yield from _own_event(f"{at}/publishes/{position}", name, service, architecture)


def _path(at: str, endpoint: Endpoint, entity: Entity) -> Iterator[Fault]:
    if endpoint.path is None:
        return
    found = tuple(part[1:-1] for part in endpoint.path.split("/") if part.startswith("{"))
    needed = wire.path_parameters(endpoint, entity)
    if found != needed:
        wanted = f"exactly the parameter {{{needed[0]}}}" if needed else "no parameter"
        yield f"{at}/path", f"a path for action {endpoint.action} holds {wanted}; {endpoint.path} does not"
    if endpoint.path.startswith(("/health", "/metrics", "/docs", "/openapi")):
        yield f"{at}/path", f"{endpoint.path} is kept for the service's own routes; choose another"


def _subscription(at: str, subscription: Subscription, service: Service, architecture: Architecture) -> Iterator[Fault]:
    yield from _known(f"{at}/event", subscription.event, architecture.events_by_name, "event")
    yield from _known(f"{at}/entity", subscription.entity, [entity.name for entity in service.entities], "entity in this service")
    for position, name in enumerate(subscription.publishes):
        yield from _own_event(f"{at}/publishes/{position}", name, service, architecture)
    entity, event = service.entity(subscription.entity), architecture.event(subscription.event)
    if entity is None or event is None:
        return
    if subscription.transition is not None:
        names = [transition.name for transition in entity.lifecycle.transitions] if entity.lifecycle else []
        yield from _known(f"{at}/transition", subscription.transition, names, f"transition of {entity.name}")
    payload = [field.name for field in event.payload]
    targets = [field.name for field in entity.fields]
    for position, mapping in enumerate(subscription.set):
        yield from _known(f"{at}/set/{position}/field", mapping.field, targets, f"field of {entity.name}")
        yield from _known(f"{at}/set/{position}/source", mapping.source, payload, f"field of {event.name}")
    if subscription.match is not None:
        yield from _known(f"{at}/match/field", subscription.match.field, ["id", *targets], f"field of {entity.name}")
        yield from _known(f"{at}/match/source", subscription.match.source, payload, f"field of {event.name}")


def _dependency(at: str, dependency: Dependency, service: Service, architecture: Architecture) -> Iterator[Fault]:
    if dependency.to == service.name:
        yield f"{at}/to", "a service does not call itself over the network; remove the dependency"
    if dependency.to in architecture.externals_by_name:
        return
    yield from _known(f"{at}/to", dependency.to, architecture.services_by_name, "service or external system")
    target = architecture.service(dependency.to)
    if target is not None:
        offered = [endpoint.operation for endpoint in target.endpoints]
        for position, operation in enumerate(dependency.operations):
            yield from _known(f"{at}/operations/{position}", operation, offered, f"operation of {target.name}")
        called = wire.calls_of(dependency, target) if dependency.reads else ()
        answered = [each.name for operation in called for each in wire.answered_fields(operation.entity)]
        for position, name in enumerate(dependency.reads):
            yield from _known(f"{at}/reads/{position}", name, answered, f"field in what {target.name} answers")


def _event(at: str, event: Event, architecture: Architecture) -> Iterator[Fault]:
    yield from _known(f"{at}/publisher", event.publisher, architecture.services_by_name, "service")
    publisher = architecture.service(event.publisher)
    if publisher is None:
        return
    if event.entity is not None:
        yield from _known(f"{at}/entity", event.entity, [entity.name for entity in publisher.entities], f"entity of {publisher.name}")
    yield from unique(f"{at}/payload", [field.name for field in event.payload], what="field")
    for index, field in enumerate(event.payload):
        yield from _shape(f"{at}/payload/{index}", field, publisher)
    if event.ordering_key is not None:
        yield from _known(f"{at}/orderingKey", event.ordering_key, [field.name for field in event.payload], f"field of {event.name}")


def _saga(at: str, saga: Saga, architecture: Architecture) -> Iterator[Fault]:
    yield from _known(f"{at}/coordinator", saga.coordinator, architecture.services_by_name, "service")
    yield from unique(f"{at}/steps", [step.name for step in saga.steps])
    coordinator = architecture.service(saga.coordinator)
    if coordinator is not None and saga.entity is not None:
        yield from _known(f"{at}/entity", saga.entity, [entity.name for entity in coordinator.entities], f"entity of {coordinator.name}")
    if coordinator is not None and saga.starts_with is not None:
        offered = [endpoint.operation for endpoint in coordinator.endpoints]
        yield from _known(f"{at}/startsWith", saga.starts_with, offered, f"operation of {coordinator.name}")
    entity = coordinator.entity(saga.entity) if coordinator is not None and saga.entity is not None else None
    if entity is not None:
        transitions = [each.name for each in entity.lifecycle.transitions] if entity.lifecycle is not None else []
        for key, name in (("succeedsWith", saga.succeeds_with), ("failsWith", saga.fails_with)):
            if name is not None:
                yield from _known(f"{at}/{key}", name, transitions, f"transition of {entity.name}")
    for index, step in enumerate(saga.steps):
        here = f"{at}/steps/{index}"
        yield from _known(f"{here}/service", step.service, architecture.services_by_name, "service")
        participant = architecture.service(step.service)
        if participant is None:
            continue
        yield from _saga_step(here, step, participant, architecture)


def _saga_step(at: str, step: SagaStep, participant: Service, architecture: Architecture) -> Iterator[Fault]:
    offered = [endpoint.operation for endpoint in participant.endpoints]
    for key, operation in (("operation", step.operation), ("compensation", step.compensation)):
        if operation is not None:
            yield from _known(f"{at}/{key}", operation, offered, f"operation of {participant.name}")
    if step.erases is not None:
        yield from _known(f"{at}/erases", step.erases, [each.name for each in participant.entities], f"entity of {participant.name}")
    for key, event in (("event", step.event), ("compensationEvent", step.compensation_event)):
        if event is not None:
            yield from _known(f"{at}/{key}", event, architecture.events_by_name, "event")
    for key, event in (("doneBy", step.done_by), ("refusedBy", step.refused_by), ("undoneBy", step.undone_by)):
        if event is not None:
            yield from _own_event(f"{at}/{key}", event, participant, architecture)
