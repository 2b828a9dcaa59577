"""The same guarantees by hand: body checked, key claimed, order, event and answer in one transaction, a relay beside it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import uuid
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, Header, HTTPException
from naive_fastapi import Body

TABLES = """
CREATE TABLE IF NOT EXISTS hand_keys (key text primary key, print text, answer text);
CREATE TABLE IF NOT EXISTS hand_orders (id uuid primary key, body jsonb);
CREATE TABLE IF NOT EXISTS hand_outbox (position bigserial primary key, key text, envelope text, sent bool default false);
CREATE INDEX IF NOT EXISTS hand_pending ON hand_outbox (position) WHERE NOT sent
"""
RELAY = """
UPDATE hand_outbox SET sent = true WHERE position IN (
  SELECT position FROM hand_outbox WHERE NOT sent ORDER BY position LIMIT 100 FOR UPDATE SKIP LOCKED) RETURNING envelope
"""


@asynccontextmanager
async def lifespan(app):
    app.state.pool = await asyncpg.create_pool(os.environ["DATABASE"], min_size=10, max_size=10)
    await app.state.pool.execute(TABLES)
    task = asyncio.create_task(relay(app.state.pool))
    yield
    task.cancel()
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan)


async def relay(pool):
    while True:
        await pool.fetch(RELAY)
        await asyncio.sleep(0.05)


@app.post("/v1/orders", status_code=201)
async def place(body: Body, idempotency_key: str = Header()):
    text = body.model_dump_json()
    identity = uuid.uuid4()
    async with app.state.pool.acquire() as connection, connection.transaction():
        claim = "INSERT INTO hand_keys (key, print) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1"
        if await connection.fetchval(claim, idempotency_key, hashlib.sha256(text.encode()).hexdigest()) is None:
            raise HTTPException(409)
        await connection.execute("INSERT INTO hand_orders VALUES ($1, $2)", identity, text)
        answer = {"id": str(identity), **json.loads(text)}
        event = json.dumps({"id": str(uuid.uuid4()), "type": "OrderPlaced", "data": answer})
        await connection.execute("INSERT INTO hand_outbox (key, envelope) VALUES ($1, $2)", str(identity), event)
        await connection.execute("UPDATE hand_keys SET answer = $2 WHERE key = $1", idempotency_key, json.dumps(answer))
    return answer
