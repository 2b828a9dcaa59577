"""Gives each request an id and a deadline, taken from the caller where there is one."""

from __future__ import annotations

import re
from contextvars import ContextVar

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from notification.infrastructure.identifiers import uuid7
from notification.infrastructure.resilience import DEADLINE_HEADER, set_deadline

REQUEST_ID_HEADER = "X-Request-ID"
_WELL_FORMED = re.compile(r"^[A-Za-z0-9._-]{1,128}$")
_request_id: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """The id of the request in hand, or a new one outside of any."""
    return _request_id.get() or str(uuid7())


class RequestIdMiddleware:
    """Binds the request's id to its logs, its answer and its outgoing calls."""

    def __init__(self, app: ASGIApp, *, deadline_s: float) -> None:
        self._app = app
        self._deadline_s = deadline_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get(REQUEST_ID_HEADER, "")
        request_id = given if _WELL_FORMED.match(given) else str(uuid7())
        _request_id.set(request_id)
        left = headers.get(DEADLINE_HEADER, "")
        is_number = left.isascii() and left.isdigit() and len(left) < 10
        set_deadline(min(self._deadline_s, int(left) / 1000) if is_number else self._deadline_s)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, send_with_id)
