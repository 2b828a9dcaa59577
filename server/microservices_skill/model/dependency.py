"""A synchronous call of a service, and what keeps a failing callee from failing the caller."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field as Spec

from microservices_skill.model.types import Duration, FieldRef, Line, Node, OperationName, Slug


class Protocol(StrEnum):
    """How a call travels."""

    HTTP = "http"
    GRPC = "grpc"


class Fallback(StrEnum):
    """What the caller does when the call fails for good."""

    FAIL = "fail"
    DEGRADE = "degrade"
    CACHE = "cache"


class Retries(Node):
    """Repeats of a failed idempotent call, with exponential back-off and jitter."""

    attempts: Annotated[int, Spec(ge=1, le=10)] = 3
    backoff: Duration = 100


class CircuitBreaker(Node):
    """When to stop calling a failing dependency, and for how long (Nygard, Release It!)."""

    failures: Annotated[int, Spec(ge=1, le=1000)] = 5
    reset: Duration = 10_000


class Dependency(Node):
    """A synchronous call to another service or to an external system.

    ``reads`` names the fields of its answers that the caller uses; where it is left out, the caller may use any.
    """

    to: Slug
    operations: tuple[OperationName, ...] = ()
    reads: tuple[FieldRef, ...] = ()
    purpose: Line = ""
    protocol: Protocol = Protocol.HTTP
    timeout: Duration | None = None
    retries: Retries | None = None
    circuit_breaker: CircuitBreaker | None = None
    bulkhead: Annotated[int, Spec(ge=1, le=10_000)] | None = None
    fallback: Fallback = Fallback.FAIL
    critical: bool = True
