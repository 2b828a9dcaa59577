"""Makes a service ready to start: installed by its lock, built, its database made and brought up to date."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from microservices_skill.running.errors import PreparationError
from microservices_skill.running.procfile import Process
from microservices_skill.running.system import RunnableSystem

STAMP = ".up"
"""The digest of what was installed or built, beside it; where it is the same as now, there is nothing to do."""

Tell = Callable[[str, str], None]
"""Called with a service and the step that begins."""


def prepare(system: RunnableSystem, tell: Tell) -> None:
    """Install, build and migrate each service, one after the other.

    Raises:
        PreparationError: a step fails.

    """
    for process in system.processes:
        folder = system.folder(process)
        is_node = (folder / "package.json").exists()
        (_prepare_node if is_node else _prepare_python)(process, folder, tell)
        tell(process.name, "migrating its database")
        environment = {"DATABASE_URL": process.database_url(system.variables), "PYTHONPATH": "src"}
        module = process.command.rpartition(" -m ")[2]
        migrate = ["node", "dist/migrate.js"] if is_node else [".venv/bin/python", "-m", f"{module}.migrate"]
        _run(process, "migrating its database", [*migrate, "--create-database"], folder, environment)


def digest(*paths: Path) -> str:
    """One digest of files and of all files below folders, with their names."""
    found = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                found.update(f"{file.relative_to(path.parent)}\0".encode() + file.read_bytes() + b"\0")
    return found.hexdigest()


def _prepare_python(process: Process, folder: Path, tell: Tell) -> None:
    lock = folder / "requirements.txt"
    if _is_done(folder / ".venv", digest(lock)):
        return
    tell(process.name, "installing what it locks")
    _run(process, "python -m venv", [sys.executable, "-m", "venv", ".venv"], folder)
    install = [".venv/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    _run(process, "pip install", [*install, "--requirement", lock.name], folder)
    _note(folder / ".venv", digest(lock))


def _prepare_node(process: Process, folder: Path, tell: Tell) -> None:
    lock = digest(folder / "package-lock.json")
    if not _is_done(folder / "node_modules", lock):
        tell(process.name, "installing what it locks")
        _run(process, "npm ci", ["npm", "ci", "--no-fund", "--no-audit", "--loglevel=error"], folder)
        _note(folder / "node_modules", lock)
    source = digest(folder / "src", folder / "package-lock.json", folder / "tsconfig.json", folder / "tsconfig.build.json")
    if not _is_done(folder / "dist", source):
        tell(process.name, "building")
        _run(process, "npm run build", ["npm", "run", "build"], folder)
        _note(folder / "dist", source)


def _is_done(target: Path, expected: str) -> bool:
    stamp = target / STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == expected


def _note(target: Path, found: str) -> None:
    (target / STAMP).write_text(found, encoding="utf-8")


def _run(process: Process, step: str, command: list[str], folder: Path, environment: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(  # noqa: S603 - the tools of the service that a person asked to run
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise PreparationError(process.name, step, done.stdout)
