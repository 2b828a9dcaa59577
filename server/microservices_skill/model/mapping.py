"""Where a value comes from, when its name does not say so."""

from __future__ import annotations

from microservices_skill.model.types import FieldRef, Node


class Mapping(Node):
    """One value taken from an event or a saga's entity into another entity."""

    field: FieldRef
    source: FieldRef
