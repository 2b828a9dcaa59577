"""What Kubernetes and Prometheus ask: is it alive, is it ready, how does it do."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from notification.infrastructure.database import Database
from notification.infrastructure.event_bus import EventBus

router = APIRouter(include_in_schema=False)


@router.get("/health/live")
async def live() -> JSONResponse:
    """The process answers; it says nothing of its neighbours, so that their faults never restart it."""
    return JSONResponse({"status": "up"})


@router.get("/health/ready")
async def ready(request: Request) -> JSONResponse:
    """Requests can be served: our own database answers. Without the broker they still can: the outbox keeps events."""
    database: Database = request.app.state.database
    bus: EventBus = request.app.state.bus
    is_up = await database.is_up()
    checks = {"database": "up" if is_up else "down", "broker": "up" if bus.is_up else "down"}
    is_ready = is_up and not request.app.state.is_stopping
    return JSONResponse({"status": "ready" if is_ready else "not ready", "checks": checks}, 200 if is_ready else 503)


@router.get("/metrics")
async def metrics() -> Response:
    """Metrics in Prometheus' text format."""
    return Response(await asyncio.to_thread(generate_latest), media_type=CONTENT_TYPE_LATEST)
