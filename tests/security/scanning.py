"""What scans code for what should not be in it, and the systems that it is let loose on."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.generated.architectures import ROOT

from microservices_skill.app.generation import generate_system

TOOLS = ROOT / ".tools" / "python" / "bin"


def tool(name: str) -> str:
    """A validator that `make tools` installs."""
    if not (TOOLS / name).exists():
        if os.environ.get("REQUIRE_TOOLS"):
            pytest.fail(f"{name} is not installed; run make tools")
        pytest.skip(f"{name} is not installed; run make tools")
    return str(TOOLS / name)


def scanned(folder: Path, name: str, *arguments: str, statuses: tuple[int, ...] = (0, 1)) -> subprocess.CompletedProcess[str]:
    """Run a validator in a folder; it must have come to an end by itself."""
    done = subprocess.run([tool(name), *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode in statuses, done.stdout[-3000:] + done.stderr[-3000:]
    return done


def write_example(example: str, folder: Path) -> Path:
    """A whole system, each service in both languages."""
    generate_system(folder, ROOT / "examples" / example / "architecture.yaml", language="both")
    return folder


def write_repository(folder: Path) -> Path:
    """This repository, as git has it and as it stands."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    return folder
