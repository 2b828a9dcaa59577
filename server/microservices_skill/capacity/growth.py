"""How much data gathers: rows of entities for ever, what the outbox, the inbox and idempotency keep for a while."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.capacity.assumptions import Assumptions
from microservices_skill.capacity.figures import Figure, number
from microservices_skill.capacity.traffic import Rates
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.fields import FieldType, Shape
from microservices_skill.model.service import Service

YEAR_S = 365 * 86_400
ROW_OVERHEAD, INDEXES = 80, 2
"""Bytes of a row beside its own fields, and the factor for indexes and dead rows."""

MESSAGE_BYTES, RETAINED_DAYS = 1500, 7
"""A message in the outbox with its mark in the inbox, and how long the generated services keep it."""

_WIDTHS: dict[FieldType, int] = {
    FieldType.INTEGER: 8, FieldType.NUMBER: 8, FieldType.DECIMAL: 12, FieldType.MONEY: 16, FieldType.BOOLEAN: 1, FieldType.UUID: 16,
    FieldType.DATE: 4, FieldType.DATETIME: 8, FieldType.EMAIL: 30, FieldType.ENUM: 12, FieldType.TEXT: 200,
}  # fmt: skip
_LIST_ITEMS = 3
_DEEPEST = 5


@dataclass(frozen=True, slots=True)
class Growth:
    """What a service's store gains in a year, and what it holds besides."""

    service: str
    yearly_gb: Figure
    retained_gb: Figure


def growth(architecture: Architecture, rates: dict[str, Rates], assumptions: Assumptions) -> tuple[Growth, ...]:
    """The growth of each store; where more was answered than the model explains, the answer's share."""
    reckoned = {service.name: _reckoned(service, rates[service.name], assumptions) for service in architecture.services}
    total = sum(figure.value for figure in reckoned.values())
    answered = architecture.system.requirements.data_gb
    found = []
    for service in architecture.services:
        figure = reckoned[service.name]
        if answered is not None and answered > total:
            share = figure.value / total if total else 1 / len(architecture.services)
            formula = f"dataGb {number(answered)} x share {number(share)} (reckoned: {number(figure.value)} GB; {figure.formula})"
            figure = Figure(answered * share, "GB", formula, f"answer dataGb; {figure.source}")
        found.append(Growth(service.name, figure, _retained(rates[service.name], assumptions)))
    return tuple(found)


def _reckoned(service: Service, rates: Rates, assumptions: Assumptions) -> Figure:
    mean = assumptions.traffic.mean_to_peak
    parts, total = [], 0.0
    for name, rate in sorted(rates.created.items()):
        entity = service.entity(name)
        width = ROW_OVERHEAD + (sum(_width(service, field, 0) for field in entity.fields) if entity is not None else 0)
        total += rate * width
        parts.append(f"{name} {number(rate)}/s x {number(width)} B")
    formula = f"({' + '.join(parts) or 'no rows are made'}) x meanToPeak {number(mean)} x a year x {INDEXES} for indexes"
    value = total * mean * YEAR_S * INDEXES / 1e9
    return Figure(value, "GB", formula, "rows made at the peak; fields of the entities; capacity.yaml traffic")


def _retained(rates: Rates, assumptions: Assumptions) -> Figure:
    mean = assumptions.traffic.mean_to_peak
    rate = rates.published + rates.consumed + rates.writes
    formula = (
        f"(sent {number(rates.published)} + received {number(rates.consumed)} + answers kept {number(rates.writes)})/s"
        f" x meanToPeak {number(mean)} x {RETAINED_DAYS} days x {MESSAGE_BYTES} B"
    )
    value = rate * mean * RETAINED_DAYS * 86_400 * MESSAGE_BYTES / 1e9
    return Figure(value, "GB", formula, "the rates of this service; RETENTION_HOURS of the generated services")


def _width(service: Service, field: Shape, depth: int) -> int:
    """Bytes that a value takes, roughly."""
    if depth > _DEEPEST:
        return 0
    if field.type is FieldType.STRING:
        return min(field.max_length or 40, 40)
    if field.type is FieldType.LIST:
        return _LIST_ITEMS * (_width(service, field.items, depth + 1) if field.items is not None else 8)
    if field.type is FieldType.OBJECT:
        value_type = service.value_type(field.object or "")
        return sum(_width(service, each, depth + 1) for each in value_type.fields) if value_type is not None else 100
    return _WIDTHS[field.type]
