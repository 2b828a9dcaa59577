"""Whatever installs us from this checkout gives a command that works by itself: another folder, another environment, no sources."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.generated.languages import TypescriptToolchain
from tests.validators.tools import accepts
from tools import bundle

from microservices_skill import __version__
from microservices_skill.running.handshake import handshake

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Built:
    """What ``make wheel`` makes."""

    wheel: Path
    sdist: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("dist")
    run(BIN / "python", "-m", "build", "--no-isolation", "--outdir", folder, ROOT, folder=ROOT)
    return Built(next(folder.glob("*.whl")), next(folder.glob("*.tar.gz")))


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    """What a command prints that ends well."""
    clean = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=clean | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def by_pip_of_the_wheel(built: Built, folder: Path) -> list[str]:
    run(sys.executable, "-m", "venv", folder / "venv", folder=folder)
    run(folder / "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", built.wheel, folder=folder)
    return [str(folder / "venv/bin/microservices-skill")]


def by_uv_of_the_sdist(built: Built, folder: Path) -> list[str]:
    run("uv", "venv", "--quiet", folder / "venv", folder=folder)
    run("uv", "pip", "install", "--quiet", "--python", folder / "venv/bin/python", built.sdist, folder=folder)
    return [str(folder / "venv/bin/microservices-skill")]


def by_pipx(built: Built, folder: Path) -> list[str]:
    places = {"PIPX_HOME": str(folder / "home"), "PIPX_BIN_DIR": str(folder / "bin"), "PIPX_MAN_DIR": str(folder / "man")}
    run("pipx", "install", "--quiet", built.wheel, folder=folder, **places)
    return [str(folder / "bin/microservices-skill")]


def by_uvx(built: Built, folder: Path) -> list[str]:
    del folder
    return [str(BIN / "uvx"), "--quiet", "--from", str(built.wheel), "microservices-skill"]


def by_the_bundle(built: Built, folder: Path) -> list[str]:
    del built
    bundle.main(folder / "microservices-skill.mcpb")
    unpacked = folder / "unpacked"
    zipfile.ZipFile(folder / "microservices-skill.mcpb").extractall(unpacked)
    server = json.loads((unpacked / "manifest.json").read_text(encoding="utf-8"))["server"]
    assert (unpacked / server["entry_point"]).is_file()
    assert not {each.name for each in unpacked.iterdir()} & {"tests", "examples", ".git", ".venv", ".tools"}
    command, arguments = server["mcp_config"]["command"], server["mcp_config"]["args"]
    assert arguments[-1] == "serve"
    return [str(BIN / command), *(each.replace("${__dirname}", str(unpacked)) for each in arguments[:-1])]


@pytest.mark.parametrize(
    "install", [by_pip_of_the_wheel, by_uv_of_the_sdist, by_pipx, by_uvx, by_the_bundle], ids=lambda each: each.__name__
)
def test_what_is_installed_generates_and_serves(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, install: Callable[[Built, Path], list[str]]
) -> None:
    program, *arguments = command = install(built, tmp_path)
    project = tmp_path / "project"
    project.mkdir()
    shutil.copy(ROOT / "examples/shop/architecture.yaml", project)
    assert __version__ in run(*command, "--version", folder=project)
    inside = {"MICROSERVICES_SKILL_ROOT": str(project)}
    run(*command, "generate", str(project / "architecture.yaml"), "-o", str(project), "--service", "order", folder=project, **inside)
    assert (project / "services/order/Dockerfile").is_file()
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    if Path(program).name == "uvx":  # it has resolved and installed; the client hands a server few of the settings that it did it with
        arguments = ["--offline", *arguments]
    assert handshake(program, [*arguments, "serve"]) == ""


def test_the_validator_of_bundles_finds_nothing_in_the_manifest() -> None:
    accepts("mcpb", "validate", ROOT / "manifest.json")


@pytest.fixture(scope="module")
def cloned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cloned") / "microservices-skill"
    run("git", "clone", "--quiet", "--depth", "1", f"file://{ROOT}", folder, folder=ROOT)
    return folder


@pytest.mark.parametrize("source", ["{}", "file://{}/.git"], ids=["path", "git"])
def test_npx_skills_takes_the_skill_alone(cloned: Path, tmp_path: Path, source: str) -> None:
    node = TypescriptToolchain.install(ROOT / ".tools/services").bin
    command = (node / "node", ROOT / ".tools/node_modules/skills/bin/cli.mjs", "add", source.format(cloned))
    run(*command, "--agent", "claude-code", "--yes", "--copy", folder=tmp_path, DISABLE_TELEMETRY="1", HOME=str(tmp_path))
    here, there = (folder / "skills/microservices-skill" for folder in (tmp_path / ".claude", ROOT))
    assert sorted(each.relative_to(here) for each in here.rglob("*")) == sorted(each.relative_to(there) for each in there.rglob("*"))
    accepts("agentskills", "validate", here)
