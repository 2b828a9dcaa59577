"""What can be done with orders: each function is one business action within the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from order.domains.incoming import PaymentCaptured, PaymentDeclined
from order.domains.purchase_order import rules
from order.domains.purchase_order.events import EVENTS_OF_TRANSITION, OrderPlaced, PurchaseOrderEvent
from order.domains.purchase_order.models import TRANSITIONS, PurchaseOrder
from order.domains.purchase_order.repository import PurchaseOrderRepository
from order.domains.purchase_order.schemas import PlaceOrderRequest, UpdateOrderNoteRequest
from order.infrastructure.database import SessionDep
from order.infrastructure.metrics import LIFECYCLE_TRANSITIONS
from order.infrastructure.outbox import enqueue
from order.middleware.exception_handlers import StateConflictError, VersionMismatchError


class PurchaseOrderService:
    """The actions on orders."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._repository = PurchaseOrderRepository(session)

    async def place_order(self, request: PlaceOrderRequest) -> PurchaseOrder:
        """Place an order."""
        purchase_order = PurchaseOrder(
            customer_id=request.customer_id,
            customer_email=request.customer_email,
            lines=request.lines,
            total=request.total,
            note=request.note,
        )
        return await self._create(purchase_order, OrderPlaced)

    async def get_order(self, purchase_order_id: UUID) -> PurchaseOrder:
        """Read an order."""
        return await self._repository.get(purchase_order_id)

    async def list_orders(
        self, *, limit: int, cursor: UUID | None, filters: Mapping[str, Any]
    ) -> tuple[list[PurchaseOrder], UUID | None]:
        """List orders."""
        found = await self._repository.page(limit=limit + 1, after=cursor, filters=filters)
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    async def update_order_note(self, purchase_order_id: UUID, request: UpdateOrderNoteRequest, *, version: int | None) -> PurchaseOrder:
        """Change the note on an order."""
        purchase_order = await self._at_version(purchase_order_id, version)
        purchase_order.note = request.note
        return await self._update(purchase_order)

    async def cancel_order(self, purchase_order_id: UUID, *, version: int | None) -> PurchaseOrder:
        """Cancel an order that is not confirmed yet."""
        purchase_order = await self._at_version(purchase_order_id, version)
        self._require(purchase_order, "cancel")
        return await self.transition(purchase_order, "cancel")

    async def transition(self, purchase_order: PurchaseOrder, name: str) -> PurchaseOrder:
        """Move a purchase order along its lifecycle and tell of it.

        Raises:
            StateConflictError: it is not in a state that the transition starts from.
        """
        self._require(purchase_order, name)
        await rules.before_transition(purchase_order, name, self._session)
        purchase_order.status = TRANSITIONS[name][1]
        check_invariants(purchase_order)
        await self._session.flush()
        LIFECYCLE_TRANSITIONS.labels(entity="purchase order", transition=name).inc()
        self._publish(purchase_order, *EVENTS_OF_TRANSITION.get(name, ()))
        return purchase_order

    async def on_payment_captured(self, event: PaymentCaptured) -> None:
        """Payment captured: transition the purchase order that it concerns."""
        purchase_order = await self._repository.get(event.order_id, for_update=True)
        if purchase_order.status == TRANSITIONS["confirm"][1]:
            return  # it is there already: the fact is known
        await self.transition(purchase_order, "confirm")

    async def on_payment_declined(self, event: PaymentDeclined) -> None:
        """Payment declined: transition the purchase order that it concerns."""
        purchase_order = await self._repository.get(event.order_id, for_update=True)
        if purchase_order.status == TRANSITIONS["cancel"][1]:
            return  # it is there already: the fact is known
        await self.transition(purchase_order, "cancel")

    async def _create(self, purchase_order: PurchaseOrder, *publishes: type[PurchaseOrderEvent]) -> PurchaseOrder:
        await rules.before_create(purchase_order, self._session)
        check_invariants(purchase_order)
        await self._repository.add(purchase_order)
        self._publish(purchase_order, *publishes)
        return purchase_order

    async def _update(self, purchase_order: PurchaseOrder, *publishes: type[PurchaseOrderEvent]) -> PurchaseOrder:
        await rules.before_update(purchase_order, self._session)
        check_invariants(purchase_order)
        await self._session.flush()
        self._publish(purchase_order, *publishes)
        return purchase_order

    async def _at_version(self, identity: UUID, version: int | None) -> PurchaseOrder:
        purchase_order = await self._repository.get(identity, for_update=True)
        if version is not None and purchase_order.version != version:
            raise VersionMismatchError("purchase order", purchase_order.version)
        return purchase_order

    @staticmethod
    def _require(purchase_order: PurchaseOrder, name: str) -> None:
        sources, _ = TRANSITIONS[name]
        if purchase_order.status not in sources:
            raise StateConflictError("purchase order", purchase_order.status, name, sources)

    def _publish(self, purchase_order: PurchaseOrder, *events: type[PurchaseOrderEvent]) -> None:
        for event in events:
            enqueue(self._session, event.of(purchase_order))


def check_invariants(purchase_order: PurchaseOrder) -> None:
    """Refuse a purchase order that breaks a rule which always holds.

    Raises:
        InvariantError: naming the rule.
    """


def get_service(session: SessionDep) -> PurchaseOrderService:
    """The service on the request's transaction."""
    return PurchaseOrderService(session)


PurchaseOrderServiceDep = Annotated[PurchaseOrderService, Depends(get_service, scope="function")]
