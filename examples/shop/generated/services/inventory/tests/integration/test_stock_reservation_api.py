"""The operations on stock reservation, called as a client would."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import httpx2
from fastapi import FastAPI
from sqlalchemy import func, select

from inventory.domains.stock_reservation.models import StockReservation
from inventory.infrastructure.database import Database
from inventory.infrastructure.outbox import OutboxMessage
from tests.fixtures import factories


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def event_names(database: Database) -> list[str]:
    async with database.sessions() as session:
        types = (await session.scalars(select(OutboxMessage.event_type).order_by(OutboxMessage.position))).all()
    return sorted(kind.split(".")[-2] for kind in types)


async def test_reserve_stock_stores_it_and_tells_of_it(client: httpx2.AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as session:
        body = await factories.reserve_stock_body(session)
    response = await client.post("/v1/stock-reservations", json=body, headers=key())
    assert response.status_code == 201, response.text
    assert response.headers["etag"] == '"1"'
    assert response.headers["location"].endswith(response.json()["id"])
    assert {name: response.json()[name] for name in body} == body
    assert await event_names(database) == ["StockReserved"]


async def test_reserve_stock_refuses_what_it_does_not_know(client: httpx2.AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as session:
        body = await factories.reserve_stock_body(session)
    response = await client.post("/v1/stock-reservations", json=body | {"unheard_of": 1}, headers=key())
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["errors"][0]["pointer"] == "/body/unheard_of"


async def test_reserve_stock_needs_an_idempotency_key(client: httpx2.AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as session:
        body = await factories.reserve_stock_body(session)
    response = await client.post("/v1/stock-reservations", json=body)
    assert response.status_code == 400
    assert "Idempotency-Key" in response.json()["detail"]


async def test_reserve_stock_repeated_gives_the_first_answer(client: httpx2.AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as session:
        body = await factories.reserve_stock_body(session)
    headers = key()
    first = await client.post("/v1/stock-reservations", json=body, headers=headers)
    again = await client.post("/v1/stock-reservations", json=body, headers=headers)
    assert (again.status_code, again.text, again.headers["idempotency-replayed"]) == (201, first.text, "true")
    assert again.headers["location"] == first.headers["location"]
    reused = await client.post("/v1/stock-reservations?other=1", json=body, headers=headers)
    assert reused.status_code == 422
    assert reused.json()["type"] == "urn:problem:idempotency-key-reused"


async def test_fifty_duplicates_of_reserve_stock_at_once_make_one(client: httpx2.AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as session:
        body = await factories.reserve_stock_body(session)
        before = await session.scalar(select(func.count()).select_from(StockReservation)) or 0
    headers = key()
    answers = await asyncio.gather(*(client.post("/v1/stock-reservations", json=body, headers=headers) for _ in range(50)))
    statuses = {answer.status_code for answer in answers}
    assert statuses <= {201, 409}, statuses
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    async with database.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(StockReservation)) == before + 1
    assert await event_names(database) == ["StockReserved"]


async def test_reserve_stock_refuses_a_value_that_is_taken(client: httpx2.AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as session:
        body = await factories.reserve_stock_body(session)
    assert (await client.post("/v1/stock-reservations", json=body, headers=key())).status_code == 201
    taken = await client.post("/v1/stock-reservations", json=body, headers=key())
    assert taken.status_code == 409
    assert taken.headers["content-type"] == "application/problem+json"


async def test_get_stock_reservation_finds_what_is_stored(client: httpx2.AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as session:
        identity = (await factories.stock_reservation(session)).id
    response = await client.get(f"/v1/stock-reservations/{identity}")
    assert (response.status_code, response.json()["id"], response.headers["etag"]) == (200, str(identity), '"1"')


async def test_get_stock_reservation_says_when_there_is_none(client: httpx2.AsyncClient) -> None:
    identity = uuid4()
    response = await client.get(f"/v1/stock-reservations/{identity}")
    assert (response.status_code, response.json()["type"]) == (404, "urn:problem:not-found")


async def test_commit_stock_moves_it_along_its_lifecycle(client: httpx2.AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as session:
        stored = await factories.stock_reservation(session)
        stored.status = "held"
        identity = stored.id
    moved = await client.request("POST", f"/v1/stock-reservations/{identity}/commit", headers=key())
    assert (moved.status_code, moved.json()["status"]) == (200, "committed"), moved.text
    assert await event_names(database) == []


async def test_commit_stock_is_refused_from_another_state(client: httpx2.AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as session:
        stored = await factories.stock_reservation(session)
        stored.status = "committed"
        identity = stored.id
    refused = await client.request("POST", f"/v1/stock-reservations/{identity}/commit", headers=key())
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem:state-conflict")
    assert await event_names(database) == []


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
