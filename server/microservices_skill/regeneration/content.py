"""A file as it stands on disk: bytes, whether it may be executed, and the text in them without marks of its platform."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from microservices_skill.files import File

_BOM = "\ufeff"


@dataclass(frozen=True)
class Content:
    """A file's bytes and whether it may be executed."""

    data: bytes
    executable: bool = False

    @cached_property
    def text(self) -> str | None:
        """The text with lines that end in a line feed only and without a byte order mark; nothing where the bytes are no text."""
        if b"\0" in self.data:
            return None
        try:
            text = self.data.decode("utf-8")
        except UnicodeDecodeError:
            return None
        return text.removeprefix(_BOM).replace("\r\n", "\n")

    @property
    def digest(self) -> str:
        """The SHA-256 of the bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def says_the_same(self, other: Content) -> bool:
        """Whether both hold the same bytes, or the same text in the manner of different platforms."""
        return self.data == other.data or (self.text is not None and self.text == other.text)

    def saying(self, text: str) -> Content:
        """Another text in the manner of this file: its line ends, its byte order mark, its mode."""
        decoded = self.data.decode("utf-8", errors="replace")
        if decoded.count("\r\n") * 2 > decoded.count("\n"):
            text = text.replace("\n", "\r\n")
        if decoded.startswith(_BOM):
            text = _BOM + text
        return Content(text.encode(), self.executable)


def content_of(file: File) -> Content:
    """A generated file as it is written where none was before."""
    return Content(file.text.encode(), file.executable)
