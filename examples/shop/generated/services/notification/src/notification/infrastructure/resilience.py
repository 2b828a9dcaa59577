"""What keeps a failing neighbour from failing us: deadline, circuit breaker, bulkhead (Nygard, Release It!, ch. 5)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

from notification.infrastructure.http_metrics import BREAKER_OPEN

DEADLINE_HEADER = "X-Request-Deadline-Ms"
"""How many milliseconds the caller still waits, counted from when the request was sent."""

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


class CircuitOpenError(Exception):
    """The dependency has failed too often; it is left alone for a while."""


class BulkheadFullError(Exception):
    """Too many calls to the dependency are in flight."""


class DeadlineExceededError(Exception):
    """The caller no longer waits, so the call is not made."""


def set_deadline(seconds: float) -> None:
    """Say that whatever this request does must be done in ``seconds``."""
    _deadline.set(time.monotonic() + seconds)


def seconds_left(limit: float) -> float:
    """The smaller of ``limit`` and what the caller still waits.

    Raises:
        DeadlineExceededError: nothing is left.
    """
    deadline = _deadline.get()
    left = limit if deadline is None else min(limit, deadline - time.monotonic())
    if left <= 0:
        raise DeadlineExceededError("the caller's deadline has passed")
    return left


class CircuitBreaker:
    """Closed until ``failures`` calls in a row fail; then open for ``reset_s``; then one probe decides."""

    def __init__(self, name: str, *, failures: int, reset_s: float) -> None:
        self._name = name
        self._limit = failures
        self._reset_s = reset_s
        self._failures = 0
        self._opened_at: float | None = None
        self._is_probing = False
        BREAKER_OPEN.labels(dependency=name).set(0)

    @property
    def is_open(self) -> bool:
        """Whether calls are refused now."""
        return self._opened_at is not None

    def before_call(self) -> None:
        """Let the call through, or refuse it.

        Raises:
            CircuitOpenError: the breaker is open, or another call is probing.
        """
        if self._opened_at is None:
            return
        if self._is_probing or time.monotonic() - self._opened_at < self._reset_s:
            raise CircuitOpenError(self._name)
        self._is_probing = True

    def on_success(self) -> None:
        """The dependency works."""
        self._failures = 0
        self._opened_at = None
        self._is_probing = False
        BREAKER_OPEN.labels(dependency=self._name).set(0)

    def on_failure(self) -> None:
        """The dependency failed once more."""
        self._failures += 1
        if self._is_probing or self._failures >= self._limit:
            self._opened_at = time.monotonic()
            BREAKER_OPEN.labels(dependency=self._name).set(1)
        self._is_probing = False

    def on_abandoned(self) -> None:
        """The call ended without saying anything about the dependency (it was cancelled)."""
        self._is_probing = False


class Bulkhead:
    """At most ``limit`` calls at a time; one more is refused rather than queued without end."""

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._slots = asyncio.Semaphore(limit)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold a slot during the call.

        Raises:
            BulkheadFullError: all slots are taken.
        """
        if self._slots.locked():
            raise BulkheadFullError(self._name)
        async with self._slots:
            yield
