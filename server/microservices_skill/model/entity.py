"""An entity: what it holds, the states that it goes through, what always holds of it, and how it is kept."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field as Spec
from pydantic import model_validator

from microservices_skill.model.fields import Field
from microservices_skill.model.naming import kebab, plural, snake
from microservices_skill.model.types import EventName, FieldName, FieldRef, Line, Node, StateName, TypeName


class Comparison(StrEnum):
    """How two sides of an invariant compare."""

    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    EQ = "eq"
    NE = "ne"


class Invariant(Node):
    """A truth about an entity that no write may break: ``field`` compared with another field or a whole number."""

    name: FieldRef
    field: FieldRef
    operator: Comparison
    other: FieldRef | None = None
    value: int | None = None
    message: Line = ""

    @model_validator(mode="after")
    def _has_one_right_side(self) -> Self:
        if (self.other is None) == (self.value is None):
            raise ValueError("an invariant compares with either other: a field, or value: a whole number")
        return self


class Transition(Node):
    """A named step from some states to one state, and the events that tell of it."""

    name: StateName
    sources: Annotated[tuple[StateName, ...], Spec(min_length=1, alias="from")]
    to: StateName
    publishes: tuple[EventName, ...] = ()


class Lifecycle(Node):
    """The states of an entity (UML state machine). The field that holds the state belongs to it."""

    field: FieldName = "status"
    initial: StateName
    states: Annotated[tuple[StateName, ...], Spec(min_length=1, max_length=30)]
    transitions: tuple[Transition, ...] = ()

    def transition(self, name: str) -> Transition | None:
        """The transition of that name."""
        return next((each for each in self.transitions if each.name == name), None)


class Persistence(StrEnum):
    """What is kept of an entity: how it is now, or all that happened to it (event sourcing; Richardson, ch. 6)."""

    STATE = "state"
    EVENT_SOURCED = "event-sourced"


class Entity(Node):
    """A thing with identity and the root of its aggregate (Evans); id, version and timestamps come of themselves.

    ``formerly`` is the name that it had before a rename.
    """

    name: TypeName
    formerly: TypeName | None = None
    description: Line = ""
    plural: FieldRef | None = None
    fields: Annotated[tuple[Field, ...], Spec(max_length=100)] = ()
    lifecycle: Lifecycle | None = None
    invariants: tuple[Invariant, ...] = ()
    persistence: Persistence = Persistence.STATE

    @property
    def is_event_sourced(self) -> bool:
        """Whether its truth is a stream of events."""
        return self.persistence is Persistence.EVENT_SOURCED

    @property
    def table(self) -> str:
        """The table's name, which is also the collection's."""
        return self.plural or plural(snake(self.name))

    @property
    def collection(self) -> str:
        """The collection's name in a path."""
        return kebab(self.table)

    @property
    def reference(self) -> str:
        """The name by which others refer to one: ``order_id``."""
        return f"{snake(self.name)}_id"

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((each for each in self.fields if each.name == name), None)
