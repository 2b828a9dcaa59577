"""The one place where our refusals become what a model reads."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

import anyio.to_thread
from mcp.server.mcpserver.exceptions import ResourceError, ToolError

from microservices_skill.errors import SkillError

P = ParamSpec("P")
R = TypeVar("R")
LIMIT = 8_000
"""Clients cut the text of an error at about 11,000 characters."""


def told(tool: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Say a refusal to the model; any other exception is a bug, and its text stays with us."""

    @functools.wraps(tool)
    async def telling(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await tool(*args, **kwargs)
        except SkillError as error:
            raise ToolError(shortened(error)) from error

    return telling


def told_of_resource(read: Callable[P, R]) -> Callable[P, R]:
    """The same for a resource."""

    @functools.wraps(read)
    def telling(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return read(*args, **kwargs)
        except SkillError as error:
            raise ResourceError(shortened(error)) from error

    return telling


async def in_thread(work: Callable[[], R]) -> R:
    """Run blocking work beside the event loop, so that the server keeps answering."""
    return await anyio.to_thread.run_sync(work)


def shortened(error: SkillError) -> str:
    """The message, cut where a client would cut it."""
    text = str(error)
    return text if len(text) <= LIMIT else f"{text[:LIMIT]}…"
