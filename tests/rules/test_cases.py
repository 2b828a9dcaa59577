"""Each rule has a folder of its id: an architecture that violates it and one that complies."""

from __future__ import annotations

from pathlib import Path

import pytest

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.loading import read_architecture
from microservices_skill.rules.catalogue import RULES
from microservices_skill.rules.engine import validate
from microservices_skill.rules.findings import Finding, Severity
from microservices_skill.rules.rule import Rule

HERE = Path(__file__).parent
IDS = [rule.id for rule in RULES]


def read(path: Path) -> Architecture:
    return read_architecture(path.read_text(encoding="utf-8"))[0]


def findings(rule: str, name: str) -> list[Finding]:
    old = HERE / rule / "old.yaml"
    return validate(read(HERE / rule / name), previous=read(old) if old.exists() else None)


@pytest.mark.parametrize("rule", IDS)
def test_only_this_rule_speaks_where_it_is_violated(rule: str) -> None:
    first = (HERE / rule / "violates.yaml").read_text(encoding="utf-8").splitlines()[0]
    companions = set(first.removeprefix("# also: ").split()) if first.startswith("# also: ") else set()
    found = findings(rule, "violates.yaml")
    assert rule in {finding.rule for finding in found}
    assert {finding.rule for finding in found if finding.severity is not Severity.INFO} <= {rule} | companions


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_the_example_of_a_rule_shows_it_at_its_own_severity(rule: Rule) -> None:
    assert {finding.severity for finding in findings(rule.id, "violates.yaml") if finding.rule == rule.id} == {rule.severity}


@pytest.mark.parametrize("rule", IDS)
def test_a_complying_architecture_is_not_reported(rule: str) -> None:
    assert rule not in {finding.rule for finding in findings(rule, "complies.yaml")}


def test_ids_are_unique_and_every_folder_is_a_rule() -> None:
    folders = {path.name for path in HERE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert len(set(IDS)) == len(IDS)
    assert folders == set(IDS)
