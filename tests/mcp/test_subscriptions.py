"""Who watches the architecture or a decision record is told when a tool of ours has changed it."""

from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from mcp.client.subscriptions import ResourceUpdated
from mcp_types import ResourceUpdatedNotification
from tests.contracts.samples import SHOP

from mcp import Client
from microservices_skill.mcp_server.server import build

ARCHITECTURE = "microservices://architecture"
FIRST = "microservices://adr/ADR-001"

pytestmark = pytest.mark.anyio


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MICROSERVICES_SKILL_ROOT", str(tmp_path))
    (tmp_path / "old.yaml").write_text(SHOP, encoding="utf-8")
    (tmp_path / "architecture.yaml").write_text(SHOP.replace("p99: 600ms", "p99: 500ms"), encoding="utf-8")
    return tmp_path


RECORD = {"against": "old.yaml", "title": "Orders are answered faster", "why": "People leave."}


@pytest.mark.usefixtures("workspace")
async def test_a_modern_client_listens():
    async with Client(build(), mode="auto") as client, client.listen(resource_subscriptions=[ARCHITECTURE, FIRST]) as told:
        previewed = await client.call_tool("render_adr", {"preview": True})
        written = await client.call_tool("render_adr", {})
        with anyio.fail_after(20):
            assert await anext(told) == ResourceUpdated(uri=FIRST), (previewed, written)
        again = await client.call_tool("render_adr", {})
        changed = await client.call_tool("propose_architecture", {"output": "architecture.yaml"})
        assert not again.is_error
        assert changed.is_error, "there are no answers, so nothing is written and nothing is told"


@pytest.mark.filterwarnings("ignore:resources/:mcp.shared.exceptions.MCPDeprecationWarning")
@pytest.mark.usefixtures("workspace")
async def test_a_client_of_before_subscribes_and_unsubscribes():
    heard: list[str] = []

    async def hear(message: object) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            heard.append(str(message.params.uri))

    async with Client(build(), mode="legacy", message_handler=hear) as client:
        await client.subscribe_resource(FIRST)
        await client.call_tool("render_adr", {"preview": True})
        assert heard == []
        await client.call_tool("render_adr", {})
        await client.call_tool("render_adr", {})
        assert heard == [FIRST]
        await client.subscribe_resource(ARCHITECTURE)
        await client.unsubscribe_resource(FIRST)
        result = await client.call_tool("change_architecture", RECORD)
    assert not result.is_error, result.content
    assert heard == [FIRST, ARCHITECTURE]


async def test_a_record_is_told_of_by_its_whole_name_too(workspace: Path):
    async with Client(build()) as client:
        await client.call_tool("render_adr", {})
        (record,) = (workspace / "docs/adr").glob("ADR-001*.md")
        record.unlink()
        async with client.listen(resource_subscriptions=[f"microservices://adr/{record.stem}"]) as told:
            await client.call_tool("render_adr", {"theirs": ["docs/adr"]})
            with anyio.fail_after(20):
                assert await anext(told) == ResourceUpdated(uri=f"microservices://adr/{record.stem}")
