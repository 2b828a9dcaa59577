"""Pacts: what others rely on of this service, and what it relies on of them (Richardson, Microservices Patterns, ch. 9).

Each file of contracts/pacts names a consumer and a provider. Where this service is the provider, Pact replays the file here,
and a failure names the consumer; where it is the consumer, its own code must send and take exactly what the file says.
"""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from notification.infrastructure.database import Database
from notification.infrastructure.event_bus import Message
from notification.infrastructure.inbox import InboxMessage
from tests.fixtures.pacts import interaction


@pytest.mark.parametrize(
    ("provider_name", "name"),
    [
        ("order", "OrderConfirmed.v1"),
        ("order", "OrderCancelled.v1"),
    ],
)
async def test_a_message_is_taken_with_no_more_than_was_agreed(provider_name: str, name: str, app: FastAPI, database: Database) -> None:
    envelope = interaction(provider_name, name)["contents"]["content"]
    message = Message(UUID(envelope["id"]), envelope["type"], envelope["partitionkey"], json.dumps(envelope).encode())
    await app.state.handlers[message.type](message)
    async with database.sessions() as session:
        assert set(await session.scalars(select(InboxMessage.message_id))) == {message.id}
