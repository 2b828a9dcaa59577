"""Other people's clients use our server: they list its tools, validate an example and answer a question, over stdio."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.tools import PACKAGES, ROOT, node, python
from tests.mcp.pipe import SERVE
from tests.mcp.test_elicitation import accept
from tests.mcp.test_server import TOOLS

from mcp import Client, StdioServerParameters

CLIENTS = Path(__file__).parent / "clients"
INSPECTOR = PACKAGES / "@modelcontextprotocol/inspector/clients"

pytestmark = [pytest.mark.slow, pytest.mark.anyio]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    example = ROOT / "examples/shop/architecture.yaml"
    (tmp_path / "architecture.yaml").write_bytes(example.read_bytes())
    return tmp_path


def told(script: str, *arguments: str, workspace: Path) -> dict[str, Any]:
    """What a client saw of our server."""
    run = python if script.endswith(".py") else node
    done = run(CLIENTS / script, *arguments, *SERVE, workspace=workspace)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def served(version: str) -> dict[str, Any]:
    return {"version": version, "tools": len(TOOLS), "ok": True, "written": True}


@pytest.mark.parametrize(("mode", "version"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
async def test_the_python_sdk(workspace: Path, mode: str, version: str):
    parameters = StdioServerParameters(
        command=SERVE[0], args=SERVE[1:], env={"PYTHONPATH": str(ROOT / "server"), "MICROSERVICES_SKILL_ROOT": str(workspace)}
    )
    async with Client(parameters, mode=mode, elicitation_callback=accept) as client:
        tools = (await client.list_tools()).tools
        valid = (await client.call_tool("validate_architecture", {})).structured_content
        asked = (await client.call_tool("ask_questionnaire", {})).structured_content
        assert valid is not None
        assert asked is not None
        seen = {"version": client.protocol_version, "tools": len(tools), "ok": valid["ok"], "written": asked["written"]}
    assert seen == served(version)


def test_the_first_typescript_sdk(workspace: Path):
    assert told("sdk_v1.mjs", workspace=workspace) == served("2025-11-25")


@pytest.mark.parametrize(("mode", "version"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
def test_the_second_typescript_client(workspace: Path, mode: str, version: str):
    assert told("client_v2.mjs", mode, workspace=workspace) == served(version)


def test_fastmcp(workspace: Path):
    assert told("fastmcp_client.py", "legacy", workspace=workspace) == served("2025-11-25")


def test_fastmcp_and_the_skill_with_the_digests_of_its_files(workspace: Path):
    skill = {"skill": "microservices-skill", "files": len(list((ROOT / "skills/microservices-skill").rglob("*.md")))}
    assert told("fastmcp_client.py", "auto", workspace=workspace) == served("2026-07-28") | skill


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_the_inspector_finds_schemas_that_every_client_takes(workspace: Path, era: str):
    inspect = (INSPECTOR / "launcher/build/index.js", "--cli", SERVE[0], "-c", "import microservices_skill.cli as c; c.main(['serve'])")
    quiet = ("--protocol-era", era, "-q", "--format", "json")
    listed = node(*inspect, "--method", "tools/list", "--strict", *quiet, workspace=workspace)
    assert listed.returncode == 0, listed.stdout + listed.stderr
    assert sorted(each["name"] for each in json.loads(listed.stdout)["result"]["tools"]) == TOOLS
    called = node(*inspect, "--method", "tools/call", "--tool-name", "validate_architecture", *quiet, workspace=workspace)
    assert json.loads(called.stdout)["result"]["structuredContent"]["ok"] is True


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_the_inspector_answers_a_question(workspace: Path, era: str):
    def mcpdo(*arguments: str) -> str:
        return node(INSPECTOR / "mcpdo/build/mcp-bin.js", *arguments, workspace=workspace).stdout

    try:
        mcpdo("connect", "--era", era, "--elicit", "form", "--connection", "q", "--", *SERVE)
        asked = json.loads(mcpdo("--connection", "q", "--format", "json", "tools/call", "ask_questionnaire"))
        number = asked["elicitationPending"]["elicitationId"]
        mcpdo("--connection", "q", "elicitation/respond", number, "domain:=an online shop", "features:=pay")
    finally:
        mcpdo("daemon", "stop")
    assert "an online shop" in (workspace / "answers.yaml").read_text(encoding="utf-8")
