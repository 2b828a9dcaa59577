"""Metrics of calls to other services."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no types for it; one more series for each is of no use

DEPENDENCY_CALLS = Counter("dependency_calls_total", "Calls to other services", ["dependency", "outcome"])
BREAKER_OPEN = Gauge("circuit_breaker_open", "1 while calls to a dependency are refused", ["dependency"])
