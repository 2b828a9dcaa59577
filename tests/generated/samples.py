"""Valid data for any entity and event of any model, new at each call, so that nothing in a test knows the shop."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from microservices_skill.model.entity import Entity
from microservices_skill.model.examples import entity_example, example, matching
from microservices_skill.model.fields import Field, FieldType, Shape
from microservices_skill.model.messaging import Event
from microservices_skill.model.service import Service, Subscription

Data = dict[str, Any]

UNICODE = "Grüße, 你好 🚲 مرحبا e\u0301 \u200d👩\u200d🔧 ß‰"
"""Two scripts, a picture outside the first plane, right to left, a combining accent, joined pictures."""

_TEXTS = (FieldType.STRING, FieldType.TEXT)


@dataclass
class Samples:
    """Example data of one service's entities; what is unique or refers to something outside is new each time."""

    service: Service
    private: list[str] = field(default_factory=list)
    """Every personal, health, card or secret text that was handed out."""

    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def entity(self, entity: Entity) -> Data:
        """Values for an entity's fields that keep its invariants; references are left for the caller to set."""
        values = entity_example(entity, self.service).values
        number = next(self._numbers)
        return {each.name: later(each, self._new(each, values[each.name]), number) for each in entity.fields}

    def event(self, event: Event, publisher: Service) -> Data:
        """Data for an event."""
        return {each.name: self._new(each, example(each, publisher)) for each in event.payload}

    def _new(self, shape: Field, usual: Any) -> Any:
        if shape.type is FieldType.UUID:
            return str(uuid4())
        if shape.classification.is_sensitive and shape.pattern is None and shape.type in (*_TEXTS, FieldType.EMAIL):
            return self._private(shape)
        if shape.type in _TEXTS and shape.pattern is not None:
            return matching(shape.pattern, next(self._numbers), min(shape.length_limit, 8))
        if shape.unique:
            return self._unique(shape, usual)
        return f"{usual[: shape.length_limit - 6]} {next(self._numbers)}" if shape.type in _TEXTS else usual

    def _private(self, shape: Field) -> str:
        text = f"prvt{next(self._numbers):04}x{uuid4().hex[:6]}" + ("@example.com" if shape.type is FieldType.EMAIL else "")
        self.private.append(text[: shape.length_limit])
        return self.private[-1]

    def _unique(self, shape: Field, usual: Any) -> Any:
        number = next(self._numbers)
        match shape.type:
            case FieldType.STRING:
                return f"{number}"
            case FieldType.EMAIL:
                return f"someone{number}@example.com"
            case FieldType.INTEGER:
                return (shape.minimum or 0) + number
            case FieldType.DATE:
                return (date(2026, 1, 1) + timedelta(days=number)).isoformat()
            case FieldType.DATETIME:
                return (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
            case _:
                return usual


def later(shape: Field, value: Any, number: int) -> Any:
    """A value moved as far as all others of its entity, so that what holds between them still holds."""
    match shape.type:
        case FieldType.INTEGER if not shape.unique and value + number <= (shape.maximum or value + number):
            return value + number
        case FieldType.MONEY:
            return {**value, "minor_units": value["minor_units"] + number}
        case FieldType.DATE if not shape.unique:
            return (date.fromisoformat(value) + timedelta(days=number)).isoformat()
        case FieldType.DATETIME if not shape.unique:
            return (datetime.fromisoformat(value) + timedelta(days=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        case _:
            return value


def exacting(shape: Shape, service: Service, usual: Any) -> tuple[Any, Any]:  # noqa: PLR0911 - one for each type
    """A value that careless code would bend, and how it must come back."""
    match shape.type:
        case FieldType.STRING | FieldType.TEXT if shape.pattern is None:
            text = UNICODE[: shape.length_limit]
            return text, text
        case FieldType.INTEGER if shape.maximum is not None:
            return shape.maximum, shape.maximum
        case FieldType.NUMBER:
            number = (shape.minimum or 0) + 0.1 + 0.2
            return number, number
        case FieldType.DECIMAL:
            return _decimal(shape)
        case FieldType.MONEY:
            amount = {"minor_units": 2**53 - 1, "currency": "JPY"}
            return amount, amount
        case FieldType.DATETIME:
            return "2026-03-29T01:30:00.123456+05:30", "2026-03-28T20:00:00.123456Z"
        case FieldType.DATE:
            return "2024-02-29", "2024-02-29"
        case FieldType.OBJECT:
            value = service.value_type(shape.object or "")
            pairs = {each.name: exacting(each, service, usual[each.name]) for each in (value.fields if value is not None else ())}
            return {name: sent for name, (sent, _) in pairs.items()}, {name: back for name, (_, back) in pairs.items()}
        case FieldType.LIST if shape.items is not None:
            items = [exacting(shape.items, service, each) for each in usual or [None]]
            return [sent for sent, _ in items], [back for _, back in items]
        case _:
            return usual, usual


def _decimal(shape: Shape) -> tuple[str, str]:
    precision, scale = shape.digits
    whole = str(shape.maximum - 1) if shape.maximum is not None else "9" * (precision - scale) or "0"
    fraction = ("1" * scale) if scale else ""
    text = f"{whole}.{fraction}" if fraction else whole
    return text, text


def moved(event: Event, subscription: Subscription, data: Data, value: Any) -> Data:
    """An event's data, aimed at the entity whose matched field has this value."""
    assert subscription.match is not None
    assert event.field(subscription.match.source) is not None
    return data | {subscription.match.source: value}


def sensitive_fields(service: Service) -> list[Field]:
    """The fields that must stay out of logs."""
    return [each for entity in service.entities for each in entity.fields if each.classification.is_sensitive]
