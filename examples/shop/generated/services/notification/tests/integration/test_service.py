"""The service as a whole: health, metrics, limits, refusals."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from alembic import command
from fastapi import FastAPI
from limits import parse
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from notification import migrate
from notification.config import Settings
from notification.infrastructure.database import Database, is_outage
from notification.infrastructure.rate_limit import create_limiter
from notification.infrastructure.resilience import DEADLINE_HEADER, seconds_left
from notification.middleware import audit


async def test_it_is_alive_and_ready(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/health/live")).status_code == 200
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()["checks"]["database"]) == (200, "up")


async def test_it_is_not_ready_without_its_database(client: httpx2.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Database(Settings.model_validate({"database_url": "postgresql://127.0.0.1:1/gone", "database_timeout_s": 0.5}))
    monkeypatch.setattr(app.state, "database", gone)
    assert (await client.get("/health/ready")).status_code == 503
    assert (await client.get("/health/live")).status_code == 200
    await gone.close()


async def test_connections_that_the_server_has_closed_are_replaced_unnoticed(database: Database) -> None:
    assert all(await asyncio.gather(*(database.is_up() for _ in range(5))))
    if database.is_postgresql:
        async with database.engine.connect() as connection:
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            await connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
        await asyncio.sleep(0.2)
    assert all(await asyncio.gather(*(database.is_up() for _ in range(5))))


@pytest.mark.parametrize(("code", "is_away"), [("57P03", True), ("53300", True), ("40001", True), ("08006", True), ("P0001", False)])
async def test_what_the_server_says_tells_an_outage_from_a_mistake(database: Database, code: str, is_away: bool) -> None:
    if not database.is_postgresql:
        return
    with pytest.raises(DBAPIError) as raised:
        async with database.sessions() as session:
            await session.execute(text(f"DO $$ BEGIN RAISE SQLSTATE '{code}'; END $$"))
    assert is_outage(raised.value) is is_away


async def test_a_client_may_call_so_often_in_any_window(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    limiter = create_limiter(Settings())
    item = parse("2/minute")

    async def call_at(moment: float) -> bool:
        clock[0] = moment
        return await limiter.hit(item, "an operation", "a client")

    assert [await call_at(moment) for moment in (1000.0, 1050.0, 1059.0, 1061.0, 1062.0)] == [True, True, False, True, False]
    assert (await limiter.get_window_stats(item, "an operation", "a client")).reset_time == 1110.0
    assert await limiter.hit(item, "an operation", "another client")


async def test_metrics_tell_of_requests_and_the_outbox(client: httpx2.AsyncClient) -> None:
    await client.get("/v1/nothing-here")
    text_format = (await client.get("/metrics")).text
    assert "http_server_request_duration_seconds_count" in text_format
    assert "outbox_lag_seconds" in text_format


async def test_a_path_that_is_not_there_is_a_problem(client: httpx2.AsyncClient) -> None:
    response = await client.get("/v1/nothing-here")
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


async def test_a_body_that_is_too_large_is_refused(client: httpx2.AsyncClient, app: FastAPI) -> None:
    path = next(path for path, operations in app.openapi()["paths"].items())
    response = await client.post(path, content=b"x" * (app.state.settings.max_body_bytes + 1), headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["type"]) == (413, "urn:problem:payload-too-large")


async def test_answers_carry_the_request_id_and_security_headers(client: httpx2.AsyncClient) -> None:
    response = await client.get("/health/live", headers={"X-Request-ID": "my-request"})
    assert response.headers["x-request-id"] == "my-request"
    assert response.headers["x-content-type-options"] == "nosniff"
    forged = await client.get("/health/live", headers={"X-Request-ID": "no spaces"})
    assert forged.headers["x-request-id"] != "no spaces"


async def test_the_log_of_a_request_is_json_with_its_ids(client: httpx2.AsyncClient) -> None:
    stream = io.StringIO()
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    await client.get("/v1/nothing-here?secret=hidden", headers={"X-Request-ID": "r1", "Authorization": "Bearer hidden"})
    records = [json.loads(line) for line in stream.getvalue().splitlines()]
    access = next(record for record in records if record["event"] == "http.request")
    assert (access["request_id"], access["status"]) == ("r1", 404)
    assert len(access["trace_id"]) == 32
    assert "hidden" not in stream.getvalue()


def test_the_audit_log_names_who_was_denied_or_has_changed_what_and_nothing_of_those_who_only_read(monkeypatch: pytest.MonkeyPatch) -> None:
    identity = str(uuid4())
    records: list[dict[str, Any]] = []

    class Log:
        def info(self, event: str, **fields: Any) -> None:
            records.append({"event": event, **fields})

    monkeypatch.setattr(audit, "log", Log())

    def said(method: str, status: int, actor: audit.Actor | None) -> dict[str, Any]:
        records.clear()
        scope = {"type": "http", "method": method, "path_params": {"thing_id": identity}, "state": {audit.KEY: actor}}
        audit.audit(scope, {"type": "http.response.start", "status": status, "headers": []})
        return records[0] if records else {}

    someone = audit.Actor("someone", "shell")
    for method, status, outcome in (("POST", 200, "done"), ("DELETE", 409, "refused"), ("PUT", 503, "failed"), ("POST", 403, "denied")):
        found = said(method, status, someone)
        assert (found["event"], found["outcome"], found["status"]) == ("audit", outcome, status)
        assert (found["entity_id"], found["actor"], found["actor_client"]) == (identity, "someone", "shell")
    assert (said("GET", 401, audit.Actor())["outcome"], said("GET", 401, audit.Actor())["actor"]) == ("denied", None)
    assert said("GET", 200, someone) == {}
    assert said("POST", 200, None) == {}, "what is open to all"


async def test_the_callers_deadline_bounds_our_own_calls(client: httpx2.AsyncClient, app: FastAPI) -> None:
    left: list[float] = []

    @app.get("/probe")
    async def probe() -> None:
        left.append(seconds_left(60))

    await client.get("/probe", headers={DEADLINE_HEADER: "250"})
    assert 0 < left[0] <= 0.25


async def test_the_migrations_make_exactly_the_models(app: FastAPI, database: Database) -> None:
    await asyncio.to_thread(command.check, migrate.config())
    await asyncio.to_thread(command.downgrade, migrate.config(), "base")
    await asyncio.to_thread(migrate.main)
    async with database.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM outbox_messages")) == 0


def test_production_refuses_to_start_on_embedded_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "BROKER_URL", "AUTH_JWKS_URL", "AUTH_ISSUER"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValueError, match="production needs DATABASE_URL, BROKER_URL"):
        Settings(environment="production")


def test_no_secret_stands_in_the_source() -> None:
    root = Path(__file__).parents[2]
    for path in root.glob("src/**/*.py"):
        assert "-----BEGIN" not in path.read_text(encoding="utf-8")
