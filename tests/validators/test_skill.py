"""The skill and the manifests of the repository, judged by the validators of their formats."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.validators.tools import accepts

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
