"""Runs what writes, and tells subscribers when it has changed the architecture or a decision record.

Clients of 2026-07-28 listen on ``subscriptions/listen``, which the SDK serves. Older ones ask with ``resources/subscribe``; they
are told on the connection that asked.
"""

# ruff: noqa: PLC0415 - our own modules are imported when a tool is called, so that the server starts at once

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import anyio
from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.session import ServerSession
from mcp_types import EmptyResult, SubscribeRequestParams, UnsubscribeRequestParams

from microservices_skill.mcp_server.errors import in_thread
from microservices_skill.mcp_server.root import is_modern

R = TypeVar("R")
_PATIENCE_S = 2
_WRITING: defaultdict[Path, anyio.Lock] = defaultdict(anyio.Lock)


def register(server: MCPServer) -> None:
    """Take the subscriptions of clients that speak an older protocol."""
    lowlevel = server._lowlevel_server  # noqa: SLF001 - the SDK has no other place for these two; mcp is pinned below 2.4
    lowlevel.add_request_handler("resources/subscribe", SubscribeRequestParams, _subscribe)
    lowlevel.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, _unsubscribe)


async def writing(ctx: Context[Any, Any], root: Path, work: Callable[[], R]) -> R:
    """Run blocking work that writes below ``root``, one after another; then tell what changed of what subscribers may watch.

    Cancelled work is waited for: it stops where nothing is written yet, or is finished, and then it is told of.
    """
    from microservices_skill.app import documents

    look = partial(documents.fingerprints, root)
    async with _WRITING[root]:
        before = await in_thread(look)
        try:
            return await in_thread(work)
        finally:
            with anyio.move_on_after(_PATIENCE_S, shield=True):
                after = await in_thread(look)
                for name in sorted(before.keys() | after.keys()):
                    if before.get(name) != after.get(name):
                        await _tell(ctx, f"microservices://{name}")


async def _tell(ctx: Context[Any, Any], uri: str) -> None:
    """A decision record may be watched by its number alone, too."""
    head, _, name = uri.rpartition("/")
    for each in dict.fromkeys((uri, f"{head}/{'-'.join(name.split('-')[:2])}")):
        if is_modern(ctx):
            await ctx.notify_resource_updated(each)
        elif each in _subscribed(ctx.session):
            await ctx.session.send_resource_updated(each)


async def _subscribe(ctx: ServerRequestContext[Any, Any], params: SubscribeRequestParams) -> EmptyResult:
    _subscribed(ctx.session).add(str(params.uri))
    return EmptyResult()


async def _unsubscribe(ctx: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams) -> EmptyResult:
    _subscribed(ctx.session).discard(str(params.uri))
    return EmptyResult()


def _subscribed(session: ServerSession) -> set[str]:
    found: set[str] = session._connection.state.setdefault("subscribed", set())  # noqa: SLF001 - as above
    return found
