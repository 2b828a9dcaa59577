"""A service: what it owns, what it offers, what it needs and what it reacts to."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field as Spec
from pydantic import StringConstraints, model_validator

from microservices_skill.model.composition import Composition
from microservices_skill.model.dependency import Dependency
from microservices_skill.model.entity import Entity
from microservices_skill.model.fields import Field
from microservices_skill.model.mapping import Mapping
from microservices_skill.model.naming import snake
from microservices_skill.model.system import Language, LogFormat, Percent, Tracing
from microservices_skill.model.types import (
    Duration,
    EventName,
    FieldRef,
    Line,
    Node,
    OperationName,
    Prose,
    Scope,
    Slug,
    StateName,
    TypeName,
)
from microservices_skill.model.view import View

ApiPath = Annotated[str, StringConstraints(pattern=r"^(/([a-z0-9]+(-[a-z0-9]+)*|\{[a-z][a-z0-9_]*\}))+$", max_length=200)]


class Exposure(StrEnum):
    """Who may reach the service."""

    PUBLIC = "public"
    INTERNAL = "internal"


class Slo(Node):
    """What the service promises: availability in percent of requests, latency at the 99th percentile."""

    availability: Percent = 99.9
    p99: Duration = 500


class Health(Node):
    """Which probes the service answers."""

    liveness: bool = True
    readiness: bool = True


class ValueType(Node):
    """A value without identity, kept inside an entity or an event (Evans: value object)."""

    name: TypeName
    description: Line = ""
    fields: Annotated[tuple[Field, ...], Spec(min_length=1, max_length=100)]


class Action(StrEnum):
    """What an endpoint does with its entity."""

    CREATE = "create"
    GET = "get"
    LIST = "list"
    UPDATE = "update"
    DELETE = "delete"
    TRANSITION = "transition"

    @property
    def is_mutation(self) -> bool:
        """Whether it changes data."""
        return self not in (Action.GET, Action.LIST)


class Method(StrEnum):
    """HTTP methods (RFC 9110)."""

    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"


class Period(StrEnum):
    """The window of a rate limit."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"


class RateLimit(Node):
    """How many requests one client may make in a window."""

    requests: Annotated[int, Spec(ge=1, le=1_000_000)]
    per: Period = Period.MINUTE


class Endpoint(Node):
    """An operation that a service offers over HTTP; ``entity`` is what it works on, or the view or composition that it reads."""

    operation: OperationName
    action: Action
    entity: TypeName
    transition: StateName | None = None
    summary: Line = ""
    method: Method | None = None
    path: ApiPath | None = None
    request: tuple[FieldRef, ...] | None = None
    filters: tuple[FieldRef, ...] = ()
    paginated: bool = True
    idempotent: bool = True
    auth: bool = True
    scope: Scope | None = None
    rate_limit: RateLimit | None = None
    publishes: tuple[EventName, ...] = ()
    p99: Duration | None = None

    @model_validator(mode="after")
    def _details_fit_the_action(self) -> Self:
        if (self.transition is not None) != (self.action is Action.TRANSITION):
            raise ValueError("transition goes with action: transition, and only with it")
        if self.filters and self.action is not Action.LIST:
            raise ValueError("filters go with action: list only")
        if self.request is not None and self.action not in (Action.CREATE, Action.UPDATE, Action.TRANSITION):
            raise ValueError(f"request does not apply to action: {self.action}")
        if self.publishes and not self.action.is_mutation:
            raise ValueError(f"action: {self.action} changes nothing, so it publishes nothing")
        if self.publishes and self.action is Action.TRANSITION:
            raise ValueError("the lifecycle's transition says what it publishes; move publishes there")
        return self


class SubscriptionAction(StrEnum):
    """What a service does when an event arrives."""

    CREATE = "create"
    UPDATE = "update"
    TRANSITION = "transition"


class Subscription(Node):
    """What a service does when an event arrives: create an entity, or find one and change it."""

    event: EventName
    action: SubscriptionAction
    entity: TypeName
    transition: StateName | None = None
    match: Mapping | None = None
    set: tuple[Mapping, ...] = ()
    publishes: tuple[EventName, ...] = ()

    @model_validator(mode="after")
    def _details_fit_the_action(self) -> Self:
        if (self.transition is not None) != (self.action is SubscriptionAction.TRANSITION):
            raise ValueError("transition goes with action: transition, and only with it")
        if self.match is not None and self.action is SubscriptionAction.CREATE:
            raise ValueError("match finds an existing entity; action: create makes a new one")
        if self.publishes and self.action is SubscriptionAction.TRANSITION:
            raise ValueError("the lifecycle's transition says what it publishes; move publishes there")
        return self


class Service(Node):
    """A deployable unit around one business capability; ``formerly`` is the name that it had before a rename."""

    name: Slug
    formerly: Slug | None = None
    title: Line = ""
    responsibility: Prose
    owners: tuple[Slug, ...] = ()
    language: Language = Language.TYPESCRIPT
    exposure: Exposure = Exposure.INTERNAL
    slo: Slo = Slo()
    replicas: Annotated[int, Spec(ge=1, le=1000)] = 2
    health: Health = Health()
    logging: LogFormat | None = None
    tracing: Tracing | None = None
    stores: tuple[Slug, ...] = ()
    value_types: tuple[ValueType, ...] = ()
    entities: tuple[Entity, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    views: Annotated[tuple[View, ...], Spec(max_length=100)] = ()
    compositions: Annotated[tuple[Composition, ...], Spec(max_length=100)] = ()

    @property
    def package(self) -> str:
        """The name of its package in code."""
        return snake(self.name)

    def entity(self, name: str) -> Entity | None:
        """The entity of that name."""
        return next((each for each in self.entities if each.name == name), None)

    def view(self, name: str) -> View | None:
        """The view of that name."""
        return next((each for each in self.views if each.name == name), None)

    def composition(self, name: str) -> Composition | None:
        """The composition of that name."""
        return next((each for each in self.compositions if each.name == name), None)

    def events_of(self, entity: Entity) -> frozenset[str]:
        """The events that an entity's endpoints, transitions and reactions publish."""
        found = {name for endpoint in self.endpoints if endpoint.entity == entity.name for name in endpoint.publishes}
        found |= {name for each in self.subscriptions if each.entity == entity.name for name in each.publishes}
        if entity.lifecycle is not None:
            found |= {name for transition in entity.lifecycle.transitions for name in transition.publishes}
        return frozenset(found)

    def value_type(self, name: str) -> ValueType | None:
        """The value type of that name."""
        return next((each for each in self.value_types if each.name == name), None)

    def endpoint(self, operation: str) -> Endpoint | None:
        """The endpoint of that operation."""
        return next((each for each in self.endpoints if each.operation == operation), None)
