"""What an endpoint looks like on the wire, derived once: contracts, services in every language and tests all read this.

An operation's request and response are named lists of fields; ``contracts`` says them in JSON Schema, ``codegen`` in
each target language, and a test in every generated service holds the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.model.composition import Composition, Part
from microservices_skill.model.dependency import Dependency
from microservices_skill.model.entity import Entity
from microservices_skill.model.fields import Field, FieldType, Shape
from microservices_skill.model.naming import pascal, title
from microservices_skill.model.service import Action, Endpoint, Method, Service
from microservices_skill.model.view import View

VERSION_PREFIX = "/v1"
PAGE_DEFAULT = 20
PAGE_MAXIMUM = 100
IDEMPOTENCY_KEY_LENGTH = 255
INCOMPLETE_PART = "IncompletePart"
"""The schema of a part that a composition's answer lacks, or does not have in full."""

METHODS: dict[Action, tuple[Method, ...]] = {
    Action.CREATE: (Method.POST,),
    Action.GET: (Method.GET,),
    Action.LIST: (Method.GET,),
    Action.UPDATE: (Method.PUT,),
    Action.DELETE: (Method.DELETE,),
    Action.TRANSITION: (Method.POST, Method.PUT),
}
"""The methods that an action may use, its default first."""

# no entity may have fields of these names itself, so they are made unchecked
_IDENTITY = Field.model_construct(name="id", type=FieldType.UUID)
_BOOKKEEPING = (
    Field.model_construct(name="version", type=FieldType.INTEGER),
    Field.model_construct(name="created_at", type=FieldType.DATETIME),
    Field.model_construct(name="updated_at", type=FieldType.DATETIME),
)
_AS_OF = Field.model_construct(name="as_of", type=FieldType.DATETIME)
_SUCCESS = {Action.CREATE: 201, Action.DELETE: 204}


class ViewRow(Entity):
    """A row of a view as its operations show it: like an entity, found by the view's key, without version or state."""

    key: str

    @property
    def reference(self) -> str:
        """The view's key."""
        return self.key


class ComposedRow(ViewRow):
    """What a composition answers: a field for each part."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint with every default filled in."""

    endpoint: Endpoint
    entity: Entity
    method: Method
    path: str
    status: int
    request_name: str | None
    request_fields: tuple[Field, ...]
    response_name: str | None
    filters: tuple[Field, ...]

    @property
    def id(self) -> str:
        """The operation's id in OpenAPI."""
        return self.endpoint.operation

    @property
    def action(self) -> Action:
        """What it does."""
        return self.endpoint.action

    @property
    def summary(self) -> str:
        """A line for people."""
        return self.endpoint.summary or title(self.endpoint.operation)

    @property
    def targets_one(self) -> bool:
        """Whether the path names one entity."""
        return self.action not in (Action.CREATE, Action.LIST)

    @property
    def is_on_view(self) -> bool:
        """Whether it reads a view."""
        return isinstance(self.entity, ViewRow) and not self.is_composed

    @property
    def is_composed(self) -> bool:
        """Whether its answer is put together from those of other services."""
        return isinstance(self.entity, ComposedRow)

    @property
    def is_versioned(self) -> bool:
        """Whether the answer has a version (ETag): one entity that this service keeps."""
        return self.response_name is not None and not self.is_paginated and not isinstance(self.entity, ViewRow)

    @property
    def needs_idempotency_key(self) -> bool:
        """Whether the caller must send ``Idempotency-Key``: every POST, PUT and PATCH that promises idempotence."""
        return self.method in (Method.POST, Method.PUT, Method.PATCH) and self.endpoint.idempotent

    @property
    def takes_if_match(self) -> bool:
        """Whether ``If-Match`` is read: on every change of an existing entity."""
        return self.targets_one and self.action.is_mutation

    @property
    def requires_if_match(self) -> bool:
        """Whether ``If-Match`` must be there: a full update would otherwise lose a concurrent one."""
        return self.action is Action.UPDATE

    @property
    def is_paginated(self) -> bool:
        """Whether the result is a page."""
        return self.action is Action.LIST

    @property
    def has_body(self) -> bool:
        """Whether a request body is expected."""
        return self.request_name is not None

    @property
    def error_statuses(self) -> tuple[int, ...]:
        """Every problem (RFC 9457) that a caller may see, in order."""
        found = {400, 422, 500, 503}
        if self.endpoint.auth:
            found |= {401, 403}
        if self.targets_one:
            found.add(404)
        if self.needs_idempotency_key or self.action in (Action.CREATE, Action.TRANSITION, Action.UPDATE, Action.DELETE):
            found.add(409)
        if self.takes_if_match:
            found.add(412)
        if self.has_body:
            found |= {413, 415}
        if self.requires_if_match:
            found.add(428)
        if self.endpoint.rate_limit is not None:
            found.add(429)
        return tuple(sorted(found))


def operations(service: Service) -> tuple[Operation, ...]:
    """Every operation of a service, in the model's order."""
    found = []
    for endpoint in service.endpoints:
        entity = subject(service, endpoint)
        if entity is not None:
            found.append(_operation(endpoint, entity))
    return tuple(found)


def subject(service: Service, endpoint: Endpoint) -> Entity | None:
    """The entity that an endpoint works on, or the row of the view or composition that it reads."""
    view, composition = service.view(endpoint.entity), service.composition(endpoint.entity)
    if composition is not None:
        return composed_row(composition)
    return row_of(view) if view is not None else service.entity(endpoint.entity)


def row_of(view: View) -> ViewRow:
    """What the operations of a view show."""
    return ViewRow(name=view.name, description=view.description, plural=view.plural, fields=view.fields, key=view.key)


def composed_row(composition: Composition) -> ComposedRow:
    """What the operation of a composition answers."""
    return ComposedRow(
        name=composition.name,
        description=composition.description,
        plural=composition.plural,
        fields=tuple(map(_part_field, composition.parts)),
        key=composition.key,
    )


def _part_field(part: Part) -> Field:
    about = {"name": part.name, "description": part.description, "required": part.required}
    one = Shape(type=FieldType.OBJECT, object=part.shows)
    if part.is_list:
        return Field(**about, type=FieldType.LIST, items=one, max_items=part.most)
    return Field(**about, type=FieldType.OBJECT, object=part.shows)


def calls_of(dependency: Dependency, target: Service) -> tuple[Operation, ...]:
    """The operations of a service that a dependency names, in the order of the service."""
    return tuple(operation for operation in operations(target) if operation.id in dependency.operations)


def component_names(service: Service) -> list[tuple[str, str]]:
    """The names of all schemas of a service's API with what each is for; no name may come twice."""
    found = [
        ("Problem", "the error body"),
        ("Money", "an amount of money"),
        ("Amount", "an amount of money that is not negative"),
        ("FieldProblem", "a part of the error body"),
    ]
    found += [(value.name, f"value type {value.name}") for value in service.value_types]
    for entity in service.entities:
        found.append((response_name(entity), f"the response of entity {entity.name}"))
        found.append((page_name(entity), f"a page of entity {entity.name}"))
    for view in service.views:
        found.append((response_name(row_of(view)), f"a row of view {view.name}"))
        found.append((page_name(row_of(view)), f"a page of view {view.name}"))
    for composition in service.compositions:
        found.append((response_name(composed_row(composition)), f"the answer of composition {composition.name}"))
        found.append((INCOMPLETE_PART, "a part that is missing in an answer"))
    found += [(request_name(endpoint), f"the request of operation {endpoint.operation}") for endpoint in service.endpoints]
    return found


def response_name(entity: Entity) -> str:
    """The schema of one entity in a response."""
    return f"{entity.name}Response"


def page_name(entity: Entity) -> str:
    """The schema of a page of entities."""
    return f"{entity.name}Page"


def request_name(endpoint: Endpoint) -> str:
    """The schema of an operation's request."""
    return f"{pascal(endpoint.operation)}Request"


def default_path(endpoint: Endpoint, entity: Entity) -> str:
    """The path of an endpoint that gives none."""
    collection = f"{VERSION_PREFIX}/{entity.collection}"
    one = f"{collection}/{{{entity.reference}}}"
    match endpoint.action:
        case Action.CREATE | Action.LIST:
            return collection
        case Action.TRANSITION:
            return f"{one}/{(endpoint.transition or '').replace('_', '-')}"
        case _:
            return one


def path_parameters(endpoint: Endpoint, entity: Entity) -> tuple[str, ...]:
    """The parameters that the path must hold: the entity's reference where it targets one."""
    return () if endpoint.action in (Action.CREATE, Action.LIST) else (entity.reference,)


def writable_fields(entity: Entity) -> tuple[Field, ...]:
    """The fields that a creator may set: all but the state, which the lifecycle owns."""
    return entity.fields


def _operation(endpoint: Endpoint, entity: Entity) -> Operation:
    fields = _request_fields(endpoint, entity)
    match endpoint.action:
        case Action.DELETE:
            response = None
        case Action.LIST:
            response = page_name(entity)
        case _:
            response = response_name(entity)
    return Operation(
        endpoint=endpoint,
        entity=entity,
        method=endpoint.method or METHODS[endpoint.action][0],
        path=endpoint.path or default_path(endpoint, entity),
        status=_SUCCESS.get(endpoint.action, 200),
        request_name=request_name(endpoint) if fields or endpoint.action in (Action.CREATE, Action.UPDATE) else None,
        request_fields=fields,
        response_name=response,
        filters=tuple(field for name in endpoint.filters if (field := filter_field(entity, name)) is not None),
    )


def _request_fields(endpoint: Endpoint, entity: Entity) -> tuple[Field, ...]:
    match endpoint.action:
        case Action.CREATE:
            offered = writable_fields(entity)
        case Action.UPDATE:
            offered = tuple(field for field in writable_fields(entity) if not field.immutable)
        case Action.TRANSITION:
            offered = writable_fields(entity) if endpoint.request else ()
        case _:
            return ()
    if endpoint.request is None:
        return offered
    return tuple(field for field in offered if field.name in endpoint.request)


def answered_fields(entity: Entity) -> tuple[Field, ...]:
    """The fields of an entity, or of a row of a view or composition, as a caller sees it, in the order of the answer."""
    if isinstance(entity, ViewRow):
        key = Field.model_construct(name=entity.key, type=FieldType.UUID)
        return (key, *entity.fields, *(() if isinstance(entity, ComposedRow) else (_AS_OF,)))
    state = state_field(entity)
    return (_IDENTITY, *entity.fields, *((state,) if state is not None else ()), *_BOOKKEEPING)


def filter_field(entity: Entity, name: str) -> Field | None:
    """The field that a filter compares: one of the entity's, or its state."""
    if entity.lifecycle is not None and name == entity.lifecycle.field:
        return state_field(entity)
    return entity.field(name)


def state_field(entity: Entity) -> Field | None:
    """The field that holds the state of an entity with a lifecycle."""
    if entity.lifecycle is None:
        return None
    lifecycle = entity.lifecycle
    return Field(name=lifecycle.field, type=FieldType.ENUM, values=lifecycle.states, description="Where it stands in its lifecycle")
