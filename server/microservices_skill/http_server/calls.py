"""What surrounds every call: its caller's folder, one writer at a time in it, and what is told of it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from filelock import AsyncFileLock, Timeout
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, METHOD_NOT_FOUND, CallToolResult, TextContent
from pydantic import BaseModel

from microservices_skill.errors import SkillError
from microservices_skill.http_server import metrics
from microservices_skill.http_server.audit import AuditLog
from microservices_skill.http_server.callers import SCOPE_KEY, Caller
from microservices_skill.http_server.scopes import Rights
from microservices_skill.http_server.settings import Settings
from microservices_skill.mcp_server.root import working_in
from microservices_skill.workspace import tree
from microservices_skill.workspace.written import Written, noting

_LOCKS = ".locks"
_UNSERVED = frozenset({"subscriptions/listen"})
"""Would hold a connection for ever, and hear only of what its own worker does."""
_SHOWN = 50
_BUSY = "another call is still writing into this workspace; wait a moment and call again"


class Calls:
    """Runs calls, each in the folder of its caller."""

    def __init__(self, settings: Settings, rights: Rights, tools: frozenset[str], audit: AuditLog) -> None:
        self._settings = settings
        self._rights = rights
        self._tools = tools
        self._audit = audit

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Run one message."""
        caller: Caller | None = ctx.request.scope.get(SCOPE_KEY) if ctx.request is not None else None
        if caller is None:
            raise MCPError(INTERNAL_ERROR, "a request without a caller")
        if ctx.method in _UNSERVED:
            raise MCPError(METHOD_NOT_FOUND, "there are no subscriptions: read again what may have changed")
        if ctx.request_id is None:
            return await call_next(ctx)
        began, outcome = time.monotonic(), "failed"
        metrics.IN_FLIGHT.inc()
        with noting() as written, working_in(caller.workspace):
            try:
                result = await self._run(ctx, call_next, caller.workspace)
                outcome = _outcome(result)
            except MCPError:
                outcome = "refused"
                raise
            except anyio.get_cancelled_exc_class():
                outcome = "cancelled"
                raise
            finally:
                metrics.IN_FLIGHT.dec()
                self._tell(ctx, caller, written, outcome, time.monotonic() - began)
        return result

    async def _run(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext, workspace: Path) -> HandlerResult:
        if not self._rights.writes(ctx.method, ctx.params):
            await _take_up(workspace)
            return await call_next(ctx)
        try:
            async with self._alone(workspace):
                await _take_up(workspace)
                return await call_next(ctx)
        except Timeout:
            return CallToolResult(content=[TextContent(type="text", text=_BUSY)], is_error=True)

    @asynccontextmanager
    async def _alone(self, workspace: Path) -> AsyncIterator[None]:
        """Hold the workspace against every other worker and instance; freed by the system when a worker dies."""
        folder = workspace.parent / _LOCKS
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = AsyncFileLock(
            folder / f"{workspace.name}.lock",
            timeout=self._settings.lock_timeout_s,
            poll_interval=0.02,
            run_in_executor=False,  # waiting must not take the threads that tools run in
            preserve_lock_file=True,
            fallback_to_soft=False,
        )
        async with lock:
            yield

    def _tell(self, ctx: ServerRequestContext[Any, Any], caller: Caller, written: Written, outcome: str, seconds: float) -> None:
        target = _target(ctx.params)
        tool = (target if target in self._tools else "unknown") if ctx.method == "tools/call" else ""
        method = ctx.method if ctx.method in _METHODS else "other"
        metrics.CALLS.labels(method, tool, outcome).inc()
        metrics.SECONDS.labels(method, tool).observe(seconds)
        paths = sorted({_relative(path, caller.workspace) for path in written})
        self._audit.write(
            {
                "event": "call",
                "caller": caller.name,
                "client": caller.client,
                "agent": caller.agent,
                "workspace": caller.workspace.name,
                "method": ctx.method,
                "target": target,
                "outcome": outcome,
                "written": len(paths),
                "paths": paths[:_SHOWN],
                "seconds": round(seconds, 4),
                "trace_id": caller.trace_id,
            }
        )


_METHODS = frozenset(
    {
        *("initialize", "ping", "server/discover", "tools/list", "tools/call", "prompts/list", "prompts/get"),
        *("resources/list", "resources/read", "resources/templates/list", "completion/complete"),
    }
)


async def _take_up(workspace: Path) -> None:
    """Finish what a killed worker promised; where another is at it, it is in good hands."""
    if tree.is_promised(workspace):
        try:
            await anyio.to_thread.run_sync(partial(tree.resume, workspace))
        except SkillError:
            return


def _target(params: Mapping[str, Any] | None) -> str:
    given = params or {}
    return str(given.get("name") or given.get("uri") or "")


def _outcome(result: HandlerResult) -> str:
    data = result.model_dump(by_alias=True, include={"is_error", "result_type"}) if isinstance(result, BaseModel) else result or {}
    if data.get("isError"):
        return "refused"
    return "asked" if data.get("resultType") == "input_required" else "ok"


def _relative(path: Path, workspace: Path) -> str:
    return path.relative_to(workspace).as_posix() if path.is_relative_to(workspace) else path.name
