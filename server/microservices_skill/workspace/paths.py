"""Which paths may be read and written."""

from __future__ import annotations

import stat
from pathlib import Path

from microservices_skill.files import safe_path
from microservices_skill.workspace.errors import OutsideRootError, UnsafeTargetError, explained

STATE = ".microservices-skill"
"""The folder in a workspace that holds the lock file and, while writing, the journal."""

_KEPT_AS = {"platform": ".kept"}
"""What names of copies end with that are kept inside a service: no test runner or compiler takes them up."""


def kept(memory: str, path: str) -> str:
    """Where a file is remembered as it was generated, below the root."""
    return f"{STATE}/{memory}/{path}{_KEPT_AS.get(memory, '')}"


def kept_path(memory: str, name: str) -> str:
    """The path of the file that is remembered under a name below its memory's folder."""
    return name.removesuffix(_KEPT_AS.get(memory, ""))


def inside(root: Path, given: str) -> Path:
    """The path that a caller named, which must be relative and stay inside ``root`` even through links.

    Raises:
        OutsideRootError: it is absolute or leaves the root.
        UnsafeTargetError: it is a link that leads back to itself.
        DiskError: the operating system takes no such path.

    """
    if "\0" in given or Path(given).is_absolute():
        raise OutsideRootError(given, root)
    with explained(given):
        try:
            resolved = (root / given).resolve()
            resolved.exists()
        except RuntimeError as error:
            raise UnsafeTargetError(given, "is a link that leads back to itself", "remove the link") from error
        if not resolved.is_relative_to(root.resolve()):
            raise OutsideRootError(given, root)
    return resolved


def check_target(root: Path, path: str) -> Path:
    """The place that a generated file is written to.

    Raises:
        UnsafeTargetError: something on the way is a link out of the root or a file, or the target is not a regular file.

    """
    place = root
    *folders, name = safe_path(path).split("/")
    for folder in folders:
        place /= folder
        _check_folder(root, place)
    target = place / name
    mode = _mode(target)
    if mode is not None and stat.S_ISLNK(mode):
        raise UnsafeTargetError(target, "is a symbolic link", "remove the link; the generator writes only regular files")
    if mode is not None and stat.S_ISDIR(mode):
        raise UnsafeTargetError(target, "is a folder where a file should be", "move it away")
    if mode is not None and not stat.S_ISREG(mode):
        raise UnsafeTargetError(target, "is not a regular file", "move it away")
    return target


def _check_folder(root: Path, folder: Path) -> None:
    mode = _mode(folder)
    if mode is None:
        return
    if stat.S_ISLNK(mode) and not folder.resolve().is_relative_to(root.resolve()):
        raise UnsafeTargetError(folder, f"is a link that leaves {root}", "remove the link or choose another folder")
    if not folder.is_dir():
        raise UnsafeTargetError(folder, "is a file where a folder should be", "move it away or choose another folder")
    if folder.stat().st_dev != root.stat().st_dev:
        raise UnsafeTargetError(folder, "is on another file system", "generate into a folder on one file system")


def _mode(path: Path) -> int | None:
    try:
        return path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
