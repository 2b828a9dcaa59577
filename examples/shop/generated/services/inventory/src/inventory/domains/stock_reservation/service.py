"""What can be done with stock reservations: each function is one business action within the caller's transaction."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from inventory.domains.stock_reservation import rules
from inventory.domains.stock_reservation.events import EVENTS_OF_TRANSITION, StockReservationEvent, StockReserved
from inventory.domains.stock_reservation.models import TRANSITIONS, StockReservation
from inventory.domains.stock_reservation.repository import StockReservationRepository
from inventory.domains.stock_reservation.schemas import ReserveStockRequest
from inventory.infrastructure.database import SessionDep
from inventory.infrastructure.metrics import LIFECYCLE_TRANSITIONS
from inventory.infrastructure.outbox import enqueue
from inventory.middleware.exception_handlers import StateConflictError, VersionMismatchError


class StockReservationService:
    """The actions on stock reservations."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._repository = StockReservationRepository(session)

    async def reserve_stock(self, request: ReserveStockRequest) -> StockReservation:
        """Keep stock aside for an order."""
        stock_reservation = StockReservation(
            order_id=request.order_id,
            lines=request.lines,
        )
        return await self._create(stock_reservation, StockReserved)

    async def get_stock_reservation(self, stock_reservation_id: UUID) -> StockReservation:
        """Read what is kept for an order."""
        return await self._repository.get(stock_reservation_id)

    async def commit_stock(self, stock_reservation_id: UUID, *, version: int | None) -> StockReservation:
        """Take what was kept for an order out of the stock."""
        stock_reservation = await self._at_version(stock_reservation_id, version)
        self._require(stock_reservation, "commit")
        return await self.transition(stock_reservation, "commit")

    async def release_stock(self, stock_reservation_id: UUID, *, version: int | None) -> StockReservation:
        """Give back what was kept for an order."""
        stock_reservation = await self._at_version(stock_reservation_id, version)
        self._require(stock_reservation, "release")
        return await self.transition(stock_reservation, "release")

    async def transition(self, stock_reservation: StockReservation, name: str) -> StockReservation:
        """Move a stock reservation along its lifecycle and tell of it.

        Raises:
            StateConflictError: it is not in a state that the transition starts from.
        """
        self._require(stock_reservation, name)
        await rules.before_transition(stock_reservation, name, self._session)
        stock_reservation.status = TRANSITIONS[name][1]
        check_invariants(stock_reservation)
        await self._session.flush()
        LIFECYCLE_TRANSITIONS.labels(entity="stock reservation", transition=name).inc()
        await self._publish(stock_reservation, *EVENTS_OF_TRANSITION.get(name, ()))
        return stock_reservation

    async def _create(self, stock_reservation: StockReservation, *publishes: type[StockReservationEvent]) -> StockReservation:
        await rules.before_create(stock_reservation, self._session)
        check_invariants(stock_reservation)
        await self._repository.add(stock_reservation)
        await self._publish(stock_reservation, *publishes)
        return stock_reservation

    async def _update(self, stock_reservation: StockReservation, *publishes: type[StockReservationEvent]) -> StockReservation:
        await rules.before_update(stock_reservation, self._session)
        check_invariants(stock_reservation)
        await self._session.flush()
        await self._publish(stock_reservation, *publishes)
        return stock_reservation

    async def _at_version(self, identity: UUID, version: int | None) -> StockReservation:
        stock_reservation = await self._repository.get(identity, for_update=True)
        if version is not None and stock_reservation.version != version:
            raise VersionMismatchError("stock reservation", stock_reservation.version)
        return stock_reservation

    @staticmethod
    def _require(stock_reservation: StockReservation, name: str) -> None:
        sources, _ = TRANSITIONS[name]
        if stock_reservation.status not in sources:
            raise StateConflictError("stock reservation", stock_reservation.status, name, sources)

    async def _publish(self, stock_reservation: StockReservation, *events: type[StockReservationEvent]) -> None:
        for event in events:
            await enqueue(self._session, event.of(stock_reservation))


def check_invariants(stock_reservation: StockReservation) -> None:
    """Refuse a stock reservation that breaks a rule which always holds.

    Raises:
        InvariantError: naming the rule.
    """


async def get_service(session: SessionDep) -> StockReservationService:
    """The service on the request's transaction."""
    return StockReservationService(session)


StockReservationServiceDep = Annotated[StockReservationService, Depends(get_service, scope="function")]
