"""Counts of calls for Prometheus: of this process, or of all workers where they share a folder for it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from starlette.requests import Request
from starlette.responses import Response

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""Set before this module is imported, it makes workers count together."""

CALLS = Counter("microservices_skill_calls", "Calls by method, tool and outcome", ["method", "tool", "outcome"])
SECONDS = Histogram(
    "microservices_skill_call_seconds",
    "How long calls took",
    ["method", "tool"],
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
IN_FLIGHT = Gauge("microservices_skill_calls_in_flight", "Calls that run now", multiprocess_mode="livesum")
REFUSALS = Counter("microservices_skill_refusals", "Requests that were refused before a call", ["reason"])


async def metrics(_: Request) -> Response:
    """What Prometheus reads."""
    registry: CollectorRegistry = REGISTRY
    if SHARED in os.environ:
        _forget_the_dead(Path(os.environ[SHARED]))
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _forget_the_dead(folder: Path) -> None:
    """Leave out what killed workers had in flight: nobody else takes their gauges away."""
    for path in folder.glob("gauge_live*.db"):
        pid = int(path.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            with contextlib.suppress(FileNotFoundError):  # another worker did it
                multiprocess.mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
