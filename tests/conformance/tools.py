"""What ``make tools`` installs of other people's: the conformance suite, clients, and the Node that they need."""

import os
import subprocess
from pathlib import Path

import pytest
from tests.mcp import pipe

ROOT = pipe.ROOT
PLACE = ROOT / ".tools/conformance"
PACKAGES = PLACE / "node_modules"
NODE = PACKAGES / "node/bin/node"
CLIENTS_PYTHON = ROOT / ".tools/clients/bin/python"


def demand(tool: Path) -> None:
    """Go on only where a tool is installed; in CI its absence is a failure."""
    if not tool.exists():
        if os.environ.get("REQUIRE_TOOLS"):
            pytest.fail(f"{tool} is missing: run `make tools`")
        pytest.skip(f"{tool} is missing: run `make tools`")


def environment(workspace: Path) -> dict[str, str]:
    """What our server needs, started by other people's clients."""
    path = f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"
    scratch = {"HOME": str(workspace), "MCP_INSPECTOR_SECRET_STORE": "memory"}
    return pipe.environment(workspace) | scratch | {"PACKAGES": str(PLACE / "package.json"), "PATH": path}


def node(script: Path, *arguments: str | Path, workspace: Path) -> subprocess.CompletedProcess[str]:
    """What a script prints, run by the pinned Node."""
    demand(NODE)
    return _run([NODE, script, *arguments], workspace)


def python(script: Path, *arguments: str, workspace: Path) -> subprocess.CompletedProcess[str]:
    """The same with the Python that has other people's clients."""
    demand(CLIENTS_PYTHON)
    return _run([CLIENTS_PYTHON, script, *arguments], workspace)


def _run(command: list[str | Path], workspace: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, command)),
        env=environment(workspace),
        cwd=workspace,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
