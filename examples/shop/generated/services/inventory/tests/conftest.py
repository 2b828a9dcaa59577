"""A running service for each test, on SQLite and, where TEST_DATABASE_URL is set, on PostgreSQL."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import httpx2
import pytest
from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from inventory import migrate
from inventory.config import Settings, get_settings
from inventory.infrastructure.database import Database
from inventory.infrastructure.outbox import OutboxRelay
from inventory.main import create_app

os.environ.setdefault("PACT_DO_NOT_TRACK", "true")  # what verifies pacts would tell its makers of it
SERVER = os.environ.get("TEST_DATABASE_URL")
DATABASES = ["sqlite", *(["postgresql"] if SERVER else [])]


@pytest.fixture(params=DATABASES)
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """An empty database of its own."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    name = f"test_{uuid4().hex}"
    server = str(SERVER)
    await _execute(server, f"CREATE DATABASE {name}")
    yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    await _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
def settings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings as the environment gives them, with short pauses."""
    for name, value in {
        "ENVIRONMENT": "test",
        "DATABASE_URL": database_url,
        "DELIVERY_BACKOFF_S": "0.01",
        "DELIVERY_ATTEMPTS": "3",
        "OUTBOX_POLL_S": "0.05",
        "SHUTDOWN_GRACE_S": "4",
    }.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    yield get_settings()
    get_settings.cache_clear()


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The service, migrated and started."""
    await asyncio.to_thread(migrate.main)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def database(app: FastAPI) -> Database:
    """The service's database."""
    found: Database = app.state.database
    return found


@pytest.fixture
async def quiet(database: Database, app: FastAPI) -> Database:
    """The database of a service whose own relay stands still."""
    relay: OutboxRelay = app.state.relay
    await relay.stop(drain_s=0.1)
    relay.start = relay.stop = _nothing  # type: ignore[method-assign, assignment] # the shutdown stops it again
    return database


async def _nothing(**_: object) -> None:
    return None


@pytest.fixture
def spans(app: FastAPI) -> Iterator[InMemorySpanExporter]:
    """The spans that the service ends from now on."""
    exporter = InMemorySpanExporter()
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter
    exporter.shutdown()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that reaches the service without a network."""
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client
