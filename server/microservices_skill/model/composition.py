"""An API composition: one answer that a service puts together from what others answer to its calls."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator, StringConstraints, model_validator
from pydantic import Field as Spec

from microservices_skill.model.types import Duration, FieldName, FieldRef, Line, Node, OperationName, Slug, TypeName

PART_MAXIMUM = 100
"""Most items that a part that is a list shows."""

INCOMPLETE = "incomplete"
"""The field of each answer that names the parts that it lacks."""

REASONS = ("not_found", "refused", "timeout", "unavailable", "invalid", "truncated")
"""Why a part is missing, or not shown in full: there is none; the service refuses us; it was not there in time; it cannot be
reached or fails; what it answers is not what it promised; there is more than is shown."""


def _names_a_field_of_a_part(key: str) -> str:
    if re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", key) is None:
        raise ValueError(f"{key!r} names no field of an earlier part; write both, such as order.customer_id")
    return key


KeySource = Annotated[str, StringConstraints(max_length=101), AfterValidator(_names_a_field_of_a_part)]
"""``order.customer_id``: a field of an earlier part."""


class Part(Node):
    """What a composition asks of one operation of a service, and shows as one of its value types.

    A get finds one by ``key``; a list is asked for those whose ``filter`` is the key. The key is the composition's, or a field of
    an earlier part.
    """

    name: FieldName
    service: Slug
    operation: OperationName
    shows: TypeName
    key: KeySource | None = None
    filter: FieldRef | None = None
    limit: Annotated[int, Spec(ge=1, le=PART_MAXIMUM)] | None = None
    required: bool = False
    description: Line = ""

    @model_validator(mode="after")
    def _details_fit_the_kind(self) -> Self:
        if self.limit is not None and self.filter is None:
            raise ValueError("limit bounds a list; name the filter that the key goes into, or remove limit")
        if self.required and self.filter is not None:
            raise ValueError("a list may be empty and is never what an answer stands or falls with; remove required")
        return self

    @property
    def is_list(self) -> bool:
        """Whether it shows many."""
        return self.filter is not None

    @property
    def after(self) -> str | None:
        """The part that its key comes from."""
        return self.key.partition(".")[0] if self.key is not None else None

    @property
    def key_field(self) -> str | None:
        """The field of that part."""
        return self.key.partition(".")[2] if self.key is not None else None

    @property
    def most(self) -> int:
        """Most items that it shows."""
        return self.limit or 20


class Composition(Node):
    """Parts that are asked for at once, within one time budget (Richardson, ch. 7); what is not there in time is named as missing."""

    name: TypeName
    description: Line = ""
    plural: FieldRef | None = None
    key: FieldName
    budget: Duration = 1000
    parts: Annotated[tuple[Part, ...], Spec(min_length=1, max_length=20)]

    def part(self, name: str) -> Part | None:
        """The part of that name."""
        return next((each for each in self.parts if each.name == name), None)
