"""A CQRS view: what one service shows of the entities of others, kept up to date by their events."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field as Spec
from pydantic import model_validator

from microservices_skill.model.fields import Field
from microservices_skill.model.mapping import Mapping
from microservices_skill.model.types import EventName, FieldName, FieldRef, Line, Node, TypeName


class SourceAction(StrEnum):
    """What an event does to a view."""

    UPSERT = "upsert"
    DELETE = "delete"


class ViewSource(Node):
    """What a view takes from an event.

    ``key`` is the payload's field that holds the view's key, by default the one of its name. ``into`` names the list that
    gets an item for the event's entity. ``set`` says which values are taken; without it, those whose names agree.
    """

    event: EventName
    action: SourceAction = SourceAction.UPSERT
    key: FieldRef | None = None
    into: FieldRef | None = None
    set: tuple[Mapping, ...] = ()

    @model_validator(mode="after")
    def _details_fit_the_action(self) -> Self:
        if self.set and self.action is SourceAction.DELETE:
            raise ValueError("action: delete takes no values; remove set")
        return self


class View(Node):
    """Rows that answer queries over several services (Richardson, ch. 7): each a function of what its sources look like now."""

    name: TypeName
    description: Line = ""
    plural: FieldRef | None = None
    key: FieldName
    fields: Annotated[tuple[Field, ...], Spec(min_length=1, max_length=100)]
    sources: Annotated[tuple[ViewSource, ...], Spec(min_length=1, max_length=100)]

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((each for each in self.fields if each.name == name), None)

    @property
    def lists(self) -> tuple[str, ...]:
        """The fields that hold an item for each of many entities, in the model's order."""
        filled = {source.into for source in self.sources}
        return tuple(field.name for field in self.fields if field.name in filled)
