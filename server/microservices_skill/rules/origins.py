"""Where a payload's value comes from, and whether one field's values fit another."""

from __future__ import annotations

from microservices_skill.model import wire
from microservices_skill.model.entity import Entity
from microservices_skill.model.fields import Field, FieldType, PayloadField, Shape

_COMMON = {"id": FieldType.UUID, "version": FieldType.INTEGER, "created_at": FieldType.DATETIME, "updated_at": FieldType.DATETIME}
_WIDER = {
    (FieldType.STRING, FieldType.TEXT),
    (FieldType.EMAIL, FieldType.TEXT),
    (FieldType.EMAIL, FieldType.STRING),
    (FieldType.ENUM, FieldType.STRING),
    (FieldType.ENUM, FieldType.TEXT),
}


def origin_of(field: PayloadField, entity: Entity) -> Field | None:
    """The entity's field that fills a payload field: its own, its state, or one that every entity has."""
    name = field.source or field.name
    own = entity.field(name)
    if own is not None:
        return own
    state = wire.state_field(entity)
    if state is not None and state.name == name:
        return state
    common = FieldType.UUID if name == entity.reference else _COMMON.get(name)
    # ``name`` may be one that a Field refuses, such as id, so the origin is named after the payload's field.
    return None if common is None else Field(name=field.name, type=common)


def misfit(source: Field, target: Field) -> str | None:
    """Why a value of ``source`` may not fit ``target``; None if it always does."""
    if target.required and not source.required:
        return "it is required, but its source is optional"
    return _shape_misfit(source, target)


def _shape_misfit(source: Shape, target: Shape) -> str | None:
    if source.type is not target.type and (source.type, target.type) not in _WIDER:
        return f"a {source.type} does not fit a {target.type}"
    if target.type is FieldType.ENUM and not set(source.values) <= set(target.values):
        return f"it lacks the values {', '.join(sorted(set(source.values) - set(target.values)))}"
    if target.type is FieldType.OBJECT and source.object != target.object:
        return f"a {source.object} is not a {target.object}"
    if source.items is not None and target.items is not None:
        return _shape_misfit(source.items, target.items)
    return None
