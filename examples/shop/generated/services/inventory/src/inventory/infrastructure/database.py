"""The database: engine, sessions, and the column types that behave alike on PostgreSQL and SQLite."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from pydantic import TypeAdapter
from sqlalchemy import JSON, CursorResult, DateTime, Dialect, Executable, MetaData, Numeric, String, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, declared_attr, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator, TypeEngine

from inventory.config import SERVICE_NAME, Settings
from inventory.infrastructure.identifiers import uuid7
from inventory.transport import database_tls

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
PING_AFTER_S = 10.0
"""A connection that has been idle for longer is asked whether it lives: a link can die without a word."""


def utc_now() -> datetime:
    """The current time, with its zone."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets the zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal that is never a float: NUMERIC, and text on SQLite, which has no exact numbers."""

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        super().__init__(precision, scale)
        self.precision = precision
        self.scale = scale
        self._column: TypeEngine[Any] = Numeric(precision, scale)
        self._text: TypeEngine[Any] = String(precision + 2)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(self._text if dialect.name == "sqlite" else self._column)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        return str(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class AsJson(TypeDecorator[Any]):
    """A value object, or a list of them, kept as JSON and checked on the way in and out."""

    impl = JSON
    cache_ok = True

    def __init__(self, shape: Any) -> None:
        super().__init__()
        self.shape = shape
        self._adapter: TypeAdapter[Any] = TypeAdapter(shape)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        is_postgresql = dialect.name == "postgresql"
        return dialect.type_descriptor(JSONB(none_as_null=True) if is_postgresql else JSON(none_as_null=True))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else self._adapter.dump_python(value, mode="json")

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else self._adapter.validate_python(value)


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=NAMING)


class EntityBase(Base):
    """Base of all entities: identity, optimistic lock and timestamps."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7, sort_order=-4)
    version: Mapped[int] = mapped_column(nullable=False, sort_order=-3)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now, sort_order=-2)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now, onupdate=utc_now, sort_order=-1)

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


class Database:
    """The engine and its sessions."""

    def __init__(self, settings: Settings) -> None:
        self._timeout_s = settings.database_timeout_s
        self.engine: AsyncEngine = _create_engine(settings)
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @property
    def is_postgresql(self) -> bool:
        """Whether the database is PostgreSQL."""
        return self.engine.dialect.name == "postgresql"

    async def is_up(self) -> bool:
        """Whether the database answers in time."""
        try:
            async with asyncio.timeout(self._timeout_s), self.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except (*OUTAGES, DBAPIError):
            return False
        return True

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()


OUTAGES = (OSError, TimeoutError, PoolTimeoutError, OperationalError, InterfaceError)
"""What is raised while the database is away; it may come back, so the work is worth trying again."""

TRANSIENT = frozenset({"57P01", "57P02", "57P03", "53300", "57014", "55P03", "40P01", "40001", "25006", "0A000"})
"""Shutdown, recovery, too many connections, cancelled by a timeout, lock not available, deadlock, serialization, read-only.

The last one is said once of each prepared statement whose table a migration has changed meanwhile.
"""


def is_outage(error: BaseException) -> bool:
    """Whether ``error`` says that the database is away or overloaded, not that the work is wrong."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or isinstance(error, OUTAGES)
    return isinstance(error, OUTAGES)


def _create_engine(settings: Settings) -> AsyncEngine:
    if settings.is_sqlite:
        engine = create_async_engine(
            settings.async_database_url, json_serializer=_to_json, connect_args={"timeout": settings.database_timeout_s}
        )
        event.listen(engine.sync_engine, "connect", _configure_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_immediate)
        return engine
    engine = create_async_engine(
        settings.async_database_url,
        json_serializer=_to_json,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=settings.database_timeout_s,
        pool_recycle=settings.database_lifetime_s,
        connect_args={
            "timeout": settings.database_timeout_s,
            "command_timeout": settings.database_timeout_s,
            "server_settings": {"application_name": SERVICE_NAME},
        },
    )
    use_tls(engine, settings)
    event.listen(engine.sync_engine, "checkin", _note_idle)
    event.listen(engine.sync_engine, "checkout", _refuse_dead)
    event.listen(engine.sync_engine, "handle_error", _tell_outage)
    return engine


def use_tls(engine: AsyncEngine, settings: Settings) -> None:
    """Let each new connection read the certificates that DATABASE_URL names: they are replaced while the service runs.

    Raises:
        OSError: one of the files cannot be read.
    """
    url = settings.database_url.get_secret_value()

    def tell(_: Dialect, __: Any, ___: Any, parameters: dict[str, Any]) -> None:
        tls = database_tls(url)
        if tls is not None:
            parameters["ssl"] = tls

    database_tls(url)
    event.listen(engine.sync_engine, "do_connect", tell)


def _note_idle(_: Any, entry: ConnectionPoolEntry) -> None:
    entry.info["idle_since"] = time.monotonic()


def _refuse_dead(connection: Any, entry: ConnectionPoolEntry, _: Any) -> None:
    """Have the pool replace a connection that is gone. A ping each time would cost three round trips a transaction."""
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError
    if time.monotonic() - entry.info.get("idle_since", float("inf")) > PING_AFTER_S:
        try:
            connection.ping()
        except Exception as error:
            raise InvalidatePoolError from error


def _tell_outage(context: ExceptionContext) -> None:
    """Raise what OUTAGES has where only the server's code tells that it is away or overloaded; the driver's error is a general one."""
    original = context.original_exception
    code = getattr(original, "sqlstate", None) or getattr(original.__cause__, "sqlstate", None)
    if code is not None and (code in TRANSIENT or code.startswith("08")):
        raise OperationalError(context.statement, context.parameters, original) from original


def _to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _configure_sqlite(connection: Any, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver must not begin transactions by itself
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # a deferred one may fail when it turns from reading to writing


def execute(session: Session, statement: Executable, values: Mapping[str, Any]) -> CursorResult[*tuple[Any, ...]]:
    """Run a statement that names no entity, after what the session has pending: ``await session.run_sync(execute, ...)``.

    On the connection itself: the session's own ``execute`` prepares for entities that such a statement does not have.
    """
    session.flush()
    return session.connection().execute(statement, values)


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """One transaction per request: committed before the response is sent, rolled back on any error."""
    database: Database = request.app.state.database
    async with database.sessions.begin() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]
"""A dependency that takes a session must have ``scope="function"`` too, or the response leaves before the commit."""
