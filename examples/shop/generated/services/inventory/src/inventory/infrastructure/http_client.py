"""Calls to other services: each dependency has its own timeout, retries, circuit breaker and bulkhead."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol

import httpx2
import stamina
import structlog

from inventory.infrastructure.http_metrics import DEPENDENCY_CALLS
from inventory.infrastructure.resilience import DEADLINE_HEADER, Bulkhead, CircuitBreaker, CircuitOpenError, seconds_left
from inventory.middleware.request_id import REQUEST_ID_HEADER, current_request_id

log = structlog.get_logger(__name__)

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
RETRIED_STATUSES = frozenset({429, 502, 503, 504})


class DependencyError(Exception):
    """A dependency answered with an error, or did not answer in time."""

    def __init__(self, dependency: str, detail: str, *, status: int | None = None, retry_after_s: float | None = None) -> None:
        self.dependency = dependency
        self.status = status
        self.retry_after_s = retry_after_s
        super().__init__(f"{dependency}: {detail}")

    @property
    def is_transient(self) -> bool:
        """Whether the same call may succeed later."""
        return self.status is None or self.status >= 500 or self.status == 429


@dataclass(frozen=True, slots=True)
class Policy:
    """How one dependency is called, from the system's model."""

    name: str
    timeout_s: float
    attempts: int
    backoff_s: float
    breaker_failures: int | None
    breaker_reset_s: float
    concurrency: int


class TokenSource(Protocol):
    """Where tokens of our own come from, for one dependency."""

    async def token(self) -> str:
        """A token that still lives."""

    async def renewed(self, rejected: str) -> str | None:
        """Another one than the dependency has just refused, if there can be one."""


class DependencyClient:
    """An HTTP client for one dependency; ``tokens`` say who we are, where a call does not bring its caller's token."""

    def __init__(
        self,
        policy: Policy,
        base_url: str,
        *,
        tokens: TokenSource | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._policy = policy
        self._tokens = tokens
        self._http = httpx2.AsyncClient(base_url=base_url, timeout=policy.timeout_s, transport=transport)
        self._bulkhead = Bulkhead(policy.name, policy.concurrency)
        self.breaker = (
            CircuitBreaker(policy.name, failures=policy.breaker_failures, reset_s=policy.breaker_reset_s)
            if policy.breaker_failures is not None
            else None
        )

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: dict[str, str] | None = None,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        token: str | None = None,
    ) -> httpx2.Response:
        """Call the dependency; only calls that are safe to repeat are repeated.

        Raises:
            DependencyError: it failed after all tries, or refused the request.
            CircuitOpenError: it has failed too often of late.
            BulkheadFullError: too many calls are in flight.
            DeadlineExceededError: our own caller no longer waits.
        """
        is_repeatable = method.upper() in IDEMPOTENT_METHODS or idempotency_key is not None
        headers = {REQUEST_ID_HEADER: current_request_id()}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        if if_match is not None:
            headers["If-Match"] = if_match
        if token is not None:
            headers |= _bearer(token)
        async with self._bulkhead.slot():
            async for attempt in stamina.retry_context(
                on=_should_retry,
                attempts=self._policy.attempts if is_repeatable else 1,
                timeout=seconds_left(self._policy.timeout_s * self._policy.attempts + 60),
                wait_initial=self._policy.backoff_s,
                wait_max=self._policy.backoff_s * 16,
                wait_jitter=self._policy.backoff_s,
            ):
                with attempt:
                    send = partial(self._once, method, path, json=json, params=params)
                    return await (send(headers=headers) if token is not None else self._as_ourselves(send, headers))
        raise AssertionError("stamina returns or raises")

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _as_ourselves(self, send: Callable[..., Awaitable[httpx2.Response]], headers: dict[str, str]) -> httpx2.Response:
        """Send with a token of our own; once more with a new one where it is refused, since it may have been withdrawn."""
        if self._tokens is None:
            return await send(headers=headers)
        token = await self._tokens.token()
        try:
            return await send(headers=headers | _bearer(token))
        except DependencyError as error:
            renewed = await self._tokens.renewed(token) if error.status == HTTPStatus.UNAUTHORIZED else None
            if renewed is None:
                raise
        return await send(headers=headers | _bearer(renewed))

    async def _once(self, method: str, path: str, *, json: Any, params: dict[str, str] | None, headers: dict[str, str]) -> httpx2.Response:
        left = seconds_left(self._policy.timeout_s)
        started = time.perf_counter()
        if self.breaker is not None:
            self.breaker.before_call()
        try:
            async with asyncio.timeout(left):
                response = await self._http.request(
                    method, path, json=json, params=params, headers=headers | {DEADLINE_HEADER: str(int(left * 1000))}
                )
            if response.status_code >= 400:
                raise DependencyError(
                    self._policy.name,
                    f"answered {response.status_code}",
                    status=response.status_code,
                    retry_after_s=_retry_after(response),
                )
        except (httpx2.TransportError, TimeoutError) as error:
            self._record(method, None, started, is_failure=True)
            raise DependencyError(self._policy.name, repr(error)) from error
        except DependencyError as error:
            self._record(method, error.status, started, is_failure=error.is_transient)
            raise
        except asyncio.CancelledError:
            if self.breaker is not None:
                self.breaker.on_abandoned()
            raise
        self._record(method, response.status_code, started, is_failure=False)
        return response

    def _record(self, method: str, status: int | None, started: float, *, is_failure: bool) -> None:
        name, outcome = self._policy.name, "failed" if is_failure else "answered"
        duration_ms = round((time.perf_counter() - started) * 1000, 2)
        log.info("dependency.called", dependency=name, method=method, outcome=outcome, status=status, duration_ms=duration_ms)
        DEPENDENCY_CALLS.labels(dependency=name, outcome=outcome).inc()
        if self.breaker is not None:
            (self.breaker.on_failure if is_failure else self.breaker.on_success)()


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _should_retry(error: Exception) -> bool | float:
    if isinstance(error, CircuitOpenError) or not isinstance(error, DependencyError):
        return False
    if error.status is None or error.status in RETRIED_STATUSES:
        return error.retry_after_s if error.retry_after_s is not None else True
    return False


def _retry_after(response: httpx2.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return min(float(value), 30.0) if value.isdigit() else None


def quiet_retries() -> None:
    """Keep stamina from logging each retry itself: breaker and call metrics tell the story."""
    stamina.instrumentation.set_on_retry_hooks([])
