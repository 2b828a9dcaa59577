"""How often one client may call an operation; counted in memory, or in Redis for all replicas together."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Awaitable, Callable

import structlog
from fastapi import Request
from limits import parse
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string

from inventory.config import Settings
from inventory.infrastructure.security import ANONYMOUS, principal_of
from inventory.middleware.problems import TooManyRequestsError

log = structlog.get_logger(__name__)

SWEEP_S = 60.0


class MemoryWindows(MemoryStorage):
    """Moving windows in this process. The library's own copy each window and hand it to a thread, at every call."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: dict[str, deque[float]] = {}
        self._idle_at: dict[str, float] = {}
        self._swept_at = time.time()

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count a call, unless the window is full."""
        now = time.time()
        self._sweep(now)
        calls = self._within(key, now - expiry)
        if len(calls) + amount > limit:
            return False
        calls.extend([now] * amount)
        self._idle_at[key] = now + expiry
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest call in the window was, and how many there are."""
        now = time.time()
        calls = self._within(key, now - expiry)
        return calls[0] if calls else now, len(calls)

    def _within(self, key: str, start: float) -> deque[float]:
        calls = self._calls.setdefault(key, deque())
        while calls and calls[0] < start:
            calls.popleft()
        return calls

    def _sweep(self, now: float) -> None:
        """Forget the clients that went away."""
        if now - self._swept_at > SWEEP_S:
            self._swept_at = now
            self._idle_at = {key: idle_at for key, idle_at in self._idle_at.items() if idle_at > now}
            self._calls = {key: calls for key, calls in self._calls.items() if key in self._idle_at}


def create_limiter(settings: Settings) -> MovingWindowRateLimiter:
    """The limiter on the storage that ``RATE_LIMIT_STORAGE`` names."""
    url = settings.rate_limit_storage.get_secret_value()
    storage: Storage = MemoryWindows()
    if not url.startswith("memory://"):
        shared = storage_from_string(f"async+{url}", implementation="redispy", wrap_exceptions=True)
        if not isinstance(shared, Storage):
            raise ValueError("RATE_LIMIT_STORAGE must be memory:// or a redis:// URL")
        storage = shared
    return MovingWindowRateLimiter(storage)


def rate_limit(operation: str, limit: str) -> Callable[[Request], Awaitable[None]]:
    """A dependency that refuses a client who calls ``operation`` more often than ``limit`` (such as ``100/minute``)."""
    item = parse(limit)

    async def check(request: Request) -> None:
        limiter: MovingWindowRateLimiter = request.app.state.limiter
        client = principal_of(request)
        if client == ANONYMOUS.subject and request.client is not None:
            client = request.client.host
        try:
            if await limiter.hit(item, operation, client):
                return
            reset_at = (await limiter.get_window_stats(item, operation, client)).reset_time
        except StorageError as error:
            log.warning("rate_limit.storage_unavailable", error=repr(error))  # availability before exactness
            return
        raise TooManyRequestsError(limit, max(1, math.ceil(reset_at - time.time())))

    return check
