"""The operations on stock reservation, called as a client would."""

from __future__ import annotations

from uuid import uuid4

import httpx2
from fastapi import FastAPI
from sqlalchemy import select

from inventory.infrastructure.database import Database
from inventory.infrastructure.outbox import OutboxMessage
from tests.fixtures import factories


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def event_names(database: Database) -> list[str]:
    async with database.sessions() as session:
        types = (await session.scalars(select(OutboxMessage.event_type).order_by(OutboxMessage.position))).all()
    return sorted(kind.split(".")[-2] for kind in types)


async def test_get_stock_reservation_finds_what_is_stored(client: httpx2.AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as session:
        identity = (await factories.stock_reservation(session)).id
    response = await client.get(f"/v1/stock-reservations/{identity}")
    assert (response.status_code, response.json()["id"], response.headers["etag"]) == (200, str(identity), '"1"')


async def test_get_stock_reservation_says_when_there_is_none(client: httpx2.AsyncClient) -> None:
    identity = uuid4()
    response = await client.get(f"/v1/stock-reservations/{identity}")
    assert (response.status_code, response.json()["type"]) == (404, "urn:problem:not-found")


async def test_release_stock_moves_it_along_its_lifecycle(client: httpx2.AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as session:
        stored = await factories.stock_reservation(session)
        stored.status = "held"
        identity = stored.id
    moved = await client.request("POST", f"/v1/stock-reservations/{identity}/release", headers=key())
    assert (moved.status_code, moved.json()["status"]) == (200, "released"), moved.text
    assert await event_names(database) == ["StockReleased"]


async def test_release_stock_is_refused_from_another_state(client: httpx2.AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as session:
        stored = await factories.stock_reservation(session)
        stored.status = "committed"
        identity = stored.id
    refused = await client.request("POST", f"/v1/stock-reservations/{identity}/release", headers=key())
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem:state-conflict")
    assert await event_names(database) == []


async def test_a_method_that_a_path_does_not_know_is_a_problem(client: httpx2.AsyncClient, app: FastAPI) -> None:
    for path in app.openapi()["paths"]:
        response = await client.request("TRACE", path)
        assert (response.status_code, response.headers["content-type"]) == (405, "application/problem+json")
        assert response.headers["allow"]
