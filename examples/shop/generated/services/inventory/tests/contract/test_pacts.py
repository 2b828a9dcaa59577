"""Pacts: what others rely on of this service, and what it relies on of them (Richardson, Microservices Patterns, ch. 9).

Each file of contracts/pacts names a consumer and a provider. Where this service is the provider, Pact replays the file here,
and a failure names the consumer; where it is the consumer, its own code must send and take exactly what the file says.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from inventory.domains.incoming import OrderCancelled, OrderConfirmed
from inventory.infrastructure.database import Database
from inventory.infrastructure.event_bus import Message
from inventory.infrastructure.inbox import InboxMessage
from tests.fixtures import factories
from tests.fixtures.pacts import change, interaction


async def _before_order_confirmed(session: AsyncSession, data: dict[str, Any]) -> None:
    event = OrderConfirmed.model_validate(data)
    await change(session, await factories.stock_reservation(session), order_id=event.order_id, status="held")


async def _before_order_cancelled(session: AsyncSession, data: dict[str, Any]) -> None:
    event = OrderCancelled.model_validate(data)
    await change(session, await factories.stock_reservation(session), order_id=event.order_id, status="held")


BEFORE: dict[str, Callable[[AsyncSession, dict[str, Any]], Awaitable[None]]] = {
    "OrderConfirmed.v1": _before_order_confirmed,
    "OrderCancelled.v1": _before_order_cancelled,
}
"""What must be there before a message changes it."""


@pytest.mark.parametrize(
    ("provider_name", "name"),
    [
        ("order", "OrderPlaced.v1"),
        ("order", "OrderConfirmed.v1"),
        ("order", "OrderCancelled.v1"),
    ],
)
async def test_a_message_is_taken_with_no_more_than_was_agreed(provider_name: str, name: str, app: FastAPI, database: Database) -> None:
    envelope = interaction(provider_name, name)["contents"]["content"]
    if name in BEFORE:
        async with database.sessions.begin() as session:
            await BEFORE[name](session, envelope["data"])
    message = Message(UUID(envelope["id"]), envelope["type"], envelope["partitionkey"], json.dumps(envelope).encode())
    await app.state.handlers[message.type](message)
    async with database.sessions() as session:
        assert (await session.scalars(select(InboxMessage.message_id))).all() == [message.id]
