"""The one place where our results and refusals become what a model reads."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, ParamSpec, TypeVar

import anyio.to_thread
import pydantic_core
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp_types import CallToolResult, TextContent

from microservices_skill.errors import SkillError
from microservices_skill.workspace.errors import explained

P = ParamSpec("P")
R = TypeVar("R")
LIMIT = 8_000
"""Clients cut the text of an error at about 11,000 characters."""


def told(tool: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, CallToolResult]]:
    """Say a result or a refusal to the model; any other exception is a bug, and its text stays with us.

    The text of a result is its JSON without white space: a model pays for every token.
    """
    signature = inspect.signature(tool, eval_str=True)

    @functools.wraps(tool)
    async def telling(*args: P.args, **kwargs: P.kwargs) -> CallToolResult:
        try:
            with explained("the workspace"):
                result = await tool(*args, **kwargs)
        except SkillError as error:
            raise ToolError(shortened(error)) from error
        data = pydantic_core.to_jsonable_python(result)
        text = pydantic_core.to_json(data).decode()
        return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=data)

    shown = signature.replace(return_annotation=Annotated[CallToolResult, signature.return_annotation])
    vars(telling)["__signature__"] = shown  # the SDK reads the schema of the result from it
    return telling


def told_of_resource(read: Callable[P, R]) -> Callable[P, R]:
    """The same for a resource."""

    @functools.wraps(read)
    def telling(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with explained("the workspace"):
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
