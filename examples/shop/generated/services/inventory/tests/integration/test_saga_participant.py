"""A saga's participant: each step happens once, or is known not to have."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import ClassVar
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from inventory.infrastructure.database import Database, utc_now
from inventory.infrastructure.identifiers import uuid7
from inventory.infrastructure.inbox import InboxMessage
from inventory.infrastructure.outbox import OutboxMessage
from inventory.infrastructure.saga_message import SagaMessage, SagaReply
from inventory.infrastructure.saga_participant import carry_out, made_by, undo
from inventory.middleware.exception_handlers import InvariantError, NotFoundError
from inventory.middleware.problems import ProblemError

STEP = "Trial.step"


class Command(SagaMessage):
    event_name: ClassVar[str] = "Command"
    event_version: ClassVar[int] = 1


class Answered(SagaReply):
    event_name: ClassVar[str] = "Answered"
    event_version: ClassVar[int] = 1


class OutageError(ProblemError):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    kind = "outage"


class Work:
    """What a step does: a row that shows whether it was kept."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.command = Command(saga_id=uuid7())
        self.made: list[UUID] = []
        self.undone: list[UUID] = []
        self.refusal: ProblemError | None = None

    async def carry_out(self) -> None:
        async with self.database.sessions.begin() as session:
            await carry_out(session, self.command, lambda: self._act(session), step=STEP, reply=Answered)

    async def undo(self) -> None:
        async with self.database.sessions.begin() as session:
            await undo(session, self.command, self._undo, step=STEP, reply=Answered)

    async def answers(self) -> list[tuple[str, str | None]]:
        async with self.database.sessions() as session:
            rows = (await session.scalars(select(OutboxMessage.envelope).order_by(OutboxMessage.position))).all()
        return [(envelope["data"]["outcome"], envelope["data"].get("reason")) for envelope in map(json.loads, rows)]

    async def kept(self) -> int:
        async with self.database.sessions() as session:
            return len((await session.scalars(select(InboxMessage).where(InboxMessage.consumer == STEP))).all())

    async def _act(self, session: AsyncSession) -> UUID:
        identity = uuid7()
        session.add(InboxMessage(consumer=STEP, message_id=identity, received_at=utc_now()))
        await session.flush()
        if self.refusal is not None:
            raise self.refusal
        self.made.append(identity)
        return identity

    async def _undo(self, identity: UUID) -> None:
        self.undone.append(identity)


@pytest.fixture
def work(database: Database) -> Work:
    return Work(database)


async def test_a_command_that_comes_twice_acts_once_and_is_answered_twice(work: Work) -> None:
    await work.carry_out()
    await work.carry_out()
    assert len(work.made) == await work.kept() == 1
    assert await work.answers() == [("done", None), ("done", None)]
    async with work.database.sessions() as session:
        assert await made_by(session, work.command.saga_id, STEP) == work.made[0]


async def test_a_refused_command_leaves_nothing_but_its_reason(work: Work) -> None:
    work.refusal = InvariantError("there is not enough")
    await work.carry_out()
    assert await work.kept() == 0
    assert await work.answers() == [("refused", "there is not enough")]
    async with work.database.sessions() as session:
        with pytest.raises(NotFoundError):
            await made_by(session, work.command.saga_id, STEP)


async def test_an_outage_is_no_refusal_and_the_command_comes_again(work: Work) -> None:
    work.refusal = OutageError("nobody answers")
    with pytest.raises(OutageError):
        await work.carry_out()
    work.refusal = None
    await work.carry_out()
    assert await work.kept() == 1
    assert await work.answers() == [("done", None)]


async def test_what_was_done_is_undone_once(work: Work) -> None:
    await work.carry_out()
    await work.undo()
    await work.undo()
    assert work.undone == work.made
    assert [outcome for outcome, _ in await work.answers()] == ["done", "undone", "undone"]


async def test_a_command_that_comes_after_its_compensation_is_refused(work: Work) -> None:
    await work.undo()
    await work.carry_out()
    assert (work.made, work.undone) == ([], [])
    assert [outcome for outcome, _ in await work.answers()] == ["undone", "refused"]
