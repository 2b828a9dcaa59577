"""The skill is small, self-contained, and says only what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from microservices_skill.cli.commands import main
from microservices_skill.model.loading import read_architecture
from microservices_skill.rules.engine import validate
from microservices_skill.rules.findings import Severity

ROOT = Path(__file__).parents[2]
SKILL = ROOT / "skills" / "microservices-skill"
FRONT_DOORS = [ROOT / "SKILL.md", SKILL / "SKILL.md"]
PAGES = sorted((SKILL / "references").glob("*.md"))
TYPES = ("architecture", "implementation", "resilience", "observability", "testing", "deployment", "migration", "security")


@pytest.mark.parametrize("path", FRONT_DOORS, ids=str)
def test_the_front_matter_is_what_installers_accept(path: Path) -> None:
    front = yaml.safe_load(path.read_text(encoding="utf-8").split("---")[1])
    assert front["name"] == "microservices-skill"
    assert set(front) <= {"name", "description", "license", "compatibility", "metadata"}
    assert len(front["description"]) <= 1024
    assert "Use when" in front["description"]
    assert not set("<>") & set(front["description"])


@pytest.mark.parametrize("path", FRONT_DOORS, ids=str)
def test_the_front_door_keeps_its_budget(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    assert len(text) / 4 <= 2000


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_keeps_its_budget_and_holds_nothing_that_an_agent_would_substitute_or_run(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    assert not re.search(r"\$\d|\$ARGUMENTS|!`", text)


def test_every_problem_type_has_a_page_that_the_skill_links() -> None:
    text = (SKILL / "SKILL.md").read_text(encoding="utf-8")
    for problem in TYPES:
        assert f"(references/{problem}.md)" in text


@pytest.mark.parametrize(
    "path", [*FRONT_DOORS, *PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target


def test_every_command_that_the_skill_names_exists() -> None:
    named = re.search(r"`microservices-skill ([a-z|-]+)`", (SKILL / "SKILL.md").read_text(encoding="utf-8"))
    assert named is not None
    assert set(named[1].split("|")) <= set(main.commands)


def test_the_example_of_the_model_is_valid_and_has_no_finding_to_mend() -> None:
    text = (SKILL / "references" / "model.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert example is not None
    architecture, _ = read_architecture(example[1])
    assert [finding.rule for finding in validate(architecture) if finding.severity is not Severity.INFO] == []


def test_installers_that_copy_files_as_text_take_the_skill_whole() -> None:
    for path in SKILL.parent.rglob("*"):
        assert not any(part.startswith(".") for part in path.relative_to(SKILL.parent).parts), f"{path} would be left out"
        if path.is_file():
            path.read_text(encoding="utf-8")
            assert not path.stat().st_mode & 0o111, f"{path} would lose its execute bit"
    for folder in SKILL.parent.iterdir():
        front = yaml.safe_load((folder / "SKILL.md").read_text(encoding="utf-8").split("---")[1])
        assert front["name"] == folder.name, "one installer names it by the folder, another by the front matter"
