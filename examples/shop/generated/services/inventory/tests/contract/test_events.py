"""The events that go out and come in fit the schemas that publishers and subscribers share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from sqlalchemy import select

from inventory.domains.incoming import OrderCancelled, OrderConfirmed, OrderPlaced
from inventory.domains.stock_reservation.events import StockReleased, StockReserved
from inventory.infrastructure.database import Database
from inventory.infrastructure.event_bus import EventData
from inventory.infrastructure.outbox import OutboxMessage, enqueue
from tests.fixtures import factories

SCHEMAS = Path(__file__).parents[2] / "contracts" / "events"


def schema_of(event: type[EventData]) -> Draft202012Validator:
    name = f"{event.event_name}.v{event.event_version}.json"
    schema = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize(
    ("event", "make"),
    [
        (StockReleased, factories.stock_reservation),
        (StockReserved, factories.stock_reservation),
    ],
)
async def test_a_published_event_fits_its_schema(event: Any, make: Any, database: Database) -> None:
    async with database.sessions.begin() as session:
        await enqueue(session, event.of(await make(session)))
    async with database.sessions() as session:
        query = select(OutboxMessage.envelope).where(OutboxMessage.event_type == event.event_type())
        data = json.loads((await session.scalars(query)).one())["data"]
    schema_of(event).validate(data)


INCOMING: list[tuple[type[EventData], dict[str, Any]]] = [
    (OrderCancelled, {"order_id": "01890a5d-ac96-774b-bcce-b302099a8000", "customer_email": "someone0@example.com"}),
    (OrderConfirmed, {"order_id": "01890a5d-ac96-774b-bcce-b302099a8000", "customer_email": "someone0@example.com"}),
    (OrderPlaced, {"order_id": "01890a5d-ac96-774b-bcce-b302099a8000", "customer_id": "01890a5d-ac96-774b-bcce-b302099a8000", "customer_email": "someone0@example.com", "lines": [{"sku": "A", "quantity": 1, "unit_price": {"minor_units": 1000, "currency": "EUR"}}], "total": {"minor_units": 1000, "currency": "EUR"}}),
]


@pytest.mark.parametrize(("event", "data"), INCOMING)
async def test_what_a_publisher_promises_is_understood(event: type[EventData], data: dict[str, Any], app: FastAPI) -> None:
    schema_of(event).validate(data)
    event.model_validate(data | {"a_field_added_later": 1})
    assert event.event_type() in app.state.handlers
