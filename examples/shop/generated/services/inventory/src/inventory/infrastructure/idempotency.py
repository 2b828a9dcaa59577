"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a repeated request gets the first one's answer.

The key is a row in the same transaction as the work and the stored answer, so a crash leaves either all of them or
none. While the first request is in flight a second one gets 409; a key that comes with another body gets 422.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, cast

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import JSON, CursorResult, String, Text, bindparam, delete, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Mapped, mapped_column

from inventory.infrastructure.database import Base, Database, SessionDep, UtcDateTime, execute, utc_now
from inventory.infrastructure.security import principal_of
from inventory.middleware.exception_handlers import IdempotencyConflictError, IdempotencyKeyReusedError

KeyHeader = Annotated[
    str,
    Header(alias="Idempotency-Key", min_length=1, max_length=255, pattern=r"^[!-~]+$", description="Unique per intent; repeat it to retry"),
]


class IdempotencyRecord(Base):
    """A key, what it was used for, and the answer."""

    __tablename__ = "idempotency_keys"

    scope: Mapped[str] = mapped_column(String(300), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    status: Mapped[int | None]
    headers: Mapped[dict[str, str] | None] = mapped_column(JSON)
    body: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that can be stored and given again."""

    status: int
    body: str | None
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, model: BaseModel, *, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
        """An answer with a JSON body."""
        return cls(status, model.model_dump_json(), headers or {})

    def response(self, *, is_replay: bool = False) -> Response:
        """The answer as HTTP."""
        headers = self.headers | ({"Idempotency-Replayed": "true"} if is_replay else {})
        return Response(self.body, self.status, headers, media_type="application/json" if self.body is not None else None)


_CLAIM_POSTGRESQL = text("""
WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(hashtextextended(:scope || chr(31) || :key, 0)) AS mine),
     claim AS (INSERT INTO idempotency_keys (scope, key, fingerprint, created_at)
               SELECT :scope, :key, :fingerprint, :now FROM turn WHERE turn.mine ON CONFLICT DO NOTHING RETURNING 1)
SELECT turn.mine, EXISTS (SELECT 1 FROM claim) FROM turn
""").bindparams(bindparam("now", type_=UtcDateTime()))


_KEEP = text("""
UPDATE idempotency_keys SET status = :status, headers = :headers, body = :body WHERE scope = :scope AND key = :key
""").bindparams(bindparam("headers", type_=JSON))


class Idempotency:
    """Runs the work of one request at most once per key."""

    def __init__(self, request: Request, session: SessionDep) -> None:
        self._request = request
        self._session = session

    async def run(self, operation: str, key: str, work: Callable[[], Awaitable[Reply]]) -> Response:
        """Do ``work`` and keep its answer, or give the answer that was kept.

        Raises:
            IdempotencyConflictError: a request with this key is in flight.
            IdempotencyKeyReusedError: the key was used for another request.
        """
        scope = f"{principal_of(self._request)} {operation}"
        fingerprint = await self._fingerprint()
        if not await self._claim(scope, key, fingerprint):
            return await self._replay(scope, key, fingerprint)
        reply = await work()
        kept = {"status": reply.status, "headers": reply.headers, "body": reply.body, "scope": scope, "key": key}
        await self._session.run_sync(execute, _KEEP, kept)
        return reply.response()

    async def _fingerprint(self) -> str:
        digest = hashlib.sha256(f"{self._request.url.path}?{self._request.url.query}\0".encode())
        digest.update(self._request.headers.get("if-match", "").encode() + b"\0")
        digest.update(await self._request.body())
        return digest.hexdigest()

    async def _claim(self, scope: str, key: str, fingerprint: str) -> bool:
        database: Database = self._request.app.state.database
        values: dict[str, Any] = {"scope": scope, "key": key, "fingerprint": fingerprint}
        if database.is_postgresql:
            has_turn, is_new = (await self._session.run_sync(execute, _CLAIM_POSTGRESQL, values | {"now": utc_now()})).one()
            if not has_turn:
                raise IdempotencyConflictError(key)
            return bool(is_new)
        insert = sqlite.insert(IdempotencyRecord).values(**values, created_at=utc_now()).on_conflict_do_nothing()
        return (await self._session.execute(insert.returning(IdempotencyRecord.key))).first() is not None

    async def _replay(self, scope: str, key: str, fingerprint: str) -> Response:
        query = select(IdempotencyRecord).where(IdempotencyRecord.scope == scope, IdempotencyRecord.key == key)
        record = (await self._session.scalars(query)).one()
        if record.fingerprint != fingerprint:
            raise IdempotencyKeyReusedError(key)
        return Reply(record.status or 200, record.body, record.headers or {}).response(is_replay=True)


async def get_idempotency(request: Request, session: SessionDep) -> Idempotency:
    """The keys on the request's transaction."""
    return Idempotency(request, session)


IdempotencyDep = Annotated[Idempotency, Depends(get_idempotency, scope="function")]


async def purge(database: Database, before: datetime) -> int:
    """Forget keys first used before a moment; returns how many."""
    async with database.sessions.begin() as session:
        result = await session.execute(delete(IdempotencyRecord).where(IdempotencyRecord.created_at < before))
        return cast(CursorResult[object], result).rowcount
