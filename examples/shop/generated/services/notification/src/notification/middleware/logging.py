"""One log record per request: method, route, status, duration. Never bodies, query strings or headers. An audit record beside it."""

from __future__ import annotations

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from notification.middleware.audit import audit

log = structlog.get_logger("notification.access")

QUIET = ("/health", "/metrics")


class AccessLogMiddleware:
    """Logs each request when it is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(QUIET):
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        answer: Message = {"type": "http.response.start", "status": 500}

        async def send_and_note(message: Message) -> None:
            nonlocal answer
            if message["type"] == "http.response.start":
                answer = message
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            route = getattr(scope.get("route"), "path", None)
            log.info(
                "http.request",
                method=scope["method"],
                route=route or "unmatched",
                status=answer["status"],
                duration_ms=round((time.perf_counter() - started) * 1000, 2),
            )
            audit(scope, answer)
