"""What a workspace remembers of its last generation beside the files themselves: by which tool, and what a person moved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from microservices_skill.errors import DocumentError, Problem, SkillError
from microservices_skill.files import safe_path
from microservices_skill.workspace.paths import STATE
from microservices_skill.workspace.reading import read_text

LOCK = f"{STATE}/lock.json"
FORMAT = 2


@dataclass(frozen=True, slots=True)
class Lock:
    """Where a person put generated files, by the path that they are generated under."""

    moved: Mapping[str, str] = field(default_factory=dict)


def read_lock(root: Path) -> Lock:
    """What the lock file says; nothing where there is none, or one of before generated files were kept for merges.

    Raises:
        DocumentError: the lock file is damaged, or of a newer tool.

    """
    path = root / LOCK
    if not path.exists():
        return Lock()
    try:
        data = json.loads(read_text(path))
        if data["format"] == 1:
            return Lock()
        if data["format"] != FORMAT:
            raise _damaged(f"has format {data['format']!r}; upgrade microservices-skill")
        return Lock({safe_path(name): safe_path(place) for name, place in data["moved"].items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged("is not a lock file; restore it from version control, or delete it: only moved files are forgotten") from error


def dump_lock(moved: Mapping[str, str], *, tool: str) -> str:
    """The lock file's text: the same facts always give the same bytes."""
    return json.dumps({"format": FORMAT, "tool": tool, "moved": dict(sorted(moved.items()))}, indent=2) + "\n"


def _damaged(what: str) -> SkillError:
    return DocumentError(LOCK, [Problem("", what)])
