"""The mutations of the proof by faults fit what is generated: one that no longer applies would prove nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.generated.mutations import MUTATIONS, Mutation

GENERATED = Path(__file__).parents[2] / "examples" / "shop" / "generated"


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: each.mechanism)
def test_a_mutation_changes_the_generated_shop(mutation: Mutation, tmp_path: Path) -> None:
    target = tmp_path / mutation.path
    target.parent.mkdir(parents=True)
    shutil.copy(GENERATED / mutation.path, target)
    mutation.apply(tmp_path)
    assert target.read_text(encoding="utf-8") != (GENERATED / mutation.path).read_text(encoding="utf-8")
