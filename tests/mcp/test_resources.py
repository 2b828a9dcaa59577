"""Prompts with their completions, resources by template, and the skill over MCP."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import (
    EmbeddedResource,
    PromptReference,
    Request,
    RequestParams,
    ResourceTemplateReference,
    Result,
    TextContent,
    TextResourceContents,
)
from pydantic import ConfigDict
from tests.contracts.samples import SHOP
from tests.mcp.test_server import PROBLEMS, TOOLS

from mcp import Client
from microservices_skill.mcp_server.server import build
from microservices_skill.mcp_server.skills import SKILL

MODES = pytest.mark.parametrize("mode", ["auto", "legacy"])
LANGUAGES = ["typescript", "python", "both"]

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MICROSERVICES_SKILL_ROOT", str(tmp_path))
    (tmp_path / "architecture.yaml").write_text(SHOP, encoding="utf-8")
    return tmp_path


async def read(client: Client, uri: str) -> str:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    return content.text


async def completed(client: Client, ref: PromptReference | ResourceTemplateReference, name: str, value: str = "") -> list[str]:
    return (await client.complete(ref, {"name": name, "value": value})).completion.values


@MODES
@pytest.mark.parametrize("problem", PROBLEMS)
async def test_a_prompt_says_what_is_asked_names_tools_that_exist_and_brings_its_page(mode: str, problem: str):
    given = {"task": "calls to the bank time out", "language": "python", "service": "order"}
    async with Client(build(), mode=mode) as client:
        steps, page = (await client.get_prompt(problem, given)).messages
    assert isinstance(steps.content, TextContent)
    assert steps.content.text.startswith("Task: calls to the bank time out\nLanguage: python\nService: order\n\n")
    assert "{" not in steps.content.text
    named = {word.strip(".,;:()") for word in steps.content.text.split() if "_" in word}
    assert named <= {*TOOLS, "draft_file"}, named
    assert named & {*TOOLS}
    assert isinstance(page.content, EmbeddedResource)
    assert page.content.resource.uri == f"{SKILL}/references/{problem}.md"


async def test_the_migration_prompt_plans():
    async with Client(build()) as client:
        assert "plan_migration" in str((await client.get_prompt("migration")).messages[0])


@MODES
async def test_arguments_of_prompts_are_completed(mode: str):
    ref = PromptReference(name="resilience")
    async with Client(build(), mode=mode) as client:
        assert await completed(client, ref, "language") == LANGUAGES
        assert await completed(client, ref, "language", "p") == ["python"]
        assert await completed(client, ref, "service", "o") == ["order"]
        assert await completed(client, ref, "task") == []


@MODES
async def test_variables_of_templates_are_completed(workspace: Path, mode: str):
    async with Client(build(), mode=mode) as client:
        await client.call_tool("render_adr", {})
        (adr,) = await completed(client, ResourceTemplateReference(uri="microservices://adr/{name}"), "name", "ADR-001")
        rule = await completed(client, ResourceTemplateReference(uri="microservices://rules/{name}"), "name", "shared-data")
        pages = await completed(client, ResourceTemplateReference(uri=f"{SKILL}/{{+path}}"), "path", "references/re")
        assert await read(client, f"microservices://adr/{adr}") == (workspace / f"docs/adr/{adr}.md").read_text(encoding="utf-8")
    assert (rule, pages) == (["shared-data-store"], ["references/resilience.md"])


async def test_a_broken_architecture_completes_nothing(workspace: Path):
    (workspace / "architecture.yaml").write_text("a: {{", encoding="utf-8")
    async with Client(build()) as client:
        assert await completed(client, PromptReference(name="testing"), "service") == []


async def test_no_more_than_a_hundred_completions_come_at_once():
    async with Client(build()) as client:
        ref = ResourceTemplateReference(uri="microservices://rules/{name}")
        found = (await client.complete(ref, {"name": "name", "value": ""})).completion
    assert (len(found.values), found.has_more) == (100, True)
    assert found.total is not None
    assert found.total > 140


@MODES
async def test_a_rule_a_document_and_a_contract_are_read_by_template(workspace: Path, mode: str):
    (workspace / "contracts/openapi").mkdir(parents=True)
    (workspace / "contracts/openapi/order.json").write_text("{}", encoding="utf-8")
    (workspace / "docs").mkdir()
    (workspace / "docs/capacity.md").write_text("# Capacity", encoding="utf-8")
    async with Client(build(), mode=mode) as client:
        assert json.loads(await read(client, "microservices://rules/shared-data-store"))["severity"] == "error"
        assert await read(client, "microservices://contracts/openapi/order.json") == "{}"
        assert await read(client, "microservices://docs/capacity.md") == "# Capacity"
        with pytest.raises(MCPError, match="near it: shared-data-store"):
            await client.read_resource("microservices://rules/shared-data-stor")


@MODES
@pytest.mark.parametrize("path", ["../architecture.yaml", "%2e%2e/architecture.yaml", "/etc/passwd", "link/secret"])
@pytest.mark.parametrize("folder", ["microservices://contracts", "microservices://docs", SKILL])
async def test_no_path_leads_out_of_its_folder(workspace: Path, mode: str, folder: str, path: str):
    (workspace / "secret").write_text("secret", encoding="utf-8")
    for each in ("contracts", "docs"):
        (workspace / each).mkdir()
        (workspace / each / "link").symlink_to(workspace)
    async with Client(build(), mode=mode) as client:
        with pytest.raises(MCPError):
            await client.read_resource(f"{folder}/{path}")


class Anything(Result):
    model_config = ConfigDict(extra="allow")


class Given(RequestParams):
    model_config = ConfigDict(extra="allow")


async def ask(client: Client, method: str, **params: object) -> dict[str, Any]:
    request = Request[Given, str](method=method, params=Given(**params))
    return (await client.session.send_request(request, Anything)).model_dump(by_alias=True)


async def test_the_skill_comes_with_every_file_and_its_digest():
    async with Client(build()) as client:
        assert client.server_capabilities.extensions["io.modelcontextprotocol/skills"] == {}
        (entry,) = (await ask(client, "skills/list"))["skills"]
        same = await ask(client, "skills/get", uri=entry["uri"])
        assert same["skill"] == entry
        assert (entry["uri"], entry["frontmatter"]["name"]) == (f"{SKILL}/SKILL.md", "microservices-skill")
        for each in entry["resources"]:
            data = (await read(client, each["uri"])).encode()
            assert (each["size"], each["digest"]) == (len(data), f"sha256:{hashlib.sha256(data).hexdigest()}")
        with pytest.raises(MCPError, match="this server has"):
            await ask(client, "skills/get", uri="skill://other/SKILL.md")


async def test_a_client_of_before_reads_the_skill_and_has_no_methods_for_it():
    async with Client(build(), mode="legacy") as client:
        assert (await read(client, f"{SKILL}/SKILL.md")).startswith("---\nname: microservices-skill")
        with pytest.raises(MCPError, match="Method not found"):
            await ask(client, "skills/list")
