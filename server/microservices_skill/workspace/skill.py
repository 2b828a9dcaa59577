"""The skill's own texts, which come with the package."""

from __future__ import annotations

from pathlib import Path

from microservices_skill.files import File, FileTree, safe_path
from microservices_skill.workspace.reading import read_text

_PACKAGE = Path(__file__).parents[1]
_FOLDERS = (_PACKAGE / "_skill", _PACKAGE.parents[1] / "skills" / "microservices-skill")


def skill_text(path: str) -> str:
    """A text of the skill, such as ``SKILL.md`` or ``references/resilience.md``.

    Raises:
        UnreadableError: there is no such text.

    """
    return read_text(_folder() / safe_path(path))


def skill_tree() -> FileTree:
    """The whole skill, as it is copied into a client."""
    found = sorted(path for path in _folder().rglob("*") if path.is_file())
    return FileTree((path.relative_to(_folder()).as_posix(), File(read_text(path))) for path in found)


def _folder() -> Path:
    return next((folder for folder in _FOLDERS if folder.is_dir()), _FOLDERS[-1])
