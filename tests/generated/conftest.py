"""The environment that generated services are checked in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.generated.running import ROOT


@pytest.fixture(scope="session")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with exactly what a generated service locks, each file checked by its hash."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    lock = ROOT / "templates" / "service-python" / "requirements-dev.txt"
    pip = [folder / "bin" / "python", "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--require-hashes", "-r", lock]
    subprocess.run(pip, check=True)
    return folder / "bin" / "python"
