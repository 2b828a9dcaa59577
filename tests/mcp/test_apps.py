from pathlib import Path

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import TextResourceContents
from tests.contracts.samples import SHOP

from mcp import Client
from microservices_skill.mcp_server.server import build

PAGE = "ui://microservices/architecture"
MODES = pytest.mark.parametrize("mode", ["auto", "legacy"])

pytestmark = pytest.mark.anyio


@MODES
async def test_the_page_of_the_workspace_is_an_app_that_validation_links(workspace: Path, mode: str):
    async with Client(build(), mode=mode) as client:
        tools = {each.name: each.meta for each in (await client.list_tools()).tools}
        listed = {str(each.uri): each.mime_type for each in (await client.list_resources()).resources}
        (page,) = (await client.read_resource(PAGE)).contents
        (workspace / "architecture.yaml").write_text(SHOP.replace("domain: e-commerce", "domain: A bazaar"), encoding="utf-8")
        (later,) = (await client.read_resource(PAGE)).contents
    assert {name: meta for name, meta in tools.items() if meta} == {"validate_architecture": {"ui": {"resourceUri": PAGE}}}
    assert listed[PAGE] == "text/html;profile=mcp-app"
    assert isinstance(page, TextResourceContents)
    assert isinstance(later, TextResourceContents)
    assert page.mime_type == "text/html;profile=mcp-app"
    assert page.text.startswith("<!doctype html>")
    assert ("A bazaar" in page.text, "A bazaar" in later.text) == (False, True)


async def test_a_client_of_today_is_told_that_there_are_apps():
    async with Client(build()) as client:
        assert client.server_capabilities.extensions is not None
        assert "io.modelcontextprotocol/ui" in client.server_capabilities.extensions


@MODES
async def test_a_page_of_no_architecture_says_what_to_do(workspace: Path, mode: str):
    (workspace / "architecture.yaml").unlink()
    async with Client(build(), mode=mode) as client:
        with pytest.raises(MCPError, match="there is no such file; check the path, or create it"):
            await client.read_resource(PAGE)
