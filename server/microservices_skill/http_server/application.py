"""The application that a worker serves: MCP behind the gate, and beside it health, metrics and who may issue tokens."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import anyio
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.routes import create_protected_resource_routes
from mcp.server.mcpserver import MCPServer
from mcp.server.request_state import RequestStateSecurity
from mcp_types import Tool
from pydantic import AnyHttpUrl
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from microservices_skill.http_server import metrics
from microservices_skill.http_server.audit import AuditLog
from microservices_skill.http_server.callers import Workspaces
from microservices_skill.http_server.calls import Calls
from microservices_skill.http_server.gate import Doors, Gate, Rate, security
from microservices_skill.http_server.refusals import READ, WRITE
from microservices_skill.http_server.scopes import Rights
from microservices_skill.http_server.settings import PATH, Settings, read_settings
from microservices_skill.http_server.tokens import Verifier
from microservices_skill.mcp_server.server import build

_USED = ("discovery", "checking", "documents", "generation", "changing", "migrating", "adding")
"""Imported before the first call, which would wait for them."""


def create() -> Starlette:
    """The application as the environment sets it: what each worker calls."""
    for name in _USED:
        importlib.import_module(f"microservices_skill.app.{name}")
    logging.getLogger("mcp").setLevel(logging.WARNING)  # below, it tells what tools were told
    return application(read_settings())


def application(settings: Settings) -> Starlette:
    """The application.

    Raises:
        SkillError: a folder or a file that the settings name cannot be used.

    """
    keys = [each.get_secret_value() for each in settings.state_keys]
    server = build(request_state_security=RequestStateSecurity(keys=keys) if keys else RequestStateSecurity.ephemeral())
    tools = _tools(server)
    rights = Rights.of(tools)
    audit = AuditLog(settings.audit_log)
    verifier = None if settings.insecure_no_auth else Verifier(settings)
    doors = Doors(settings, verifier, Workspaces(settings), Rate(settings), rights, audit)
    server.middleware.append(Calls(settings, rights, frozenset(each.name for each in tools), audit))
    server.streamable_http_app(
        json_response=True,
        stateless_http=True,
        max_request_body_size=settings.max_body_bytes,
        transport_security=security(settings),
    )
    gate = Gate(AuthContextMiddleware(server.session_manager.handle_request), doors)
    return Starlette(routes=_routes(settings, gate, doors), middleware=_browsers(settings), lifespan=_lifespan(server, verifier))


def _tools(server: MCPServer) -> Sequence[Tool]:
    """What the server offers; a worker builds its application while its loop runs already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(anyio.run, server.list_tools).result()


def _routes(settings: Settings, gate: Gate, doors: Doors) -> list[BaseRoute]:
    routes: list[BaseRoute] = [
        Route(PATH, endpoint=gate),
        Route("/health/live", endpoint=_live),
        Route("/health/ready", endpoint=_ready(doors)),
        Route("/metrics", endpoint=metrics.metrics),
    ]
    if not settings.insecure_no_auth:
        issuers = [AnyHttpUrl(settings.issuer)]
        routes += create_protected_resource_routes(AnyHttpUrl(settings.resource), issuers, [READ, WRITE], "microservices-skill")
    return routes


async def _live(_: Request) -> Response:
    return JSONResponse({"status": "live"})


def _ready(doors: Doors) -> Callable[[Request], Awaitable[Response]]:
    async def ready(_: Request) -> Response:
        missing = [] if os.access(doors.workspaces.base, os.W_OK | os.X_OK) else ["workspaces cannot be written"]
        if doors.verifier is not None and not await doors.verifier.has_keys():
            missing.append("the issuer's keys were never had")
        return JSONResponse({"status": "unready" if missing else "ready", "missing": missing}, 503 if missing else 200)

    return ready


def _browsers(settings: Settings) -> list[Middleware]:
    """Answers to what browsers ask before they send, for the origins that are allowed."""
    allowed = "|".join(re.escape(each).replace(r":\*", r":\d+") for each in settings.origins)
    shown = ["WWW-Authenticate", "Retry-After"]
    return [
        Middleware(CORSMiddleware, allow_origin_regex=allowed or "(?!)", allow_methods=["POST"], allow_headers=["*"], expose_headers=shown)
    ]


def _lifespan(server: MCPServer, verifier: Verifier | None) -> Callable[[Starlette], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if verifier is not None:
            await verifier.has_keys()
        async with server.session_manager.run():
            yield

    return lifespan
