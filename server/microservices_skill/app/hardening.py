"""Goes through the hardening checklist over a generated system as it stands on a disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from microservices_skill.app.design import read_model
from microservices_skill.app.results import Hardening, HardeningItem
from microservices_skill.running.errors import NotASystemError
from microservices_skill.security.hardening import harden as go_through

SKIPPED = frozenset({".git", ".venv", "node_modules", "dist", ".run", ".tools", "__pycache__"})
LARGEST = 5_000_000


def harden(root: Path, source: Path) -> Hardening:
    """Whether what stands below ``root`` holds what the checklist says, for the architecture in ``source``.

    Raises:
        SkillError: the architecture cannot be read, or there is no such folder.

    """
    if not root.is_dir():
        raise NotASystemError(root, "there is no such folder")
    results = go_through(read_model(source), dict(_files(root)))
    found = tuple(HardeningItem(each.item.id, each.item.what, each.faults, each.unseen) for each in results)
    return Hardening(ok=not any(each.faults for each in found), items=found)


def _files(folder: Path, below: str = "") -> Iterator[tuple[str, str]]:
    """The texts of a tree; links and what is installed stay out."""
    for each in sorted(folder.iterdir()):
        path = f"{below}{each.name}"
        if each.is_symlink() or each.name in SKIPPED:
            continue
        if each.is_dir():
            yield from _files(each, f"{path}/")
        elif each.is_file() and each.stat().st_size <= LARGEST:
            yield path, each.read_text(encoding="utf-8", errors="replace")
