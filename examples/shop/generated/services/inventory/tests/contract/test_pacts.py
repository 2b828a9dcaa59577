"""Pacts: what others rely on of this service, and what it relies on of them (Richardson, Microservices Patterns, ch. 9).

Each file of contracts/pacts names a consumer and a provider. Where this service is the provider, Pact replays the file here,
and a failure names the consumer; where it is the consumer, its own code must send and take exactly what the file says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from inventory.config import SERVICE_NAME, get_settings
from inventory.domains.saga_messages import PlaceOrderCommitStockReply, PlaceOrderReserveStockReply
from inventory.infrastructure.database import Database
from inventory.infrastructure.event_bus import DomainEvent, Message
from inventory.infrastructure.identifiers import uuid7
from inventory.infrastructure.inbox import InboxMessage
from inventory.infrastructure.saga_message import Outcome
from inventory.main import create_app
from tests.fixtures.pacts import PACTS, Factory, MakeMessage, Provider, interaction

STATES: dict[str, Factory] = {}
"""What must be there before a consumer asks, and what makes it."""


async def _place_order_reserve_stock_reply(_session: AsyncSession) -> DomainEvent:
    return PlaceOrderReserveStockReply(saga_id=uuid7(), outcome=Outcome.REFUSED, reason="too late")


async def _place_order_commit_stock_reply(_session: AsyncSession) -> DomainEvent:
    return PlaceOrderCommitStockReply(saga_id=uuid7(), outcome=Outcome.REFUSED, reason="too late")


MESSAGES: dict[str, MakeMessage] = {
    "PlaceOrderReserveStockReply.v1": _place_order_reserve_stock_reply,
    "PlaceOrderCommitStockReply.v1": _place_order_commit_stock_reply,
}
"""The messages that others hear, as this service makes them."""


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    monkeypatch.setenv("ENVIRONMENT", "test")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'pacts.db'}")
    get_settings.cache_clear()
    found = Provider(create_app(get_settings()), STATES, MESSAGES)
    found.start()
    yield found
    found.stop()
    get_settings.cache_clear()


@pytest.mark.parametrize("pact", sorted(PACTS.glob(f"*--{SERVICE_NAME}.json")), ids=lambda path: path.stem.partition("--")[0])
def test_a_consumer_gets_what_it_relies_on(pact: Path, provider: Provider) -> None:
    faults = provider.faults(pact)
    assert not faults, faults


@pytest.mark.parametrize(
    ("provider_name", "name"),
    [
        ("order", "PlaceOrderReserveStockCommand.v1"),
        ("order", "PlaceOrderReserveStockCompensation.v1"),
        ("order", "PlaceOrderCommitStockCommand.v1"),
    ],
)
async def test_a_message_is_taken_with_no_more_than_was_agreed(provider_name: str, name: str, app: FastAPI, database: Database) -> None:
    envelope = interaction(provider_name, name)["contents"]["content"]
    message = Message(UUID(envelope["id"]), envelope["type"], envelope["partitionkey"], json.dumps(envelope).encode())
    await app.state.handlers[message.type](message)
    async with database.sessions() as session:
        assert set(await session.scalars(select(InboxMessage.message_id))) == {message.id}
