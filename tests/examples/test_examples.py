"""The examples are what the tool makes of them today; nobody edits what is generated."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.propose_examples import EXAMPLES, proposed
from tools.regenerate import GOLDEN

from microservices_skill.app.generation import generate_system
from microservices_skill.model.loading import read_architecture
from microservices_skill.rules.engine import validate
from microservices_skill.rules.findings import Severity
from microservices_skill.workspace.paths import STATE

NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/answers.yaml"))


def files(folder: Path) -> dict[str, str]:
    """What a folder holds, without what the next run remembers of this one."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and STATE not in path.relative_to(folder).parts)
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in found}


def test_there_are_three_different_domains() -> None:
    assert len(NAMES) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_an_architecture_is_what_its_answers_lead_to(name: str) -> None:
    assert (EXAMPLES / name / "architecture.yaml").read_text(encoding="utf-8") == proposed(EXAMPLES / name), "run make regen"


@pytest.mark.parametrize("name", NAMES)
def test_a_proposed_architecture_has_no_finding_that_a_team_must_mend(name: str) -> None:
    architecture, _ = read_architecture((EXAMPLES / name / "architecture.yaml").read_text(encoding="utf-8"))
    assert [finding for finding in validate(architecture) if finding.severity is not Severity.INFO and finding.accepted is None] == []


@pytest.mark.parametrize("name", GOLDEN)
def test_the_committed_output_is_what_is_generated(name: str, tmp_path: Path) -> None:
    generate_system(tmp_path, EXAMPLES / name / "architecture.yaml")
    made, kept = files(tmp_path), files(EXAMPLES / name / "generated")
    assert sorted(made) == sorted(kept), "run make regen"
    assert [path for path in made if made[path] != kept[path]] == [], "run make regen"


def test_generating_twice_changes_nothing(tmp_path: Path) -> None:
    source = EXAMPLES / "shop" / "architecture.yaml"
    generate_system(tmp_path, source)
    before = files(tmp_path)
    again = generate_system(tmp_path, source)
    assert files(tmp_path) == before
    assert set(again.counts) <= {"unchanged", "keep"}


def test_a_rule_that_a_person_wrote_survives_and_an_edit_elsewhere_is_never_overwritten(tmp_path: Path) -> None:
    source = EXAMPLES / "shop" / "architecture.yaml"
    generate_system(tmp_path, source)
    services = tmp_path / "services"
    touched = [
        services / "order/src/domains/purchase-order/purchase-order.rules.ts",
        services / "order/src/main.ts",
        services / "inventory/src/inventory/domains/stock_item/rules.py",
        services / "inventory/src/inventory/main.py",
    ]
    for path in touched:
        path.write_text(path.read_text(encoding="utf-8") + "\n# a person's line\n", encoding="utf-8")
    changed = tmp_path / "architecture.yaml"
    changed.write_text(
        source.read_text(encoding="utf-8").replace("Takes orders", "Takes all orders").replace("Keeps", "Has"), encoding="utf-8"
    )
    generate_system(tmp_path, changed)
    assert all(path.read_text(encoding="utf-8").endswith("# a person's line\n") for path in touched)
