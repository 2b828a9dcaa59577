"""How often one client may call an operation; counted in memory, or in Redis for all replicas together."""

from __future__ import annotations

import math
import time
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
from inventory.middleware.exception_handlers import TooManyRequestsError

log = structlog.get_logger(__name__)


def create_limiter(settings: Settings) -> MovingWindowRateLimiter:
    """The limiter on the storage that ``RATE_LIMIT_STORAGE`` names."""
    url = settings.rate_limit_storage.get_secret_value()
    storage: Storage = MemoryStorage()
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
