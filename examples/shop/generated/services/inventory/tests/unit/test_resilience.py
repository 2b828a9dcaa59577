"""A failing neighbour is bounded in time, left alone while it fails, and tried again."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from fastapi import FastAPI

from inventory.infrastructure.http_client import DependencyClient, DependencyError, Policy
from inventory.infrastructure.resilience import (
    DEADLINE_HEADER,
    Bulkhead,
    BulkheadFullError,
    CircuitBreaker,
    CircuitOpenError,
    DeadlineExceededError,
    set_deadline,
)
from inventory.middleware import exception_handlers


def policy(attempts: int = 3, failures: int | None = 3, timeout_s: float = 0.2) -> Policy:
    return Policy("neighbour", timeout_s, attempts, 0.001, failures, 0.05, 2)


class Neighbour:
    """Answers with a row of statuses, then with the last one for ever."""

    def __init__(self, *statuses: int, delay_s: float = 0) -> None:
        self.statuses = list(statuses)
        self.requests: list[httpx2.Request] = []
        self.delay_s = delay_s

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        await asyncio.sleep(self.delay_s)
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return httpx2.Response(status, json={})

    def client(self, policy: Policy) -> DependencyClient:
        return DependencyClient(policy, "http://neighbour", transport=httpx2.MockTransport(self))


async def test_a_safe_call_is_repeated_until_it_succeeds() -> None:
    neighbour = Neighbour(503, 503, 200)
    assert (await neighbour.client(policy(failures=None)).call("GET", "/")).status_code == 200
    assert len(neighbour.requests) == 3


async def test_a_post_without_a_key_is_never_repeated() -> None:
    neighbour = Neighbour(503)
    with pytest.raises(DependencyError):
        await neighbour.client(policy()).call("POST", "/")
    assert len(neighbour.requests) == 1


async def test_a_post_with_a_key_is_repeated_with_the_same_key() -> None:
    neighbour = Neighbour(503, 201)
    await neighbour.client(policy()).call("POST", "/", idempotency_key="k")
    assert [request.headers["Idempotency-Key"] for request in neighbour.requests] == ["k", "k"]


async def test_a_refusal_is_neither_repeated_nor_counted_against_the_neighbour() -> None:
    neighbour = Neighbour(404)
    client = neighbour.client(policy(failures=1))
    for _ in range(3):
        with pytest.raises(DependencyError) as caught:
            await client.call("GET", "/")
        assert caught.value.status == 404
    assert len(neighbour.requests) == 3


async def test_a_call_that_hangs_is_given_up_in_time() -> None:
    neighbour = Neighbour(200, delay_s=5)
    async with asyncio.timeout(1):
        with pytest.raises(DependencyError, match="neighbour"):
            await neighbour.client(policy(attempts=1, timeout_s=0.05)).call("GET", "/")


async def test_the_breaker_opens_then_lets_one_probe_through_then_closes() -> None:
    neighbour = Neighbour(500, 500, 500, 200)
    client = neighbour.client(policy(attempts=1))
    for _ in range(3):
        with pytest.raises(DependencyError):
            await client.call("GET", "/")
    with pytest.raises(CircuitOpenError):
        await client.call("GET", "/")
    assert len(neighbour.requests) == 3
    await asyncio.sleep(0.06)
    assert (await client.call("GET", "/")).status_code == 200
    assert client.breaker is not None
    assert not client.breaker.is_open


async def test_only_one_caller_probes_an_open_breaker() -> None:
    breaker = CircuitBreaker("probe", failures=1, reset_s=0.0)
    breaker.on_failure()
    breaker.before_call()
    with pytest.raises(CircuitOpenError):
        breaker.before_call()
    breaker.on_failure()
    assert breaker.is_open


async def test_a_full_bulkhead_refuses_instead_of_queueing() -> None:
    bulkhead = Bulkhead("full", 1)
    async with bulkhead.slot():
        with pytest.raises(BulkheadFullError):
            async with bulkhead.slot():
                pass
    async with bulkhead.slot():
        pass


async def test_what_is_left_of_the_deadline_travels_with_the_call() -> None:
    neighbour = Neighbour(200)
    set_deadline(0.1)
    await neighbour.client(policy(timeout_s=5)).call("GET", "/")
    assert 0 < int(neighbour.requests[0].headers[DEADLINE_HEADER]) <= 100
    set_deadline(0)
    with pytest.raises(DeadlineExceededError):
        await neighbour.client(policy()).call("GET", "/")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DependencyError("neighbour", "answered 503", status=503), 503),
        (DependencyError("neighbour", "does not answer"), 503),
        (CircuitOpenError("neighbour"), 503),
        (BulkheadFullError("neighbour"), 503),
        (DeadlineExceededError("too late"), 503),
        (DependencyError("neighbour", "answered 403", status=403), 500),
    ],
)
async def test_what_nobody_catches_is_unavailable_where_it_may_pass_and_our_fault_where_it_may_not(error: Exception, status: int) -> None:
    app = FastAPI()
    exception_handlers.install(app)

    @app.get("/")
    async def fail() -> None:
        raise error

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app, raise_app_exceptions=False), base_url="http://service") as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
