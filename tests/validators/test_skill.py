"""The skill and the manifests of the repository, judged by the validators of their formats."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.validators.tools import accepts, run

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is in version control, or is to be, and nothing else of this folder."""
    folder = tmp_path_factory.mktemp("checkout")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for path in listed.stdout.splitlines():
        if (ROOT / path).is_file() and not path.startswith("examples/"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, folder / path)
    return folder


def test_the_skill_is_one(checkout: Path) -> None:
    assert "Valid skill" in accepts("agentskills", "validate", checkout / "skills/microservices-skill")


def test_agnix_finds_nothing(checkout: Path) -> None:
    accepts("agnix", "--strict", ".", folder=checkout)


def test_skillsaw_finds_nothing(checkout: Path) -> None:
    said = accepts("skillsaw", "lint", "--strict", ".", folder=checkout)
    assert "Errors:   0" in said
    assert "Warnings: 0" in said


def test_agent_audit_finds_nothing_in_the_skill_and_the_servers(checkout: Path, tmp_path: Path) -> None:
    for each in ("skills/microservices-skill", "server/microservices_skill/mcp_server", "server/microservices_skill/http_server"):
        assert audited(checkout / each, tmp_path) == []


def test_agent_audit_finds_what_somebody_plants(tmp_path: Path) -> None:
    planted = (
        "import os\n\nfrom mcp.server.mcpserver import MCPServer\n\nmcp = MCPServer('x')\n\n\n@mcp.tool()\ndef run(command: str) -> int:\n"
    )
    (tmp_path / "server").mkdir()
    (tmp_path / "server/planted.py").write_text(f"{planted}    return os.system(command)\n", encoding="utf-8")
    assert audited(tmp_path / "server", tmp_path) != []


def audited(folder: Path, reports: Path) -> list[object]:
    """What agent-audit finds; what it only says of a name of a file (info) left out."""
    report = reports / "report.json"
    run("agent-audit", "scan", folder, "--format", "json", "--output", report, "--severity", "low")
    found: list[object] = json.loads(report.read_text(encoding="utf-8"))["findings"]
    return found
