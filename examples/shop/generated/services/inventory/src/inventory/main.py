"""The application: builds the parts, wires them, starts and stops them in order."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from inventory import migrate
from inventory.config import SERVICE_NAME, Settings, get_settings
from inventory.domains.saga_handlers import command_handlers
from inventory.domains.stock_item.routes import router as stock_item_router
from inventory.domains.stock_reservation.routes import router as stock_reservation_router
from inventory.infrastructure import health, housekeeping
from inventory.infrastructure.consumers import create_consumers
from inventory.infrastructure.database import Database
from inventory.infrastructure.event_bus import create_event_bus
from inventory.infrastructure.http_client import quiet_retries
from inventory.infrastructure.logger import configure_logging
from inventory.infrastructure.outbox import OutboxRelay
from inventory.infrastructure.rate_limit import create_limiter
from inventory.infrastructure.security import TokenVerifier
from inventory.infrastructure.series import begin_series
from inventory.infrastructure.telemetry import configure_telemetry, trace_database
from inventory.infrastructure.tracer import flush_traces
from inventory.middleware import exception_handlers
from inventory.middleware.body_limit import BodyLimitMiddleware
from inventory.middleware.logging import AccessLogMiddleware
from inventory.middleware.problems import Problem
from inventory.middleware.request_id import RequestIdMiddleware
from inventory.middleware.security_headers import SecurityHeadersMiddleware

log = structlog.get_logger(__name__)

API_VERSION = "1.0.0"


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service as an ASGI application."""
    settings = settings or get_settings()
    configure_logging(settings)
    configure_telemetry(settings)
    quiet_retries()
    app = FastAPI(
        title="Inventory",
        description="Knows what lies in the warehouse and keeps stock aside for orders",
        version=API_VERSION,
        lifespan=_lifespan,
        redirect_slashes=False,
        docs_url=None if settings.environment == "production" else "/docs",
        redoc_url=None,
        telemetry={"operation_spans": False, "exclude": lambda scope: scope.get("path", "").startswith(("/health", "/metrics"))},
    )
    app.state.settings = settings
    app.include_router(health.router)
    app.include_router(stock_item_router)
    app.include_router(stock_reservation_router)
    exception_handlers.install(app)
    app.add_middleware(BodyLimitMiddleware, limit=settings.max_body_bytes)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["ETag", "Location", "X-Request-ID"],
        )
    app.add_middleware(SecurityHeadersMiddleware)
    app.add_middleware(AccessLogMiddleware)
    app.add_middleware(RequestIdMiddleware, deadline_s=settings.request_deadline_s)
    app.state.methods_of = _methods_by_path(app)
    setattr(app, "openapi", lambda: _openapi(app))  # noqa: B010 - FastAPI's documented way to change the document
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    if settings.is_sqlite:
        await asyncio.to_thread(migrate.main)
        configure_logging(settings)
    database = Database(settings)
    trace_database(database, settings)
    bus = create_event_bus(settings)
    relay = OutboxRelay(database, bus, settings)
    verifier = TokenVerifier(settings) if settings.auth_is_on else None
    if verifier is None:
        log.warning("auth.off", hint="set AUTH_JWKS_URL and AUTH_ISSUER to check tokens")
    app.state.database, app.state.bus, app.state.relay, app.state.verifier = database, bus, relay, verifier
    app.state.limiter = create_limiter(settings)
    app.state.is_stopping = False
    app.state.handlers = create_consumers(database)
    app.state.handlers |= command_handlers(database)
    begin_series()
    await bus.start(app.state.handlers)
    relay.start()
    stopping = asyncio.Event()
    sweeper = asyncio.create_task(housekeeping.run(database, relay, settings, stopping), name="housekeeping")
    log.info("service.started", environment=settings.environment)
    try:
        yield
    finally:
        app.state.is_stopping = True
        log.info("service.stopping")
        stopping.set()
        await sweeper
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(settings.shutdown_grace_s / 2):
                await bus.stop_consuming()
        await relay.stop(drain_s=settings.shutdown_grace_s / 2)
        await bus.close()
        if verifier is not None:
            await verifier.close()
        await database.close()
        await asyncio.to_thread(flush_traces)
        log.info("service.stopped", service=SERVICE_NAME)


def _methods_by_path(app: FastAPI) -> Callable[[str], set[str]]:
    """Which methods a path answers; FastAPI alone would name only those of the path's first route."""
    routes = [
        (re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", route.path or "") + "$"), set(route.methods or ()))
        for route in iter_route_contexts(app.routes)
    ]
    return lambda path: {method for pattern, methods in routes if pattern.match(path) for method in methods}


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The contract: FastAPI's document and the schemas of problem details, which no response model names."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, separate_input_output_schemas=False
        )
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(problem.pop("$defs"))
        schemas["Problem"] = problem
        app.openapi_schema = document
    return app.openapi_schema
