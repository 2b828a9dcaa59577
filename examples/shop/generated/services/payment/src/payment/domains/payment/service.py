"""What can be done with payments: each function is one business action within the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from payment.domains.payment import rules
from payment.domains.payment.events import EVENTS_OF_TRANSITION, PaymentEvent
from payment.domains.payment.models import TRANSITIONS, Payment
from payment.domains.payment.repository import PaymentRepository
from payment.domains.payment.schemas import CapturePaymentRequest, DeclinePaymentRequest, PaymentData
from payment.infrastructure.database import SessionDep
from payment.infrastructure.metrics import LIFECYCLE_TRANSITIONS
from payment.infrastructure.outbox import enqueue
from payment.middleware.exception_handlers import StateConflictError, VersionMismatchError


class PaymentService:
    """The actions on payments."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._repository = PaymentRepository(session)

    async def get_payment(self, payment_id: UUID) -> Payment:
        """Read a payment."""
        return await self._repository.get(payment_id)

    async def list_payments(
        self, *, limit: int, cursor: UUID | None, filters: Mapping[str, Any]
    ) -> tuple[list[Payment], UUID | None]:
        """List payments."""
        found = await self._repository.page(limit=limit + 1, after=cursor, filters=filters)
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    async def capture_payment(self, payment_id: UUID, request: CapturePaymentRequest, *, version: int | None) -> Payment:
        """Record that the provider took the money."""
        payment = await self._at_version(payment_id, version)
        self._require(payment, "capture")
        payment.provider_reference = request.provider_reference
        return await self.transition(payment, "capture")

    async def decline_payment(self, payment_id: UUID, request: DeclinePaymentRequest, *, version: int | None) -> Payment:
        """Record that the provider refused."""
        payment = await self._at_version(payment_id, version)
        self._require(payment, "decline")
        payment.decline_reason = request.decline_reason
        return await self.transition(payment, "decline")

    async def refund_payment(self, payment_id: UUID, *, version: int | None) -> Payment:
        """Give the money back."""
        payment = await self._at_version(payment_id, version)
        self._require(payment, "refund")
        return await self.transition(payment, "refund")

    async def transition(self, payment: Payment, name: str) -> Payment:
        """Move a payment along its lifecycle and tell of it.

        Raises:
            StateConflictError: it is not in a state that the transition starts from.
        """
        self._require(payment, name)
        await rules.before_transition(payment, name, self._session)
        payment.status = TRANSITIONS[name][1]
        check_invariants(payment)
        await self._session.flush()
        LIFECYCLE_TRANSITIONS.labels(entity="payment", transition=name).inc()
        self._publish(payment, *EVENTS_OF_TRANSITION.get(name, ()))
        return payment

    async def on_order_placed(self, data: PaymentData) -> None:
        """Order placed: create the payment that it concerns."""
        payment = Payment(
            order_id=data.order_id,
            amount=data.amount,
            provider_reference=data.provider_reference,
            decline_reason=data.decline_reason,
        )
        await self._create(payment)

    async def _create(self, payment: Payment, *publishes: type[PaymentEvent]) -> Payment:
        await rules.before_create(payment, self._session)
        check_invariants(payment)
        await self._repository.add(payment)
        self._publish(payment, *publishes)
        return payment

    async def _update(self, payment: Payment, *publishes: type[PaymentEvent]) -> Payment:
        await rules.before_update(payment, self._session)
        check_invariants(payment)
        await self._session.flush()
        self._publish(payment, *publishes)
        return payment

    async def _at_version(self, identity: UUID, version: int | None) -> Payment:
        payment = await self._repository.get(identity, for_update=True)
        if version is not None and payment.version != version:
            raise VersionMismatchError("payment", payment.version)
        return payment

    @staticmethod
    def _require(payment: Payment, name: str) -> None:
        sources, _ = TRANSITIONS[name]
        if payment.status not in sources:
            raise StateConflictError("payment", payment.status, name, sources)

    def _publish(self, payment: Payment, *events: type[PaymentEvent]) -> None:
        for event in events:
            enqueue(self._session, event.of(payment))


def check_invariants(payment: Payment) -> None:
    """Refuse a payment that breaks a rule which always holds.

    Raises:
        InvariantError: naming the rule.
    """


def get_service(session: SessionDep) -> PaymentService:
    """The service on the request's transaction."""
    return PaymentService(session)


PaymentServiceDep = Annotated[PaymentService, Depends(get_service, scope="function")]
