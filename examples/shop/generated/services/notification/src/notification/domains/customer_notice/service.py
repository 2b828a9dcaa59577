"""What can be done with customer notices: each function is one business action within the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from notification.domains.customer_notice import rules
from notification.domains.customer_notice.events import EVENTS_OF_TRANSITION, CustomerNoticeEvent
from notification.domains.customer_notice.models import TRANSITIONS, CustomerNotice
from notification.domains.customer_notice.repository import CustomerNoticeRepository
from notification.domains.customer_notice.schemas import CustomerNoticeData, MarkNoticeFailedRequest
from notification.infrastructure.database import SessionDep
from notification.infrastructure.metrics import LIFECYCLE_TRANSITIONS
from notification.infrastructure.outbox import enqueue
from notification.middleware.exception_handlers import StateConflictError, VersionMismatchError


class CustomerNoticeService:
    """The actions on customer notices."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._repository = CustomerNoticeRepository(session)

    async def get_notice(self, customer_notice_id: UUID) -> CustomerNotice:
        """Read a message."""
        return await self._repository.get(customer_notice_id)

    async def list_notices(
        self, *, limit: int, cursor: UUID | None, filters: Mapping[str, Any]
    ) -> tuple[list[CustomerNotice], UUID | None]:
        """List messages."""
        found = await self._repository.page(limit=limit + 1, after=cursor, filters=filters)
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    async def mark_notice_sent(self, customer_notice_id: UUID, *, version: int | None) -> CustomerNotice:
        """Record that the mail server took the message."""
        customer_notice = await self._at_version(customer_notice_id, version)
        self._require(customer_notice, "send")
        return await self.transition(customer_notice, "send")

    async def mark_notice_failed(self, customer_notice_id: UUID, request: MarkNoticeFailedRequest, *, version: int | None) -> CustomerNotice:
        """Record that the mail server refused."""
        customer_notice = await self._at_version(customer_notice_id, version)
        self._require(customer_notice, "fail")
        customer_notice.failure = request.failure
        return await self.transition(customer_notice, "fail")

    async def transition(self, customer_notice: CustomerNotice, name: str) -> CustomerNotice:
        """Move a customer notice along its lifecycle and tell of it.

        Raises:
            StateConflictError: it is not in a state that the transition starts from.
        """
        self._require(customer_notice, name)
        await rules.before_transition(customer_notice, name, self._session)
        customer_notice.status = TRANSITIONS[name][1]
        check_invariants(customer_notice)
        await self._session.flush()
        LIFECYCLE_TRANSITIONS.labels(entity="customer notice", transition=name).inc()
        await self._publish(customer_notice, *EVENTS_OF_TRANSITION.get(name, ()))
        return customer_notice

    async def on_order_confirmed(self, data: CustomerNoticeData) -> None:
        """Order confirmed: create the customer notice that it concerns."""
        customer_notice = CustomerNotice(
            order_id=data.order_id,
            customer_email=data.customer_email,
            failure=data.failure,
        )
        await self._create(customer_notice)

    async def on_order_cancelled(self, data: CustomerNoticeData) -> None:
        """Order cancelled: create the customer notice that it concerns."""
        customer_notice = CustomerNotice(
            order_id=data.order_id,
            customer_email=data.customer_email,
            failure=data.failure,
        )
        await self._create(customer_notice)

    async def _create(self, customer_notice: CustomerNotice, *publishes: type[CustomerNoticeEvent]) -> CustomerNotice:
        await rules.before_create(customer_notice, self._session)
        check_invariants(customer_notice)
        await self._repository.add(customer_notice)
        await self._publish(customer_notice, *publishes)
        return customer_notice

    async def _update(self, customer_notice: CustomerNotice, *publishes: type[CustomerNoticeEvent]) -> CustomerNotice:
        await rules.before_update(customer_notice, self._session)
        check_invariants(customer_notice)
        await self._session.flush()
        await self._publish(customer_notice, *publishes)
        return customer_notice

    async def _at_version(self, identity: UUID, version: int | None) -> CustomerNotice:
        customer_notice = await self._repository.get(identity, for_update=True)
        if version is not None and customer_notice.version != version:
            raise VersionMismatchError("customer notice", customer_notice.version)
        return customer_notice

    @staticmethod
    def _require(customer_notice: CustomerNotice, name: str) -> None:
        sources, _ = TRANSITIONS[name]
        if customer_notice.status not in sources:
            raise StateConflictError("customer notice", customer_notice.status, name, sources)

    async def _publish(self, customer_notice: CustomerNotice, *events: type[CustomerNoticeEvent]) -> None:
        for event in events:
            await enqueue(self._session, event.of(customer_notice), version=customer_notice.version)


def check_invariants(customer_notice: CustomerNotice) -> None:
    """Refuse a customer notice that breaks a rule which always holds.

    Raises:
        InvariantError: naming the rule.
    """


async def get_service(session: SessionDep) -> CustomerNoticeService:
    """The service on the request's transaction."""
    return CustomerNoticeService(session)


CustomerNoticeServiceDep = Annotated[CustomerNoticeService, Depends(get_service, scope="function")]
