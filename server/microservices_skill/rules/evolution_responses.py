"""Whether callers of the version before still understand what an operation answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from microservices_skill.model import wire
from microservices_skill.model.entity import Entity
from microservices_skill.model.service import Service
from microservices_skill.rules.comparison import Audience, Comparison, KeptOperation, KeptService, value_types
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.rule import comparison_rule
from microservices_skill.rules.shapes import Change, Kind, Record, changes


@comparison_rule("breaking-response-change", Severity.ERROR)
def breaking_response_change(comparison: Comparison) -> Iterator[Violation]:
    """A response lost or changed a field, its status or its form.

    Why: callers that read it break.
    Fix: keep the field, and add the new one beside it; a new status or form is a new operation.
    Source: Google AIP-180, Backwards compatibility: fields and their types must not be removed, renamed or changed
    """
    for kept in comparison.operations:
        was, became = _form(kept.old), _form(kept.new)
        if was != became:
            yield kept.audience.violation(kept.at, f"{kept.new.id} answers {became}, was {was}")
    kinds = (Kind.GONE, Kind.RETYPED, Kind.GENERALISED, Kind.BECAME_OPTIONAL)
    for answer in _answers(comparison):
        for change in answer.changes():
            if change.kind in kinds:
                yield answer.audience.violation(answer.at(change.field), f"{answer}: {change.text}")


@comparison_rule("widened-response", Severity.WARNING)
def widened_response(comparison: Comparison) -> Iterator[Violation]:
    """A response may hold values that it never held: a new state or enum value, a longer text, a greater number.

    Why: a caller that lists the values it knows, or keeps them in a column of the old size, fails at the first new one.
    Fix: see that every caller treats an unknown value as such, before the first one is written.
    Source: Google AIP-180, Backwards compatibility: adding enum values; Martin Fowler, TolerantReader (2011)
    """
    for answer in _answers(comparison):
        for change in answer.changes():
            if change.kind is Kind.WIDENED:
                yield answer.audience.violation(answer.at(change.field), f"{answer}: {change.text}")


@dataclass(frozen=True, slots=True)
class _Answer:
    """An entity as operations of both versions return it."""

    service: KeptService
    old: Entity
    new: Entity
    operations: tuple[KeptOperation, ...]

    @property
    def audience(self) -> Audience:
        found = Audience(frozenset())
        for operation in self.operations:
            found |= operation.audience
        return found

    def changes(self) -> Iterator[Change]:
        return changes(_record(self.old, self.service.old), _record(self.new, self.service.new))

    def at(self, field: str) -> str:
        """The field in the new version, or the nearest place to where it was."""
        service = self.service.new
        match self.new:
            case wire.ComposedRow():
                kept, names, inner = "compositions", [each.name for each in service.compositions], "parts"
            case wire.ViewRow():
                kept, names, inner = "views", [each.name for each in service.views], "fields"
            case _:
                kept, names, inner = "entities", [each.name for each in service.entities], "fields"
        here = f"{self.service.at}/{kept}/{names.index(self.new.name)}"
        if self.new.lifecycle is not None and field == self.new.lifecycle.field:
            return f"{here}/lifecycle/states"
        place = next((index for index, each in enumerate(self.new.fields) if each.name == field), None)
        return f"{here}/{inner}" if place is None else f"{here}/{inner}/{place}"

    def __str__(self) -> str:
        return f"the response of {', '.join(operation.new.id for operation in self.operations)}"


def _answers(comparison: Comparison) -> Iterator[_Answer]:
    found: dict[tuple[int, str, str], list[KeptOperation]] = {}
    for kept in comparison.operations:
        if kept.new.response_name is not None and _form(kept.old) == _form(kept.new):
            found.setdefault((kept.service.index, kept.old.entity.name, kept.new.entity.name), []).append(kept)
    for same in found.values():
        yield _Answer(same[0].service, same[0].old.entity, same[0].new.entity, tuple(same))


def _record(entity: Entity, service: Service) -> Record:
    state = wire.state_field(entity)
    return Record((*entity.fields, *((state,) if state is not None else ())), value_types(service))


def _form(operation: wire.Operation) -> str:
    body = "no body" if operation.response_name is None else "a page" if operation.is_paginated else "one entity"
    return f"{operation.status} with {body}"
