"""What this service did in sagas: a row per run and step, in the transaction of the work."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Literal, cast
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import CursorResult, String, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from inventory.infrastructure.database import Base, Database, UtcDateTime, utc_now
from inventory.infrastructure.saga_message import REASON_LENGTH
from inventory.middleware.problems import ProblemError

RETENTION = timedelta(days=90)
"""How long a step is remembered: longer than any run may wait for an operator."""

REFUSALS = (ProblemError, ValidationError, IntegrityError)
"""What the business may say no with; anything else is a failure, and what asked for the step comes again."""


class SagaParticipation(Base):
    """What this service did for one step of one run."""

    __tablename__ = "saga_participations"

    saga_id: Mapped[UUID] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(String(120), primary_key=True)
    state: Mapped[Literal["new", "done", "refused", "undone"]] = mapped_column(String(20))
    entity_id: Mapped[UUID | None]
    reason: Mapped[str | None] = mapped_column(String(REASON_LENGTH))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)


def require_refusal(error: Exception) -> None:
    """Raise again what is no refusal of the business, such as a dependency that does not answer: what asked comes again."""
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


async def part_of(session: AsyncSession, saga_id: UUID, step: str) -> SagaParticipation:
    """The row of a step, locked; a new one where there was none."""
    insert = postgresql.insert if session.bind is not None and session.bind.dialect.name == "postgresql" else sqlite.insert
    row = {"saga_id": saga_id, "step": step, "state": "new", "created_at": utc_now()}
    await session.execute(insert(SagaParticipation).values(row).on_conflict_do_nothing())
    query = select(SagaParticipation).where(SagaParticipation.saga_id == saga_id, SagaParticipation.step == step)
    return (await session.scalars(query.with_for_update())).one()
