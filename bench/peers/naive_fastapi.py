"""What a tutorial would write: ORM, commit, refresh, then publish to the broker inline."""

import json
import os
import uuid
from contextlib import asynccontextmanager

import aio_pika
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import JSON, String
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "naive_orders"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    body: Mapped[dict] = mapped_column(JSON)


class Money(BaseModel):
    minor_units: int
    currency: str


class Line(BaseModel):
    sku: str
    quantity: int
    unit_price: Money


class Body(BaseModel):
    customer_id: uuid.UUID
    customer_email: str
    lines: list[Line]
    total: Money


engine = create_async_engine(os.environ["DATABASE"].replace("postgresql://", "postgresql+asyncpg://"), pool_size=10)
sessions = async_sessionmaker(engine)


@asynccontextmanager
async def lifespan(app):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    app.state.link = await aio_pika.connect(os.environ["BROKER"])
    app.state.channel = await app.state.link.channel()
    app.state.exchange = await app.state.channel.declare_exchange("naive", "topic", auto_delete=True)
    yield
    await app.state.link.close()


app = FastAPI(lifespan=lifespan)


async def session():
    async with sessions() as opened:
        yield opened


@app.post("/v1/orders", status_code=201)
async def place(body: Body, db: AsyncSession = Depends(session)):
    order = Order(id=str(uuid.uuid4()), body=body.model_dump(mode="json"))
    db.add(order)
    await db.commit()
    await db.refresh(order)
    await app.state.exchange.publish(aio_pika.Message(json.dumps(order.body).encode()), "order.placed")
    return {"id": order.id, "body": order.body}
