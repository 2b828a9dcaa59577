"""Which folder the tools work in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlparse
from urllib.request import url2pathname

from mcp.server.mcpserver import Context, ListRoots, Resolve
from mcp_types import ListRootsResult
from mcp_types.version import is_version_at_least

_GIVEN: ContextVar[Path | None] = ContextVar("root", default=None)


@contextmanager
def working_in(root: Path) -> Iterator[None]:
    """Let tools and resources work in ``root`` while the block runs, whatever the environment and the client say."""
    before = _GIVEN.set(root)
    try:
        yield
    finally:
        _GIVEN.reset(before)


def named_root() -> Path | None:
    """The folder that the server was given for this call, else the one that the environment names."""
    given = _GIVEN.get()
    if given is not None:
        return given
    name = os.environ.get("MICROSERVICES_SKILL_ROOT") or os.environ.get("CLAUDE_PROJECT_DIR")
    return Path(name).resolve() if name else None


def default_root() -> Path:
    """The folder that the server or the environment names, else the current one."""
    return named_root() or Path.cwd()


async def ask_root(ctx: Context[Any, Any]) -> ListRoots | Path:
    """Ask the client for its roots where neither the server nor the environment names a folder."""
    named = named_root()
    if named is not None:
        return named
    capabilities = ctx.client_capabilities
    return ListRoots() if capabilities is not None and capabilities.roots is not None and can_ask(ctx) else Path.cwd()


def can_ask(ctx: Context[Any, Any]) -> bool:
    """Whether the client can be asked during a call: in the answer itself, or on the way back of the connection."""
    return is_modern(ctx) or ctx.session.can_send_request


def is_modern(ctx: Context[Any, Any]) -> bool:
    """Whether questions go into the answer of the call (2026-07-28 and later)."""
    return is_version_at_least(ctx.protocol_version or "", "2026-07-28")


def folder(answer: Path | ListRootsResult) -> Path:
    """The first root of the client that is a folder here, else the current folder."""
    if isinstance(answer, Path):
        return answer
    for root in answer.roots:
        url = urlparse(str(root.uri))
        if url.scheme == "file" and (path := Path(url2pathname(url.path))).is_dir():
            return path.resolve()
    return Path.cwd()


Root = Annotated[Any, Resolve(ask_root)]
"""A parameter that the server fills in: never part of a tool's input."""
