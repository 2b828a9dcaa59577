"""What services tell each other: events, and the sagas that join their steps."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field as Spec

from microservices_skill.model.fields import Classification, PayloadField
from microservices_skill.model.mapping import Mapping
from microservices_skill.model.types import Duration, EventName, FieldName, Line, Node, OperationName, Slug, StateName, TypeName


class Event(Node):
    """A fact in the past tense that one service publishes (Richardson: domain event)."""

    name: EventName
    version: Annotated[int, Spec(ge=1, le=999)] = 1
    publisher: Slug
    entity: TypeName | None = None
    description: Line = ""
    payload: Annotated[tuple[PayloadField, ...], Spec(max_length=100)] = ()
    ordering_key: FieldName | None = None
    classification: Classification = Classification.INTERNAL
    external_consumers: tuple[Line, ...] = ()

    def field(self, name: str) -> PayloadField | None:
        """The payload's field of that name."""
        return next((each for each in self.payload if each.name == name), None)


class SagaStyle(StrEnum):
    """Who decides the next step (Richardson, ch. 4)."""

    ORCHESTRATED = "orchestrated"
    CHOREOGRAPHED = "choreographed"


class SagaStep(Node):
    """A local transaction of one participant, and what undoes it.

    In an orchestrated saga ``operation`` is what the command asks for. ``set`` says which field of the saga's entity each
    value comes from, where the names differ; ``match`` finds what a later step works on, where no earlier one made it.
    """

    name: StateName
    service: Slug
    operation: OperationName | None = None
    event: EventName | None = None
    compensation: OperationName | None = None
    compensation_event: EventName | None = None
    match: Mapping | None = None
    set: tuple[Mapping, ...] = ()
    pivot: bool = False
    retriable: bool = False
    idempotent: bool = True
    timeout: Duration | None = None

    @property
    def has_compensation(self) -> bool:
        """Whether something undoes it."""
        return self.compensation is not None or self.compensation_event is not None


class Saga(Node):
    """A business transaction across services: local transactions with compensations.

    ``succeedsWith`` and ``failsWith`` are the transitions that end the entity's pending state, its semantic lock.
    """

    name: TypeName
    description: Line = ""
    style: SagaStyle = SagaStyle.ORCHESTRATED
    coordinator: Slug
    entity: TypeName | None = None
    starts_with: OperationName | None = None
    succeeds_with: StateName | None = None
    fails_with: StateName | None = None
    covers: tuple[Line, ...] = ()
    steps: Annotated[tuple[SagaStep, ...], Spec(min_length=1, max_length=30)]
    timeout: Duration | None = None
