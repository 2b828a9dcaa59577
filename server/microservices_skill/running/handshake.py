"""Asks a command whether it is an MCP server of ours, as a client would."""

# ruff: noqa: PLC0415 - mcp is slow to import, and seldom needed here

from __future__ import annotations

from collections.abc import Sequence

import anyio

LIMIT_S = 20.0
_OURS = "validate_architecture"


def handshake(command: str, arguments: Sequence[str]) -> str:
    """Start it over stdio and list its tools; why that fails, or nothing."""
    try:
        return anyio.run(_ask, command, list(arguments))
    except Exception as error:  # noqa: BLE001 - whatever a foreign process does is an answer
        return f"{type(error).__name__}: {error}"


async def _ask(command: str, arguments: list[str]) -> str:
    from mcp import Client, StdioServerParameters

    with anyio.fail_after(LIMIT_S):
        async with Client(StdioServerParameters(command=command, args=arguments)) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
    return "" if _OURS in names else f"its tools are {', '.join(names) or 'none'}"
