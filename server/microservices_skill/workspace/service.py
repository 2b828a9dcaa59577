"""Reads what says what a service is that this tool did not generate."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from microservices_skill.workspace.errors import UnreadableError, explained
from microservices_skill.workspace.paths import STATE
from microservices_skill.workspace.standing import read_pristine

MEMORY = "platform"
"""What was added to a service is remembered apart from what was generated."""

_LEFT_OUT = frozenset({"node_modules", "venv", "dist", "build", "coverage", "__pycache__", "test", "tests", "site-packages", "migrations"})
_NAMED = frozenset(
    {
        *(
            "package.json",
            "nest-cli.json",
            "tsconfig.json",
            "tsconfig.build.json",
            "pnpm-workspace.yaml",
            "pnpm-lock.yaml",
            "yarn.lock",
            "package-lock.json",
        ),
        *("requirements.txt", "requirements.in", "pyproject.toml", "uv.lock", "poetry.lock"),
        *("wiring.json", "wiring.patch", "Dockerfile"),
    }
)
_LOCKS = frozenset({"pnpm-lock.yaml", "yarn.lock", "package-lock.json", "uv.lock", "poetry.lock"})
_OF_TESTS = re.compile(r"^test_|\.(spec|test|d)\.ts$|^conftest\.py$")
_LARGEST = 512 * 1024
_MOST = 5000


def service_sources(root: Path) -> dict[str, str]:
    """The texts of a service's modules and lists of packages, by path; of locks only that they are there.

    Raises:
        UnreadableError: there is no such folder, or it holds too many files for one service.
        DiskError: the operating system refuses.

    """
    if not root.is_dir():
        raise UnreadableError(root, "is no folder", "give the folder of one service")
    with explained(root):
        found: dict[str, str] = {}
        for path in _walk(root):
            if len(found) >= _MOST:
                raise UnreadableError(root, f"has more than {_MOST} modules", "give the folder of one service")
            found[path.relative_to(root).as_posix()] = "" if path.name in _LOCKS else path.read_text(encoding="utf-8", errors="replace")
        return found


def added_before(root: Path) -> tuple[str, str] | None:
    """The folder that modules were added into before, and the record of it, as it was written then."""
    records = ((path, content.text or "") for path, content in read_pristine(root, MEMORY).items() if path.endswith("/wiring.json"))
    return next(((path.rpartition("/")[0], text) for path, text in records), None)


def is_taken(root: Path, folder: str) -> bool:
    """Whether something stands in a folder that was not added by us."""
    place = root / folder
    ours = any(path.startswith(f"{folder}/") for path in read_pristine(root, MEMORY))
    return place.is_file() or (not ours and place.is_dir() and any(place.iterdir()))


def generating_root(folder: Path, limit: Path | None = None) -> Path | None:
    """The workspace that generated a service, or all services below a folder, if one did; none above ``limit``."""
    here = folder.resolve()
    within = [each for each in (here, *here.parents) if limit is None or each.is_relative_to(limit.resolve())]
    for root in within:
        base = root / STATE / "base" / here.relative_to(root)
        if (base / "services").is_dir() if root == here else (base / ".dockerignore").is_file():
            return root
    return None


def _walk(root: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT and not name.startswith("."))
        for name in sorted(names):
            path = Path(parent) / name
            is_telling = name in _NAMED or (name.endswith((".py", ".ts")) and not _OF_TESTS.search(name))
            is_small = name in _LOCKS or path.lstat().st_size <= _LARGEST
            if is_telling and is_small and stat.S_ISREG(path.lstat().st_mode):
                yield path
