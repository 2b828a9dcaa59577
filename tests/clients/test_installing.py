"""Installed into a client, found by it, diagnosed, and taken out again."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import pytest

from microservices_skill.app.existing_results import Diagnosis
from microservices_skill.app.installing import diagnose, install, uninstall
from microservices_skill.clients.catalogue import CLIENTS, Scope
from microservices_skill.errors import SkillError

COMMAND = f"{Path(sys.executable).parent / 'microservices-skill'} serve"
PLACES = [(client.name, str(scope)) for client in CLIENTS.values() for scope in client.settings]


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    project, home = tmp_path / "project", tmp_path / "home"
    project.mkdir()
    home.mkdir()
    return project, home


def contents(*folders: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def entry(client: str, path: Path) -> dict[str, object]:
    text = path.read_text(encoding="utf-8")
    data = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    found: dict[str, object] = data[CLIENTS[client].key]["microservices"]
    return found


@pytest.mark.parametrize(("client", "scope"), PLACES)
def test_every_client_gets_server_and_skill_and_nothing_is_left_when_it_is_undone(
    client: str, scope: str, folders: tuple[Path, Path]
) -> None:
    project, home = folders
    result = install(client, scope, project=project, home=home, command=COMMAND)
    settings = Path(result.settings)
    assert settings.is_relative_to(project if scope == Scope.PROJECT else home)
    found = entry(client, settings)
    assert [found["command"], *found["args"]] == COMMAND.split()  # type: ignore[misc]
    assert ("type" in found) == (client == "vscode")
    assert (Path(result.skill) / "SKILL.md").is_file()
    assert (Path(result.skill) / "references/migration.md").is_file()
    before = contents(project, home)
    again = install(client, scope, project=project, home=home, command=COMMAND)
    assert (again.is_changed, contents(project, home)) == (False, before)
    uninstall(client, scope, project=project, home=home)
    assert [*project.iterdir(), *home.iterdir()] == []


def test_what_people_have_in_settings_and_skill_stays(folders: tuple[Path, Path]) -> None:
    project, home = folders
    settings = project / ".mcp.json"
    text = '{\r\n    "mcpServers": {\r\n        "other": {"command": "x"}\r\n    }\r\n}\r\n'
    settings.write_bytes(text.encode())
    settings.chmod(0o600)
    result = install("claude-code", "project", project=project, home=home, command=COMMAND)
    assert b'"other": {"command": "x"}\r\n' in settings.read_bytes()
    assert b"\n" not in settings.read_bytes().replace(b"\r\n", b"")
    assert settings.stat().st_mode & 0o777 == 0o600
    page = Path(result.skill) / "SKILL.md"
    page.write_text(page.read_text(encoding="utf-8") + "\nAsk Ada first.\n", encoding="utf-8")
    install("claude-code", "project", project=project, home=home, command=COMMAND)
    assert "Ask Ada first." in page.read_text(encoding="utf-8")
    undone = uninstall("claude-code", "project", project=project, home=home)
    assert settings.read_bytes() == text.encode()
    assert undone.conflicts == ("SKILL.md",)
    assert "Ask Ada first." in page.read_text(encoding="utf-8")


def test_a_preview_writes_nothing(folders: tuple[Path, Path]) -> None:
    project, home = folders
    assert install("cursor", "project", project=project, home=home, command=COMMAND, preview=True).written is False
    assert contents(project, home) == {}


def test_settings_that_cannot_be_read_are_left_and_the_entry_is_told(folders: tuple[Path, Path]) -> None:
    project, home = folders
    (project / ".mcp.json").write_text('{"mcpServers": ', encoding="utf-8")
    with pytest.raises(SkillError, match=r"left as it is, as it cannot be read.*add by hand: mcpServers\.microservices = "):
        install("claude-code", "project", project=project, home=home, command=COMMAND)
    assert list(contents(project, home)) == [str(project / ".mcp.json")]


def test_a_scope_that_a_client_does_not_know_is_a_clear_error(folders: tuple[Path, Path]) -> None:
    project, home = folders
    with pytest.raises(SkillError, match="codex has no settings of MCP servers for scope project; use --scope user"):
        install("codex", "project", project=project, home=home)


def test_the_doctor_starts_the_server_and_says_what_is_wrong(folders: tuple[Path, Path]) -> None:
    project, home = folders

    def found() -> list[Diagnosis]:
        return [each for each in diagnose(project=project, home=home) if each.name != "node"]

    assert found() == []
    install("claude-code", "project", project=project, home=home, command=COMMAND)
    [healthy] = found()
    assert (healthy.name, healthy.ok) == ("claude-code (project)", True)
    skill = project / ".claude/skills/microservices-skill/SKILL.md"
    skill.unlink()
    assert "the skill is not in" in found()[0].found
    install("claude-code", "project", project=project, home=home, command=COMMAND)
    assert found() == [healthy], "what got lost is there again"
    for command, said in ((f"{sys.executable} -c pass", "does not answer as an MCP server"), ("/no/such serve", "which is not there")):
        install("claude-code", "project", project=project, home=home, command=command)
        [broken] = found()
        assert (broken.ok, said in broken.found) == (False, True), broken
        assert broken.fix == "microservices-skill install --client claude-code --scope project"
    (project / ".mcp.json").write_text('{"mcpServers": {}}', encoding="utf-8")
    assert "does not name microservices" in found()[0].found
    (project / ".mcp.json").write_text("{", encoding="utf-8")
    assert "cannot be read" in found()[0].found
