"""The bare framework: one insert by hand, nothing checked, nothing promised."""

from __future__ import annotations

import os
import uuid
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, Request


@asynccontextmanager
async def lifespan(app):
    app.state.pool = await asyncpg.create_pool(os.environ["DATABASE"], min_size=10, max_size=10)
    await app.state.pool.execute("CREATE TABLE IF NOT EXISTS bare_orders (id uuid primary key, body jsonb)")
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan)


@app.post("/v1/orders", status_code=201)
async def place(request: Request):
    identity = uuid.uuid4()
    await app.state.pool.execute("INSERT INTO bare_orders VALUES ($1, $2)", identity, (await request.body()).decode())
    return {"id": str(identity)}
