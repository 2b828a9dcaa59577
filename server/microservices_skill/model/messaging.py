"""What services tell each other: events, and the sagas that join their steps."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field as Spec
from pydantic import model_validator

from microservices_skill.model.fields import Classification, PayloadField
from microservices_skill.model.mapping import Mapping
from microservices_skill.model.types import Duration, EventName, FieldName, Line, Node, OperationName, Slug, StateName, TypeName


class Event(Node):
    """A fact in the past tense that one service publishes (Richardson: domain event).

    Several versions of one name live beside each other: each fact is published in all of them, and read as the newest.
    """

    name: EventName
    version: Annotated[int, Spec(ge=1, le=999)] = 1
    publisher: Slug
    entity: TypeName | None = None
    description: Line = ""
    payload: Annotated[tuple[PayloadField, ...], Spec(max_length=100)] = ()
    ordering_key: FieldName | None = None
    classification: Classification = Classification.INTERNAL
    external_consumers: tuple[Line, ...] = ()

    @property
    def versioned_name(self) -> str:
        """``OrderPlacedV1``: one version as a message, and as a class where a newer one has the name."""
        return f"{self.name}V{self.version}"

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
    ``erases`` stands in the place of an operation: every row of that entity which ``match`` finds loses its personal data.
    In a choreographed one ``event`` starts the step and ``compensationEvent`` undoes it, both by a subscription of the
    participant, which tells by ``doneBy``, ``refusedBy`` and ``undoneBy`` what became of it.
    """

    name: StateName
    service: Slug
    operation: OperationName | None = None
    erases: TypeName | None = None
    event: EventName | None = None
    compensation: OperationName | None = None
    compensation_event: EventName | None = None
    done_by: EventName | None = None
    refused_by: EventName | None = None
    undone_by: EventName | None = None
    match: Mapping | None = None
    set: tuple[Mapping, ...] = ()
    pivot: bool = False
    retriable: bool = False
    idempotent: bool = True
    timeout: Duration | None = None

    @model_validator(mode="after")
    def _erasure_stands_alone(self) -> Self:
        if self.erases is not None and (self.operation is not None or self.event is not None or self.has_compensation):
            raise ValueError("erases stands alone: what is erased cannot be brought back, and needs neither operation nor event")
        if self.erases is not None and self.match is None:
            raise ValueError("erases needs match: by which field the rows of one person are found, and from what it comes")
        return self

    @property
    def has_compensation(self) -> bool:
        """Whether something undoes it."""
        return self.compensation is not None or self.compensation_event is not None

    @property
    def is_watched(self) -> bool:
        """Whether it says by which events it is followed."""
        return self.done_by is not None or self.refused_by is not None or self.undone_by is not None


class Saga(Node):
    """A business transaction across services: local transactions with compensations.

    ``succeedsWith`` and ``failsWith`` are the transitions that end the entity's pending state, its semantic lock.
    ``correlation`` is the payload field by which the events of a choreographed saga name its entity: ``<entity>_id``
    where it is not given.
    """

    name: TypeName
    description: Line = ""
    style: SagaStyle = SagaStyle.ORCHESTRATED
    coordinator: Slug
    entity: TypeName | None = None
    starts_with: OperationName | None = None
    succeeds_with: StateName | None = None
    fails_with: StateName | None = None
    correlation: FieldName | None = None
    covers: tuple[Line, ...] = ()
    steps: Annotated[tuple[SagaStep, ...], Spec(min_length=1, max_length=30)]
    timeout: Duration | None = None

    @model_validator(mode="after")
    def _details_fit_the_style(self) -> Self:
        erasing = next((step.name for step in self.steps if step.erases is not None), None)
        if self.style is SagaStyle.CHOREOGRAPHED and erasing is not None:
            raise ValueError(f"{erasing}: erases goes with style: orchestrated; a coordinator must know what is erased and what is not yet")
        watched = next((step.name for step in self.steps if step.is_watched), None)
        if self.style is SagaStyle.ORCHESTRATED and watched is not None:
            raise ValueError(f"{watched}: doneBy, refusedBy and undoneBy go with style: choreographed; a command is answered by a reply")
        if self.style is SagaStyle.ORCHESTRATED and self.correlation is not None:
            raise ValueError("correlation goes with style: choreographed; the messages of an orchestrated saga carry the id of its run")
        return self
