"""Refuses request bodies that are too large, before they fill the memory."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inventory.middleware.problems import PayloadTooLargeError, problem_response


class BodyLimitMiddleware:
    """Reads at most ``limit`` bytes of a body, whatever its Content-Length says."""

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isascii() and announced.isdigit() and (len(announced) > 15 or int(announced) > self._limit):
            await problem_response(PayloadTooLargeError(self._limit))(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit:
                raise PayloadTooLargeError(self._limit)
            return message

        async def send_unless_too_large(message: Message) -> None:
            if received <= self._limit:  # else the framework has taken our refusal for a malformed body
                await send(message)

        await self._app(scope, counted, send_unless_too_large)
        if received > self._limit:
            await problem_response(PayloadTooLargeError(self._limit))(scope, receive, send)
