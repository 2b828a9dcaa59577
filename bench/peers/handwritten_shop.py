"""The shop's place-order path by hand, with nothing that keeps it safe: each of four processes inserts, then publishes.

``python -m uvicorn handwritten_shop:app`` with ROLE order, inventory, payment or notification.
"""

from __future__ import annotations

import json
import os
import uuid
from contextlib import asynccontextmanager

import aio_pika
import asyncpg
from fastapi import FastAPI
from naive_fastapi import Body

ROLE, PREFIX = os.environ["ROLE"], os.environ["PREFIX"]
TABLES = """
CREATE TABLE IF NOT EXISTS orders (id uuid primary key, body jsonb, status text, created_at timestamptz default clock_timestamp(),
  updated_at timestamptz);
CREATE TABLE IF NOT EXISTS stock_reservations (order_id uuid primary key, lines jsonb, status text);
CREATE TABLE IF NOT EXISTS payments (order_id uuid primary key, amount jsonb, status text);
CREATE TABLE IF NOT EXISTS customer_notices (id uuid primary key, order_id uuid, status text)
"""


@asynccontextmanager
async def lifespan(app):
    app.state.pool = await asyncpg.create_pool(os.environ["DATABASE"], min_size=10, max_size=10)
    await app.state.pool.execute(TABLES)
    app.state.broker = await aio_pika.connect(os.environ["BROKER"])
    app.state.channel = await app.state.broker.channel(publisher_confirms=False)
    await app.state.channel.set_qos(prefetch_count=20)
    for role in HANDLERS:
        queue = await app.state.channel.declare_queue(f"{PREFIX}.{role}", durable=True)
        if role == ROLE:
            await queue.consume(receive)
    yield
    await app.state.broker.close()
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan)


async def send(role, kind, **data):
    body = json.dumps({"kind": kind, **data}).encode()
    message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
    await app.state.channel.default_exchange.publish(message, routing_key=f"{PREFIX}.{role}")


async def receive(message):
    said = json.loads(message.body)
    await HANDLERS[ROLE](said["kind"], said)
    await message.ack()


@app.post("/v1/orders", status_code=201)
async def place(body: Body):
    identity = uuid.uuid4()
    await app.state.pool.execute("INSERT INTO orders (id, body, status) VALUES ($1, $2, 'pending')", identity, body.model_dump_json())
    await send("inventory", "reserve", id=str(identity), lines=body.model_dump(mode="json")["lines"], total=body.model_dump()["total"])
    return {"id": str(identity), "status": "pending", **body.model_dump(mode="json")}


@app.get("/health/ready")
async def ready():
    return {}


async def on_order(kind, said):
    follows = {"reserved": ("payment", "authorize"), "authorized": ("payment", "capture"), "captured": ("inventory", "commit")}
    if kind in follows:
        role, command = follows[kind]
        await send(role, command, id=said["id"], total=said.get("total"))
        return
    confirm = "UPDATE orders SET status = 'confirmed', updated_at = clock_timestamp() WHERE id = $1"
    await app.state.pool.execute(confirm, uuid.UUID(said["id"]))
    await send("notification", "confirmed", id=said["id"])


async def on_inventory(kind, said):
    if kind == "reserve":
        insert = "INSERT INTO stock_reservations VALUES ($1, $2, 'held')"
        await app.state.pool.execute(insert, uuid.UUID(said["id"]), json.dumps(said["lines"]))
        await send("order", "reserved", id=said["id"], total=said["total"])
        return
    await app.state.pool.execute("UPDATE stock_reservations SET status = 'committed' WHERE order_id = $1", uuid.UUID(said["id"]))
    await send("order", "committed", id=said["id"])


async def on_payment(kind, said):
    if kind == "authorize":
        insert = "INSERT INTO payments VALUES ($1, $2, 'authorized')"
        await app.state.pool.execute(insert, uuid.UUID(said["id"]), json.dumps(said["total"]))
        await send("order", "authorized", id=said["id"])
        return
    await app.state.pool.execute("UPDATE payments SET status = 'captured' WHERE order_id = $1", uuid.UUID(said["id"]))
    await send("order", "captured", id=said["id"])


async def on_notification(_, said):
    await app.state.pool.execute("INSERT INTO customer_notices VALUES ($1, $2, 'queued')", uuid.uuid4(), uuid.UUID(said["id"]))


HANDLERS = {"order": on_order, "inventory": on_inventory, "payment": on_payment, "notification": on_notification}
