"""A participant's side of sagas (Richardson, Microservices Patterns, ch. 4): each step happens once, or is known not to have.

One row per run and step says what was done. It makes a repeated command harmless, tells a compensation what to undo,
and refuses a command that arrives after its own compensation. It shares the transaction of the work and of the reply.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Literal, cast
from uuid import UUID

import structlog
from pydantic import ValidationError
from sqlalchemy import CursorResult, String, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from inventory.infrastructure.database import Base, Database, UtcDateTime, utc_now
from inventory.infrastructure.metrics import SAGA_STEPS
from inventory.infrastructure.outbox import enqueue
from inventory.infrastructure.saga_message import REASON_LENGTH, Outcome, SagaMessage, SagaReply
from inventory.middleware.exception_handlers import NotFoundError, ProblemError

log = structlog.get_logger(__name__)

RETENTION = timedelta(days=90)
"""How long a step is remembered: longer than any run may wait for an operator."""

REFUSALS = (ProblemError, ValidationError, IntegrityError)
"""What the business may say no with; anything else is a failure, and the command comes again."""


class SagaParticipation(Base):
    """What this service did for one step of one run."""

    __tablename__ = "saga_participations"

    saga_id: Mapped[UUID] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(String(120), primary_key=True)
    state: Mapped[Literal["new", "done", "refused", "undone"]] = mapped_column(String(20))
    entity_id: Mapped[UUID | None]
    reason: Mapped[str | None] = mapped_column(String(REASON_LENGTH))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)


async def carry_out(
    session: AsyncSession, command: SagaMessage, act: Callable[[], Awaitable[UUID]], *, step: str, reply: type[SagaReply]
) -> None:
    """Do the step unless it has been done, refused or undone, and answer what became of it. ``act`` gives the entity's id."""
    part = await _part(session, command.saga_id, step)
    if part.state == "new":
        try:
            async with session.begin_nested():
                part.entity_id = await act()
            part.state = "done"
        except REFUSALS as error:
            require_refusal(error)
            part.state, part.reason = "refused", reason_of(error)
    outcome = Outcome.DONE if part.state == "done" else Outcome.REFUSED
    await _answer(session, reply(saga_id=command.saga_id, outcome=outcome, reason=part.reason), step)


async def undo(
    session: AsyncSession, command: SagaMessage, act: Callable[[UUID], Awaitable[None]], *, step: str, reply: type[SagaReply]
) -> None:
    """Undo what the step did, if it did anything; from then on its command is refused."""
    part = await _part(session, command.saga_id, step)
    outcome, reason = Outcome.UNDONE, None
    if part.state == "done" and part.entity_id is not None:
        try:
            async with session.begin_nested():
                await act(part.entity_id)
        except NotFoundError:
            log.info("saga.nothing_to_undo", saga_id=str(command.saga_id), step=step)
        except REFUSALS as error:
            require_refusal(error)
            outcome, reason = Outcome.NOT_UNDONE, reason_of(error)
    if outcome is Outcome.UNDONE:
        part.state, part.reason = "undone", "undone by its compensation"
    await _answer(session, reply(saga_id=command.saga_id, outcome=outcome, reason=reason), step)


async def made_by(session: AsyncSession, saga_id: UUID, step: str) -> UUID:
    """The id of what an earlier step of the same run was about.

    Raises:
        NotFoundError: that step is not done.
    """
    part = await session.get(SagaParticipation, (saga_id, step))
    if part is None or part.state != "done" or part.entity_id is None:
        raise NotFoundError("result of the saga step", step)
    return part.entity_id


def values_of(command: SagaMessage, *names: str) -> dict[str, Any]:
    """The command's values that were given, as a request would carry them."""
    return {name: value for name, value in command.model_dump(mode="json").items() if name in names and value is not None}


def require_refusal(error: Exception) -> None:
    """Raise again what is no refusal of the business, such as a dependency that does not answer: the command comes again."""
    if isinstance(error, ProblemError) and error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise error


def reason_of(error: Exception) -> str:
    """Why the business refused, without any value that was refused."""
    if isinstance(error, ProblemError):
        return error.detail[:REASON_LENGTH]
    if isinstance(error, ValidationError):
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_input=False)[:5])
        return "; ".join(faults)[:REASON_LENGTH]
    return "it conflicts with what is stored"


async def purge(database: Database, before: datetime) -> int:
    """Forget steps first seen before a moment; returns how many."""
    async with database.sessions.begin() as session:
        result = await session.execute(delete(SagaParticipation).where(SagaParticipation.created_at < before))
        return cast(CursorResult[object], result).rowcount


async def _part(session: AsyncSession, saga_id: UUID, step: str) -> SagaParticipation:
    """The row of a step, locked; a new one where there was none."""
    insert = postgresql.insert if session.bind is not None and session.bind.dialect.name == "postgresql" else sqlite.insert
    row = {"saga_id": saga_id, "step": step, "state": "new", "created_at": utc_now()}
    await session.execute(insert(SagaParticipation).values(row).on_conflict_do_nothing())
    query = select(SagaParticipation).where(SagaParticipation.saga_id == saga_id, SagaParticipation.step == step)
    return (await session.scalars(query.with_for_update())).one()


async def _answer(session: AsyncSession, reply: SagaReply, step: str) -> None:
    await enqueue(session, reply)
    SAGA_STEPS.labels(step=step, outcome=reply.outcome.value).inc()
    log.info("saga.step", saga_id=str(reply.saga_id), step=step, outcome=reply.outcome.value, reason=reply.reason)
