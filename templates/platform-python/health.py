"""What Kubernetes and Prometheus ask: is it alive, is it ready, how does it do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

router = APIRouter(include_in_schema=False)

PATIENCE_S = 2.0
_checks: dict[str, Callable[[], Awaitable[bool]]] = {}
_stopping = asyncio.Event()


def ready_when(name: str, check: Callable[[], Awaitable[bool]]) -> None:
    """Be ready only while ``check`` says so: ask only what is this service's own, such as its database."""
    _checks[name] = check


def stop() -> None:
    """Be ready no more."""
    _stopping.set()


@router.get("/health/live")
async def live() -> JSONResponse:
    """The process answers; it says nothing of its neighbours, so that their faults never restart it."""
    return JSONResponse({"status": "up"})


@router.get("/health/ready")
async def ready() -> JSONResponse:
    """Requests can be served: everything that was named to ``ready_when`` holds."""
    held = await asyncio.gather(*map(_holds, _checks.values()))
    checks = {name: "up" if holds else "down" for name, holds in zip(_checks, held, strict=True)}
    is_ready = all(held) and not _stopping.is_set()
    return JSONResponse({"status": "ready" if is_ready else "not ready", "checks": checks}, 200 if is_ready else 503)


@router.get("/metrics")
async def metrics() -> Response:
    """Metrics in Prometheus' text format."""
    return Response(await asyncio.to_thread(generate_latest), media_type=CONTENT_TYPE_LATEST)


async def _holds(check: Callable[[], Awaitable[bool]]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await check()
    except Exception:  # noqa: BLE001 - whatever a check raises, it does not hold
        return False
