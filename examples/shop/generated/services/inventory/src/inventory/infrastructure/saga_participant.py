"""A participant's side of sagas (Richardson, Microservices Patterns, ch. 4): each step happens once, or is known not to have.

One row per run and step says what was done. It makes a repeated command harmless, tells a compensation what to undo,
and refuses a command that arrives after its own compensation. It shares the transaction of the work and of the reply.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from inventory.infrastructure.metrics import SAGA_STEPS
from inventory.infrastructure.outbox import enqueue
from inventory.infrastructure.saga_message import Outcome, SagaMessage, SagaReply
from inventory.infrastructure.saga_participation import REFUSALS, SagaParticipation, part_of, reason_of, require_refusal
from inventory.middleware.exception_handlers import NotFoundError

log = structlog.get_logger(__name__)


async def carry_out(
    session: AsyncSession, command: SagaMessage, act: Callable[[], Awaitable[UUID]], *, step: str, reply: type[SagaReply]
) -> None:
    """Do the step unless it has been done, refused or undone, and answer what became of it. ``act`` gives the entity's id."""
    part = await part_of(session, command.saga_id, step)
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
    part = await part_of(session, command.saga_id, step)
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


async def _answer(session: AsyncSession, reply: SagaReply, step: str) -> None:
    await enqueue(session, reply)
    SAGA_STEPS.labels(step=step, outcome=reply.outcome.value).inc()
    log.info("saga.step", saga_id=str(reply.saga_id), step=step, outcome=reply.outcome.value, reason=reply.reason)
