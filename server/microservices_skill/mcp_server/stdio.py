"""Serves over stdin and stdout: one pipe for both eras of the protocol, and an end at a signal that leaves nothing half done."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.server.mcpserver import MCPServer
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCRequest

Arriving = SessionMessage | Exception
_DRAIN_S = 2


def run(server: MCPServer) -> None:
    """Serve until the client closes the pipe, or a signal asks to end: SIGTERM leaves 0, SIGINT 130."""
    anyio.run(_run, server)


async def _run(server: MCPServer) -> None:
    async with stdio_server() as (arriving, leaving), leaving:
        ended_by = await _until_signal(server, arriving, leaving)
        if ended_by is not None:
            await _drain(leaving)
            # What reads stdin cannot be woken: it would keep the process until the client writes or leaves.
            os._exit(0 if ended_by == signal.SIGTERM else 130)


async def _until_signal(server: MCPServer, arriving: Any, leaving: Any) -> int | None:  # noqa: ANN401 - the SDK keeps its types to itself
    """Serve; the signal that ended it, if one did. Work that runs stops where nothing of it is written, or is finished."""
    ended_by: int | None = None

    async def watch(scope: anyio.CancelScope) -> None:
        nonlocal ended_by
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async for each in signals:
                ended_by = each
                scope.cancel()

    async with anyio.create_task_group() as group:
        if sys.platform != "win32":
            group.start_soon(watch, group.cancel_scope)
        await _serve(server, arriving, leaving.clone())
        group.cancel_scope.cancel()
    return ended_by


async def _serve(server: MCPServer, arriving: Any, leaving: Any) -> None:  # noqa: ANN401 - as above
    """Serve on two connections over one pipe: one answers what clients ask before they choose an era, the other all else.

    The first request fixes the era of a connection. Clients that ask ``server/discover`` first and then shake hands as before
    2026-07-28, or the other way round, would be refused on one.
    """
    lowlevel = server._lowlevel_server  # noqa: SLF001 - the SDK has no other way to serve on given streams; mcp is pinned below 2.4
    options = lowlevel.create_initialization_options()
    asking, asked = _channel()
    speaking, spoken = _channel()
    async with anyio.create_task_group() as group, leaving, asking, speaking:
        group.start_soon(lowlevel.run, asked, leaving.clone(), options)
        group.start_soon(lowlevel.run, spoken, leaving.clone(), options)
        async for message in arriving:
            await (asking if _discovers(message) else speaking).send(message)


def _channel() -> tuple[MemoryObjectSendStream[Arriving], MemoryObjectReceiveStream[Arriving]]:
    return anyio.create_memory_object_stream[Arriving]()


def _discovers(message: Arriving) -> bool:
    return (
        isinstance(message, SessionMessage) and isinstance(message.message, JSONRPCRequest) and message.message.method == "server/discover"
    )


async def _drain(leaving: Any) -> None:  # noqa: ANN401 - as above
    """Wait until the last answer is on the pipe; a client that reads no more is not waited for."""
    with anyio.move_on_after(_DRAIN_S):
        while leaving._inner.statistics().tasks_waiting_receive == 0:  # noqa: ASYNC110, SLF001 - the stream tells no event
            await anyio.sleep(0.01)
