"""What every request passes before it is a call: host and origin, token, workspace, rate, size, scope."""

from __future__ import annotations

import math
import re
import secrets
import time
from dataclasses import dataclass
from typing import cast

import anyio
import limits
import pydantic_core
from limits.aio.storage import Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from microservices_skill.http_server import refusals
from microservices_skill.http_server.audit import AuditLog
from microservices_skill.http_server.callers import LOCAL, SCOPE_KEY, Caller, NoWorkspaceError, Workspaces
from microservices_skill.http_server.metrics import REFUSALS
from microservices_skill.http_server.refusals import RefusedError
from microservices_skill.http_server.scopes import Rights
from microservices_skill.http_server.settings import Settings
from microservices_skill.http_server.tokens import InvalidTokenError, KeysUnavailableError, Verifier

_TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_NO_TRACE = "0" * 32
_FOREIGN = {421: "bad_host", 403: "bad_origin", 400: "bad_content_type"}


class Rate:
    """How often a caller may call."""

    def __init__(self, settings: Settings) -> None:
        storage = limits.storage.storage_from_string(settings.rate_limit_storage, wrap_exceptions=True)
        self._limiter = SlidingWindowCounterRateLimiter(cast("Storage", storage))  # settings let only these through
        self._item = limits.parse(settings.rate_limit)

    async def demand(self, caller: str) -> None:
        """Count a request.

        Raises:
            RefusedError: there were too many.

        """
        try:
            if await self._limiter.hit(self._item, caller):
                return
            stats = await self._limiter.get_window_stats(self._item, caller)
        except StorageError as error:
            raise refusals.unavailable("requests cannot be counted just now") from error
        raise refusals.too_fast(max(1, math.ceil(stats.reset_time - time.time())))


@dataclass(frozen=True, slots=True)
class Doors:
    """What the gate asks."""

    settings: Settings
    verifier: Verifier | None
    workspaces: Workspaces
    rate: Rate
    rights: Rights
    audit: AuditLog


class Gate:
    """Lets a request through to ``app`` with its caller in the scope, or says why not."""

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self._app = app
        self._doors = doors
        self._security = TransportSecurityMiddleware(security(doors.settings))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        trace_id = _trace_id(request)
        caller: Caller | None = None
        try:
            await self._demand_known_place(request)
            caller, user = await self._caller(request, trace_id)
            await self._doors.rate.demand(caller.name)
            body = await self._body(request)
            message = _message(body)
            self._demand_scope(message, caller, user)
        except ClientDisconnect:
            return
        except RefusedError as refused:
            self._tell(refused, caller, trace_id)
            await refused.response()(scope, receive, send)
            return
        scope[SCOPE_KEY] = caller
        if user is not None:
            scope["user"] = user
        # Written anew, it says to whoever reads it next what it said here.
        await self._app(scope, _replayed(pydantic_core.to_json(message), receive), send)

    async def _demand_known_place(self, request: Request) -> None:
        if request.method != "POST":
            raise RefusedError(405, "bad_method", "there is only POST", {"Allow": "POST"})
        answer = await self._security.validate_request(request, is_post=True)
        if answer is not None:
            raise RefusedError(answer.status_code, _FOREIGN.get(answer.status_code, "bad_request"), bytes(answer.body).decode())

    async def _caller(self, request: Request, trace_id: str) -> tuple[Caller, AuthenticatedUser | None]:
        workspaces, verifier = self._doors.workspaces, self._doors.verifier
        agent = request.headers.get("user-agent", "")
        try:
            if verifier is None:
                return Caller(LOCAL, workspaces.local(), trace_id, agent=agent), None
            access = await self._believed(request, verifier)
            name = access.subject or ""
            caller = Caller(name, workspaces.folder(name), trace_id, access.client_id, agent, frozenset(access.scopes))
        except NoWorkspaceError as error:
            raise RefusedError(403, "no_workspace", "no workspace is this caller's; ask who runs the server") from error
        return caller, AuthenticatedUser(access)

    async def _believed(self, request: Request, verifier: Verifier) -> AccessToken:
        resource = self._doors.settings.resource
        given = request.headers.getlist("authorization")
        kind, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        if kind.lower() != "bearer" or not token:
            raise refusals.unauthenticated(resource, "a bearer token is needed", is_token_bad=False)
        try:
            return await verifier.verify(token.strip())
        except InvalidTokenError as error:
            raise refusals.unauthenticated(resource, str(error), is_token_bad=True) from error
        except KeysUnavailableError as error:
            raise refusals.unavailable("the issuer's keys cannot be had just now") from error

    async def _body(self, request: Request) -> bytes:
        settings = self._doors.settings
        too_large = RefusedError(413, "too_large", f"the request has more than {settings.max_body_bytes} bytes")
        length = request.headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > settings.max_body_bytes:
            raise too_large
        found = bytearray()
        try:
            with anyio.fail_after(settings.body_timeout_s):
                async for chunk in request.stream():
                    found += chunk
                    if len(found) > settings.max_body_bytes:
                        raise too_large
        except TimeoutError as error:
            raise RefusedError(408, "too_slow", f"the request took longer than {settings.body_timeout_s:g} s to arrive") from error
        return bytes(found)

    def _demand_scope(self, message: dict[str, object], caller: Caller, user: AuthenticatedUser | None) -> None:
        scope = self._doors.rights.scope(message.get("method"), message.get("params"))
        if user is not None and scope not in caller.scopes:
            raise refusals.insufficient(self._doors.settings.resource, scope)

    def _tell(self, refused: RefusedError, caller: Caller | None, trace_id: str) -> None:
        REFUSALS.labels(refused.reason).inc()
        who = {} if caller is None else {"caller": caller.name, "client": caller.client, "workspace": caller.workspace.name}
        self._doors.audit.write({"event": "refusal", **who, "outcome": refused.reason, "status": refused.status, "trace_id": trace_id})


def security(settings: Settings) -> TransportSecuritySettings:
    """The hosts and origins that are answered."""
    return TransportSecuritySettings(allowed_hosts=settings.hosts, allowed_origins=settings.origins)


def _message(body: bytes) -> dict[str, object]:
    try:
        found = pydantic_core.from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise RefusedError(400, "bad_json", "the request is no JSON") from error
    if not isinstance(found, dict):
        raise RefusedError(400, "bad_json", "the request is no single JSON-RPC message")
    return found


def _replayed(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _trace_id(request: Request) -> str:
    """The trace that the request belongs to (W3C Trace Context), else a new one."""
    found = _TRACE.fullmatch(request.headers.get("traceparent", ""))
    return found[1] if found and found[1] != _NO_TRACE else secrets.token_hex(16)
