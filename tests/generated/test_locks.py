"""What the generated Python services lock stays installable when newer versions of locked packages are released."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.generated.architectures import ROOT
from tests.generated.languages import Toolchains, python_lock

UNPINNED_EXTRAS = """
import sys
from importlib.metadata import distributions
from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name

lines = [line.split(" ")[0] for line in open(sys.argv[1]) if line[0].isalnum()]
pins = {canonicalize_name(each.name): each.extras for each in map(Requirement, lines)}
for dist in distributions():
    chosen = {"", *pins.get(canonicalize_name(dist.name), ())}
    for need in map(Requirement, dist.requires or ()):
        wanted = need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in chosen)
        missing = need.extras - pins.get(canonicalize_name(need.name), need.extras)
        if wanted and missing:
            print(f"{dist.name} needs {need.name}[{','.join(sorted(missing))}]")
"""
"""pip in hash mode takes the newest ``name[extra]`` for a pin of ``name`` alone, and then refuses it as unpinned."""


def unpinned_extras(python: Path, lock: Path) -> str:
    """What the packages of an environment need with extras that its lock leaves out."""
    run = [python, "-c", UNPINNED_EXTRAS, lock]
    return subprocess.run(run, capture_output=True, text=True, check=True, timeout=60).stdout


def test_our_own_lock_pins_the_extras_that_its_packages_need() -> None:
    assert unpinned_extras(Path(sys.executable), ROOT / "requirements" / "dev.txt") == ""


@pytest.mark.slow
@pytest.mark.parametrize("lock", ["requirements-dev.txt", "requirements.txt"])
def test_a_service_s_lock_pins_the_extras_that_its_packages_need(toolchains: Toolchains, tmp_path: Path, lock: str) -> None:
    where = tmp_path / lock
    where.write_text(python_lock(lock), encoding="utf-8")
    assert unpinned_extras(toolchains.python.home / "bin" / "python", where) == ""
