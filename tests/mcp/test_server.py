import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from mcp_types import CallToolResult, ListRootsResult, Root, TextContent
from tests.contracts.samples import SHOP

from mcp import Client, StdioServerParameters
from microservices_skill.app.generation import generate_system
from microservices_skill.mcp_server.server import build

ROOT = Path(__file__).parents[2]
MODES = pytest.mark.parametrize("mode", ["auto", "legacy"])
TOOLS = [
    "add_capability",
    "ask_questionnaire",
    "change_architecture",
    "generate_service",
    "generate_system",
    "plan_migration",
    "propose_architecture",
    "render_adr",
    "validate_architecture",
]
PROBLEMS = ["architecture", "deployment", "implementation", "migration", "observability", "resilience", "security", "testing"]

pytestmark = pytest.mark.anyio


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def text(result: CallToolResult) -> str:
    return "".join(part.text for part in result.content if isinstance(part, TextContent))


def unportable(schema: object, *, is_root: bool = True) -> Iterator[str]:
    """What a client somewhere drops or refuses: references, unions, lists of types, keywords that combine, schemas that say nothing."""
    combining = {"anyOf", "oneOf", "allOf", "not", "if"}
    match schema:
        case {"properties": dict(properties)}:
            yield from ((combining | {"$ref", "$defs"}) & schema.keys())
            for each in properties.values():
                yield from unportable(each, is_root=False)
        case {"type": str(kind), **rest}:
            yield from ((combining | {"$ref", "$defs", "const"}) & rest.keys())
            if kind == "array":
                yield from unportable(rest.get("items"), is_root=False)
            if is_root or (kind == "object" and rest.get("additionalProperties") is not True):
                yield f"an object of nothing: {schema}"
        case _:
            yield f"no single type: {schema}"


@MODES
async def test_the_tools_have_titles_annotations_and_flat_input_schemas(mode: str):
    async with Client(build(), mode=mode) as client:
        tools = (await client.list_tools()).tools
    assert sorted(tool.name for tool in tools) == TOOLS
    for tool in tools:
        assert not set(unportable(tool.input_schema)), tool.name
        assert not {"root", "asked", "ctx"} & tool.input_schema["properties"].keys()
        assert tool.title
        assert tool.description
        assert tool.output_schema is not None
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is (tool.name == "validate_architecture")


async def test_the_list_of_tools_is_small():
    async with Client(build()) as client:
        tools = (await client.list_tools()).tools
    listed = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]
    assert len(json.dumps(listed, separators=(",", ":"))) < 16_000, "about 4,000 tokens; bench/economy.py counts them"


@MODES
async def test_a_finding_is_structured_and_says_the_same_as_the_text(workspace: Path, mode: str):
    (workspace / "architecture.yaml").write_text(SHOP.replace("stores: [payment-db]", "stores: [order-db]"), encoding="utf-8")
    async with Client(build(), mode=mode) as client:
        result = await client.call_tool("validate_architecture", {})
    assert not result.is_error
    assert result.structured_content is not None
    assert result.structured_content["ok"] is False
    assert result.structured_content["findings"][0]["rule"] == "shared-data-store"
    assert json.loads(text(result)) == result.structured_content


@MODES
async def test_breaking_changes_against_an_older_version_are_findings(workspace: Path, mode: str):
    (workspace / "old.yaml").write_text(SHOP, encoding="utf-8")
    (workspace / "architecture.yaml").write_text(SHOP.replace("money, minimum: 0}", "integer}"), encoding="utf-8")
    async with Client(build(), mode=mode) as client:
        result = await client.call_tool("validate_architecture", {"against": "old.yaml"})
        same = await client.call_tool("validate_architecture", {"architecture": "old.yaml", "against": "old.yaml"})
    assert result.structured_content is not None
    assert same.structured_content is not None
    assert {"breaking-event-change", "breaking-response-change"} <= {each["rule"] for each in result.structured_content["findings"]}
    assert same.structured_content["ok"] is True


@MODES
async def test_a_generated_service_is_summed_up_without_its_text(workspace: Path, mode: str):
    heard: list[str | None] = []

    async def hear(_done: float, _all: float | None, what: str | None) -> None:
        heard.append(what)

    async with Client(build(), mode=mode) as client:
        result = await client.call_tool("generate_service", {"service": "order"}, progress_callback=hear)
    assert not result.is_error, text(result)
    assert result.structured_content is not None
    assert result.structured_content["counts"]["create"] > 50
    assert (workspace / "services/order/README.md").is_file()
    assert len(text(result)) < 10_000
    assert heard == ["checking the design", "generating order", "writing"]


@MODES
@pytest.mark.parametrize(
    ("tool", "arguments", "steps"),
    [
        ("generate_system", {"preview": True}, 6),
        ("render_adr", {}, 2),
        ("plan_migration", {"monolith": "migration.yaml"}, 3),
        ("add_capability", {"capability": "security", "service_folder": "plain"}, 3),
    ],
)
async def test_longer_work_tells_each_step(workspace: Path, mode: str, tool: str, arguments: dict[str, object], steps: int):
    (workspace / "migration.yaml").write_bytes((ROOT / "examples/monolith/monolith.yaml").read_bytes())
    (workspace / "plain").mkdir()
    (workspace / "plain/requirements.txt").write_text("fastapi\n", encoding="utf-8")
    (workspace / "plain/main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n", encoding="utf-8")
    heard: list[tuple[float, float | None]] = []

    async def hear(done: float, every: float | None, _: str | None) -> None:
        heard.append((done, every))

    if tool == "plan_migration":
        (workspace / "architecture.yaml").unlink()
    async with Client(build(), mode=mode) as client:
        result = await client.call_tool(tool, arguments, progress_callback=hear)
    assert not result.is_error, text(result)
    assert heard == [(step, steps) for step in range(steps)]


@MODES
async def test_a_preview_writes_nothing(workspace: Path, mode: str):
    async with Client(build(), mode=mode) as client:
        result = await client.call_tool("generate_service", {"service": "order", "preview": True})
    assert result.structured_content is not None
    assert result.structured_content["written"] is False
    assert names(workspace) == ["architecture.yaml"]


@MODES
@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("validate_architecture", {"architecture": "../../etc/passwd"}, "not inside the workspace"),
        ("validate_architecture", {"architecture": "/etc/passwd"}, "not inside the workspace"),
        ("validate_architecture", {"architecture": "nowhere.yaml"}, "there is no such file"),
        ("validate_architecture", {"architecture": "bad.yaml"}, "bad.yaml:1:"),
        ("validate_architecture", {"against": "bad.yaml"}, "bad.yaml:1:"),
        ("validate_architecture", {"against": "nowhere.yaml"}, "nowhere.yaml: there is no such file"),
        ("validate_architecture", {"against": "../old.yaml"}, "not inside the workspace"),
        ("generate_service", {"service": "order", "output": "../out"}, "not inside the workspace"),
        ("generate_service", {"service": "ordr"}, "order, payment"),
        ("generate_service", {"service": "x" * 10_000}, "at most 40"),
        ("generate_service", {"service": "order", "capability": "magic"}, "resilience"),
        ("generate_system", {"language": "cobol"}, "python"),
        ("add_capability", {"capability": "magic"}, "resilience"),
        ("add_capability", {"capability": "security"}, "no service here; looked for fastapi in requirements.txt"),
        ("add_capability", {"capability": "security", "service_folder": "../other"}, "not inside the workspace"),
    ],
)
async def test_bad_input_tells_the_model_what_to_do_and_writes_nothing(
    workspace: Path, mode: str, tool: str, arguments: dict[str, object], message: str
):
    (workspace / "bad.yaml").write_text("a: {{7*7}}\n", encoding="utf-8")
    async with Client(build(), mode=mode) as client:
        result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert message in text(result)
    assert "Traceback" not in text(result)
    assert names(workspace) == ["architecture.yaml", "bad.yaml"]


@MODES
async def test_a_capability_is_added_to_a_service_that_was_not_generated(workspace: Path, mode: str):
    (workspace / "requirements.txt").write_text("fastapi\n", encoding="utf-8")
    (workspace / "main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n", encoding="utf-8")
    async with Client(build(), mode=mode) as client:
        outside = await client.call_tool("add_capability", {"capability": "security", "into": "../out"})
        result = await client.call_tool("add_capability", {"capability": "security"})
    assert "not a safe relative path" in text(outside) or "no name of a package" in text(outside)
    assert not (workspace.parent / "out").exists()
    assert result.structured_content is not None
    assert (result.structured_content["written"], result.structured_content["patch"]) == (True, "service_platform/wiring.patch")
    assert "WIRING.md" in result.structured_content["next"]
    assert len(text(result)) < 3_000


@MODES
async def test_a_service_generated_by_a_folder_above_the_workspace_is_not_renewed_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
):
    (tmp_path / "architecture.yaml").write_text(SHOP, encoding="utf-8")
    generate_system(tmp_path, tmp_path / "architecture.yaml")
    metrics = next((tmp_path / "services/order").rglob("http_metrics.py"))
    metrics.unlink()
    monkeypatch.setenv("MICROSERVICES_SKILL_ROOT", str(tmp_path / "services/order"))
    async with Client(build(), mode=mode) as client:
        await client.call_tool("add_capability", {"capability": "observability", "theirs": ["."]})
    assert not metrics.exists()


@MODES
async def test_the_eight_problem_types_are_prompts(mode: str):
    async with Client(build(), mode=mode) as client:
        assert sorted(prompt.name for prompt in (await client.list_prompts()).prompts) == PROBLEMS
        got = await client.get_prompt("resilience", {"task": "calls to the bank time out"})
    assert "calls to the bank time out" in str(got.messages[0].content)


@MODES
async def test_the_schema_the_rules_and_the_architecture_are_resources(workspace: Path, mode: str):
    async with Client(build(), mode=mode) as client:
        schema = await client.read_resource("microservices://schema")
        rules = await client.read_resource("microservices://rules")
        current = await client.read_resource("microservices://architecture")
    assert json.loads(schema.contents[0].text)["title"] == "Architecture"
    assert any(rule["id"] == "shared-data-store" for rule in json.loads(rules.contents[0].text))
    assert current.contents[0].text == (workspace / "architecture.yaml").read_text(encoding="utf-8")


@MODES
async def test_a_real_process_serves_over_stdio(workspace: Path, mode: str):
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-c", "from microservices_skill.cli import main; main(['serve'])"],
        env={"PYTHONPATH": str(ROOT / "server"), "MICROSERVICES_SKILL_ROOT": str(workspace)},
    )
    async with Client(parameters, mode=mode) as client:
        result = await client.call_tool("validate_architecture", {})
    assert result.structured_content is not None
    assert result.structured_content["ok"] is True


@MODES
async def test_a_client_that_names_its_root_works_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str):
    monkeypatch.delenv("MICROSERVICES_SKILL_ROOT", raising=False)
    monkeypatch.delenv("CLAUDE_PROJECT_DIR", raising=False)
    (tmp_path / "my project").mkdir()
    (tmp_path / "my project/architecture.yaml").write_text(SHOP, encoding="utf-8")

    async def roots(_: object) -> ListRootsResult:
        return ListRootsResult(roots=[Root(uri=(tmp_path / "my project").as_uri())])

    async with Client(build(), mode=mode, list_roots_callback=roots) as client:
        result = await client.call_tool("validate_architecture", {})
    assert result.structured_content is not None, text(result)
    assert result.structured_content["source"] == str(tmp_path / "my project/architecture.yaml")


@MODES
async def test_without_a_named_root_the_current_folder_is_it(tmp_path: Path, mode: str):
    (tmp_path / "architecture.yaml").write_text(SHOP, encoding="utf-8")
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-c", "from microservices_skill.cli import main; main(['serve'])"],
        env={"PYTHONPATH": str(ROOT / "server")},
        cwd=tmp_path,
    )
    async with Client(parameters, mode=mode) as client:
        result = await client.call_tool("validate_architecture", {})
    assert result.structured_content is not None
    assert result.structured_content["source"] == str(tmp_path / "architecture.yaml")
