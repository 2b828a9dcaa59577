"""Streamable HTTP through the SDK's app: both eras on one address, and calls whose connection is closed."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from tests.mcp.pipe import INITIALIZE, modern

from mcp import Client
from microservices_skill.app.generation import generate_system
from microservices_skill.mcp_server.server import build

pytestmark = pytest.mark.anyio


@pytest.fixture
def url(workspace: Path) -> Iterator[str]:
    assert workspace
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(build().streamable_http_app(), log_level="error"))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        serving.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        finally:
            server.should_exit = True
            serving.join(30)


def post(url: str, method: str, params: dict[str, Any], **headers: str) -> httpx2.Response:
    accepted = {"Accept": "application/json, text/event-stream"} | headers
    return httpx2.post(url, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, headers=accepted, timeout=30)


def heads(method: str, name: str = "") -> dict[str, str]:
    return {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method} | ({"Mcp-Name": name} if name else {})


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_both_eras_are_served_on_one_address(url: str, mode: str):
    async with Client(url, mode=mode) as client:
        result = await client.call_tool("validate_architecture", {})
        assert client.protocol_version == {"auto": "2026-07-28", "legacy": "2025-11-25"}[mode]
    assert result.structured_content is not None
    assert result.structured_content["ok"] is True


def test_discovery_and_the_handshake_come_in_any_order(url: str):
    for order in (("server/discover", "initialize"), ("initialize", "server/discover")):
        for method in order:
            extra = (modern(), heads(method)) if method == "server/discover" else (INITIALIZE, {})
            assert "protocolVersion" in post(url, method, extra[0], **extra[1]).text or method == "server/discover"
            assert post(url, method, extra[0], **extra[1]).status_code == 200


@pytest.mark.parametrize("patience_s", [0.05, 0.3, 0.8])
def test_a_call_whose_connection_is_closed_leaves_all_or_nothing(url: str, workspace: Path, patience_s: float):
    call = {"name": "generate_system", "arguments": {}} | modern()
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}).encode()
    said = heads("tools/call", "generate_system") | {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(url, content=body, headers=said, timeout=httpx2.Timeout(30, read=patience_s))
    waited_for = {"name": "generate_system", "arguments": {"preview": True}} | modern()
    assert post(url, "tools/call", waited_for, **heads("tools/call", "generate_system")).status_code == 200
    assert patience_s > 0.1 or not (workspace / "services").exists()
    assert not (workspace / ".microservices-skill/staging").exists()
    assert not (workspace / ".microservices-skill/journal.json").exists()
    again = generate_system(workspace, workspace / "architecture.yaml")
    assert again.written
    assert set(again.counts) in ({"create"}, {"unchanged"})
