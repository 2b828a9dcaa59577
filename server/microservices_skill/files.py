"""Generated files in memory: a tree of paths and texts, always relative, always normalised."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from microservices_skill.errors import SkillError

_PART = re.compile(r"^[A-Za-z0-9_.@+-]{1,100}$")


class UnsafePathError(SkillError):
    """A generated path would leave its root or is not portable."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path!r} is not a safe relative path; use letters, digits, dots, dashes and underscores")


class DuplicatePathError(SkillError):
    """Two generators claim one path."""

    def __init__(self, path: str) -> None:
        super().__init__(f"two files would be written to {path!r}; rename one of the services or domains behind them")


@dataclass(frozen=True, slots=True)
class File:
    """A text and how it is treated: ``owned`` files belong to the generator, in the others people write.

    A ``frozen`` file is history, such as a migration: once it is there, nothing changes it. One that ``continues`` was made from
    what stands on disk, such as a record, and always takes its place.
    """

    text: str
    owned: bool = True
    executable: bool = False
    frozen: bool = False
    continues: bool = False


def safe_path(path: str) -> str:
    """``path`` as it was, if it is relative, stays inside its root and is portable.

    Raises:
        UnsafePathError: it is absolute, climbs, is empty or has characters that some systems refuse.

    """
    parts = path.split("/")
    if any(not _PART.match(part) or part in (".", "..") for part in parts):
        raise UnsafePathError(path)
    return path


class FileTree(Mapping[str, File]):
    """Paths to files, in path order; two files never share a path, whatever the case of its letters."""

    def __init__(self, files: Iterable[tuple[str, File]] = ()) -> None:
        found: dict[str, File] = {}
        folded: set[str] = set()
        for path, file in files:
            key = safe_path(path).lower()
            if key in folded:
                raise DuplicatePathError(path)
            folded.add(key)
            found[path] = file
        self._files = dict(sorted(found.items()))

    def __getitem__(self, path: str) -> File:
        return self._files[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def __repr__(self) -> str:
        return f"FileTree({len(self)} files)"

    def under(self, folder: str) -> FileTree:
        """The same files below ``folder``."""
        prefix = str(PurePosixPath(folder))
        return FileTree((f"{prefix}/{path}", file) for path, file in self.items())

    def __or__(self, other: FileTree) -> FileTree:
        return FileTree([*self.items(), *other.items()])
