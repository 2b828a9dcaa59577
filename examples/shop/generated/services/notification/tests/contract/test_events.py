"""The events that go out and come in fit the schemas that publishers and subscribers share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator

from notification.domains.incoming import OrderCancelled, OrderConfirmed
from notification.infrastructure.event_bus import EventData

SCHEMAS = Path(__file__).parents[2] / "contracts" / "events"


def schema_of(event: type[EventData]) -> Draft202012Validator:
    name = f"{event.event_name}.v{event.event_version}.json"
    schema = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


INCOMING: list[tuple[type[EventData], dict[str, Any]]] = [
    (OrderCancelled, {"order_id": "01890a5d-ac96-774b-bcce-b302099a8000", "customer_email": "someone0@example.com"}),
    (OrderConfirmed, {"order_id": "01890a5d-ac96-774b-bcce-b302099a8000", "customer_email": "someone0@example.com"}),
]


@pytest.mark.parametrize(("event", "data"), INCOMING)
async def test_what_a_publisher_promises_is_understood(event: type[EventData], data: dict[str, Any], app: FastAPI) -> None:
    schema_of(event).validate(data)
    event.model_validate(data | {"a_field_added_later": 1})
    assert event.event_type() in app.state.handlers
