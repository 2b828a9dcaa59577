"""What the pages name is there: tests that prove a guarantee, commands and options that a person is to type."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import click
import pytest
from tools.site.reference import pages

from microservices_skill.cli import main
from microservices_skill.mcp_server.server import build
from microservices_skill.questionnaire.questions import QUESTIONS

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
GUARANTEES = ROOT / "docs" / "explanation" / "guarantees.md"


def test_each_guarantee_names_its_proof_and_its_limit() -> None:
    [_, *sections] = re.split(r"^## ", GUARANTEES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sections.pop().startswith("What was validated but not run")
    assert [each.splitlines()[0] for each in sections if "**Proof**" not in each or "**Not promised**" not in each] == []


@pytest.mark.parametrize("proof", re.findall(r"`(tests/\S+::\w+)`", GUARANTEES.read_text(encoding="utf-8")))
def test_each_proof_is_a_test(proof: str) -> None:
    path, _, name = proof.partition("::")
    assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_command_is_one_with_these_options(page: Path) -> None:
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    root = click.Context(main)
    for name, rest in re.findall(r"(?<!/)microservices-skill ([a-z][a-z-]*)([^`\n|]*)", text):
        command = main.get_command(root, name)
        assert command is not None, f"{page.name}: there is no command {name}"
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        assert set(re.findall(r"(?<= )--[a-z-]+", rest)) <= known, f"{page.name}: {name}{rest}"


def test_each_problem_type_has_a_guide_that_includes_what_an_agent_reads() -> None:
    types = {path.stem for path in (ROOT / "skills" / "microservices-skill" / "references").glob("*.md")} - {"model"}
    guides = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "howto").glob("*.md") if path.stem != "index"}
    assert guides.keys() == types
    assert [name for name, text in guides.items() if f"{{include}} ../_included/{name}.md" not in text] == []


def test_the_reference_has_every_command_tool_and_question() -> None:
    made = pages()
    assert set(main.commands) <= set(re.findall(r"^## (\S+)$", made["reference/cli.md"], re.MULTILINE))
    tools = {tool.name for tool in asyncio.run(build().list_tools())}
    assert tools <= set(re.findall(r"^### (\S+)$", made["reference/mcp.md"], re.MULTILINE))
    assert made["reference/questionnaire.md"].count("\n### ") == len(QUESTIONS)
