"""What this service does when a message of a saga arrives."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inventory.domains.saga_messages import (
    PlaceOrderCommitStockCommand,
    PlaceOrderCommitStockReply,
    PlaceOrderReserveStockCommand,
    PlaceOrderReserveStockCompensation,
    PlaceOrderReserveStockReply,
)
from inventory.domains.stock_reservation.repository import StockReservationRepository
from inventory.domains.stock_reservation.schemas import ReserveStockRequest
from inventory.domains.stock_reservation.service import StockReservationService
from inventory.infrastructure.database import Database
from inventory.infrastructure.event_bus import Handler
from inventory.infrastructure.inbox import consumer
from inventory.infrastructure.saga_participant import carry_out, made_by, undo, values_of


def command_handlers(database: Database) -> dict[str, Handler]:
    """Commands to what carries them out."""
    return {
        PlaceOrderReserveStockCommand.event_type(): consumer(
            database, PlaceOrderReserveStockCommand, on_place_order_saga_reserve_stock, name="PlaceOrderSaga.reserve_stock"
        ),
        PlaceOrderReserveStockCompensation.event_type(): consumer(
            database, PlaceOrderReserveStockCompensation, on_place_order_saga_reserve_stock_compensation, name="PlaceOrderSaga.reserve_stock"
        ),
        PlaceOrderCommitStockCommand.event_type(): consumer(
            database, PlaceOrderCommitStockCommand, on_place_order_saga_commit_stock, name="PlaceOrderSaga.commit_stock"
        ),
    }


async def on_place_order_saga_reserve_stock(session: AsyncSession, command: PlaceOrderReserveStockCommand) -> None:
    """Carry the step out on the stock reservation, and answer."""

    async def act() -> UUID:
        request = ReserveStockRequest.model_validate(values_of(command, "order_id", "lines"))
        return (await StockReservationService(session).reserve_stock(request)).id

    await carry_out(session, command, act, step="PlaceOrderSaga.reserve_stock", reply=PlaceOrderReserveStockReply)


async def on_place_order_saga_reserve_stock_compensation(session: AsyncSession, command: PlaceOrderReserveStockCompensation) -> None:
    """Take the step back, and answer."""

    async def act(identity: UUID) -> None:
        if (await StockReservationRepository(session).get(identity)).status != "released":
            await StockReservationService(session).release_stock(identity, version=None)

    await undo(session, command, act, step="PlaceOrderSaga.reserve_stock", reply=PlaceOrderReserveStockReply)


async def on_place_order_saga_commit_stock(session: AsyncSession, command: PlaceOrderCommitStockCommand) -> None:
    """Carry the step out on the stock reservation, and answer."""

    async def act() -> UUID:
        identity = await made_by(session, command.saga_id, "PlaceOrderSaga.reserve_stock")
        await StockReservationService(session).commit_stock(identity, version=None)
        return identity

    await carry_out(session, command, act, step="PlaceOrderSaga.commit_stock", reply=PlaceOrderCommitStockReply)
