"""Reads documents that people and agents hand in."""

from __future__ import annotations

from pathlib import Path

from microservices_skill.model.document import MAX_BYTES
from microservices_skill.workspace.errors import UnreadableError, explained


def read_text(path: Path) -> str:
    """The text of a document.

    Raises:
        UnreadableError: there is none, it is not a regular file, it is too large, or it is not UTF-8.
        DiskError: the operating system refuses.

    """
    with explained(path):
        if not path.exists():
            raise UnreadableError(path, "there is no such file", "check the path, or create it with ask or propose first")
        if not path.is_file():
            raise UnreadableError(path, "is not a regular file", "give the path of a YAML or JSON document")
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableError(path, f"is larger than {MAX_BYTES // 2**20} MiB", "split the system")
        content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableError(path, f"is not UTF-8 at line {line}, byte {error.start}", "save the file as UTF-8") from error
