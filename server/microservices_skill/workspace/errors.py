"""Refusals of the disk: each says where, what, and what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from microservices_skill.errors import SkillError

_REASONS = {
    errno.ENOSPC: ("the disk is full", "free some space and run the command again; nothing is half written"),
    errno.EDQUOT: ("the disk quota is used up", "free some space and run the command again"),
    errno.EROFS: ("the file system is read-only", "choose another folder"),
    errno.EACCES: ("permission is denied", "make it writable for you or choose another folder"),
    errno.EPERM: ("permission is denied", "make it writable for you or choose another folder"),
    errno.ENAMETOOLONG: ("the path is too long", "choose a shorter folder or shorter names"),
    errno.ENOTDIR: ("a part of the path is a file", "move that file away or choose another folder"),
}


class DiskError(SkillError):
    """The operating system refused."""

    def __init__(self, path: Path | str, error: OSError) -> None:
        reason, fix = _REASONS.get(error.errno or 0, (error.strerror or str(error), "check the path and run the command again"))
        super().__init__(f"{path}: {reason}; {fix}")


class UnsafeTargetError(SkillError):
    """A path that must not be written: a link, a folder, or outside of the root."""

    def __init__(self, path: Path | str, what: str, fix: str) -> None:
        super().__init__(f"{path}: {what}; {fix}")


class OutsideRootError(SkillError):
    """A path that leaves the workspace."""

    def __init__(self, path: str, root: Path) -> None:
        super().__init__(f"{path!r} is not inside the workspace {root}; give a relative path below it")


class ChangedMeanwhileError(SkillError):
    """A file changed between the plan and the writing."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path}: changed while the plan was made; nothing is written, run the command again")


class BusyError(SkillError):
    """Another run works on the same folder."""

    def __init__(self, root: Path) -> None:
        super().__init__(f"{root}: another run is writing here; wait until it ends and run the command again")


class UnreadableError(SkillError):
    """An input document that cannot be read."""

    def __init__(self, path: Path, what: str, fix: str) -> None:
        super().__init__(f"{path}: {what}; {fix}")


@contextmanager
def explained(path: Path | str) -> Iterator[None]:
    """Turn what the operating system says into a refusal that says what to do."""
    try:
        yield
    except OSError as error:
        raise DiskError(error.filename or path, error) from error
