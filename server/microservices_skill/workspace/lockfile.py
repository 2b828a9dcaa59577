"""What was generated into a workspace: the digest of every file, kept beside the code in version control."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from microservices_skill.errors import DocumentError, Problem, SkillError
from microservices_skill.files import safe_path
from microservices_skill.workspace.paths import STATE
from microservices_skill.workspace.reading import read_text

LOCK = f"{STATE}/lock.json"
FORMAT = 1


def read_lock(root: Path) -> dict[str, str]:
    """The digest of each generated file; empty where nothing was generated.

    Raises:
        DocumentError: the lock file is damaged.

    """
    path = root / LOCK
    if not path.exists():
        return {}
    try:
        data = json.loads(read_text(path))
        if data["format"] != FORMAT:
            raise _damaged(f"has format {data['format']!r}; upgrade microservices-skill")
        return {safe_path(name): str(digest) for name, digest in data["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged("is not a lock file; restore it from version control, or delete it to start over") from error


def dump_lock(digests: Mapping[str, str], *, tool: str) -> str:
    """The lock file's text: the same digests always give the same bytes."""
    return json.dumps({"format": FORMAT, "tool": tool, "files": dict(sorted(digests.items()))}, indent=2) + "\n"


def _damaged(what: str) -> SkillError:
    return DocumentError(LOCK, [Problem("", what)])
