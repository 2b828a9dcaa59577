"""The skill's own texts, which come with the package."""

from __future__ import annotations

from pathlib import Path

from microservices_skill.files import safe_path
from microservices_skill.workspace.reading import read_text

_PACKAGE = Path(__file__).parents[1]
_FOLDERS = (_PACKAGE / "_skill", _PACKAGE.parents[1] / "skills" / "microservices-skill")


def skill_text(path: str) -> str:
    """A text of the skill, such as ``SKILL.md`` or ``references/resilience.md``.

    Raises:
        UnreadableError: there is no such text.

    """
    folder = next((folder for folder in _FOLDERS if folder.is_dir()), _FOLDERS[-1])
    return read_text(folder / safe_path(path))
