"""The events that go out and come in fit the schemas that publishers and subscribers share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import select

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
