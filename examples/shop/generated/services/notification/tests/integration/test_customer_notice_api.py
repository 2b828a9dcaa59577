"""The operations on customer notice, called as a client would."""

from __future__ import annotations

from uuid import uuid4

import httpx2
from fastapi import FastAPI
from sqlalchemy import select

from notification.domains.customer_notice.models import CustomerNotice
from notification.infrastructure.database import Database
from notification.infrastructure.outbox import OutboxMessage
from tests.fixtures import factories


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def event_names(database: Database) -> list[str]:
    async with database.sessions() as session:
        types = (await session.scalars(select(OutboxMessage.event_type).order_by(OutboxMessage.position))).all()
    return sorted(kind.split(".")[-2] for kind in types)


async def test_get_notice_finds_what_is_stored(client: httpx2.AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as session:
        identity = (await factories.customer_notice(session)).id
    response = await client.get(f"/v1/customer-notices/{identity}")
    assert (response.status_code, response.json()["id"], response.headers["etag"]) == (200, str(identity), '"1"')


async def test_get_notice_says_when_there_is_none(client: httpx2.AsyncClient) -> None:
    identity = uuid4()
    response = await client.get(f"/v1/customer-notices/{identity}")
    assert (response.status_code, response.json()["type"]) == (404, "urn:problem:not-found")


async def test_list_notices_pages_through_all_in_order(client: httpx2.AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as session:
        for variant in range(3):
            await factories.customer_notice(session, variant)
    async with database.sessions() as session:
        stored = [str(found) for found in (await session.scalars(select(CustomerNotice.id).order_by(CustomerNotice.id))).all()]
    seen: list[str] = []
    params: dict[str, str] = {"limit": "2"}
    while True:
        page = (await client.get("/v1/customer-notices", params=params)).json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == stored


async def test_list_notices_is_bounded(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/v1/customer-notices", params={"limit": "101"})).status_code == 422


async def test_mark_notice_sent_moves_it_along_its_lifecycle(client: httpx2.AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as session:
        stored = await factories.customer_notice(session)
        stored.status = "queued"
        identity = stored.id
    moved = await client.request("POST", f"/v1/customer-notices/{identity}/send", headers=key())
    assert (moved.status_code, moved.json()["status"]) == (200, "sent"), moved.text
    assert await event_names(database) == []


async def test_mark_notice_sent_is_refused_from_another_state(client: httpx2.AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as session:
        stored = await factories.customer_notice(session)
        stored.status = "sent"
        identity = stored.id
    refused = await client.request("POST", f"/v1/customer-notices/{identity}/send", headers=key())
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem:state-conflict")
    assert await event_names(database) == []


async def test_mark_notice_failed_moves_it_along_its_lifecycle(client: httpx2.AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as session:
        stored = await factories.customer_notice(session)
        stored.status = "queued"
        identity = stored.id
        body = await factories.mark_notice_failed_body(session)
    moved = await client.request("POST", f"/v1/customer-notices/{identity}/fail", json=body, headers=key())
    assert (moved.status_code, moved.json()["status"]) == (200, "failed"), moved.text
    assert await event_names(database) == []


async def test_mark_notice_failed_is_refused_from_another_state(client: httpx2.AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as session:
        stored = await factories.customer_notice(session)
        stored.status = "sent"
        identity = stored.id
        body = await factories.mark_notice_failed_body(session)
    refused = await client.request("POST", f"/v1/customer-notices/{identity}/fail", json=body, headers=key())
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem:state-conflict")
    assert await event_names(database) == []


async def test_a_method_that_a_path_does_not_know_is_a_problem(client: httpx2.AsyncClient, app: FastAPI) -> None:
    for path in app.openapi()["paths"]:
        response = await client.request("TRACE", path)
        assert (response.status_code, response.headers["content-type"]) == (405, "application/problem+json")
        assert response.headers["allow"]
