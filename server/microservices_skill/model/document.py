"""Reads a YAML or JSON document into plain data, with the line of every value, and refuses what is ambiguous."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from microservices_skill.errors import DocumentError, Problem

MAX_BYTES = 32 * 1024 * 1024
MAX_DEPTH = 40
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_INTEGER = re.compile(r"^[-+]?(0|[1-9][0-9]{0,18})$")
_FLOAT = re.compile(r"^[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]{1,3})?$")
_CONSTANTS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip

Plain = Any
"""JSON-like data: dict, list, str, int, float, bool or None."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column, both from one."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data and where each value stands, by JSON pointer (RFC 6901)."""

    source: str
    data: Plain
    places: dict[str, Place] = field(repr=False)

    def place(self, pointer: str) -> Place | None:
        """Where a value stands, or the nearest enclosing one that the document has."""
        while pointer and pointer not in self.places:
            pointer = pointer.rpartition("/")[0]
        return self.places.get(pointer)

    def problem(self, pointer: str, message: str) -> Problem:
        """A fault at ``pointer`` with its line."""
        place = self.place(pointer)
        return Problem(pointer, message, place.line if place else None, place.column if place else None)


def escape(key: str) -> str:
    """A key as a token of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def parse(text: str, *, source: str) -> Document:
    """Read ``text`` (YAML 1.2 core schema, of which JSON is a part).

    Raises:
        DocumentError: not YAML, empty, too large, too deep, or with a duplicate key, an alias, a tag or several documents.

    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise DocumentError(source, [Problem("", f"the document is larger than {MAX_BYTES // 2**20} MiB; split the system")])
    try:
        return _Builder(source).build(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = error.problem or str(error)
        if "\\t" in what or "'\\t'" in what:
            what += "; indent with spaces, YAML does not allow tabs"
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise DocumentError(source, [Problem("", f"not valid YAML: {what}", line, column)]) from error
    except yaml.reader.ReaderError as error:
        message = f"not valid YAML: character U+{error.character:04X} at position {error.position} is not allowed; remove it"
        raise DocumentError(source, [Problem("", message)]) from error
    except UnicodeEncodeError as error:
        raise DocumentError(source, [Problem("", f"not valid Unicode at character {error.start}; save the file as UTF-8")]) from error


@dataclass(slots=True)
class _Frame:
    """A mapping or sequence that is being read."""

    container: dict[str, Plain] | list[Plain]
    pointer: str
    key: str | None = None


class _Builder:
    def __init__(self, source: str) -> None:
        self._source = source
        self._places: dict[str, Place] = {}
        self._stack: list[_Frame] = []
        self._result: Plain = None
        self._documents = 0

    def build(self, text: str) -> Document:
        for event in yaml.parse(text, Loader=_LOADER):
            match event:
                case yaml.ScalarEvent():
                    self._scalar(event)
                case yaml.MappingStartEvent():
                    self._open({}, event)
                case yaml.SequenceStartEvent():
                    self._open([], event)
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    self._stack.pop()
                case yaml.AliasEvent():
                    self._refuse(event, f"alias *{event.anchor} is not supported; write the value out")
                case yaml.DocumentStartEvent():
                    self._documents += 1
                    if self._documents > 1:
                        self._refuse(event, "more than one document in a file; keep one and remove the second ---")
        if self._documents == 0:
            raise DocumentError(self._source, [Problem("", "the document is empty")])
        return Document(self._source, self._result, self._places)

    def _refuse(self, event: yaml.Event, message: str) -> None:
        place = _place(event)
        pointer = self._stack[-1].pointer if self._stack else ""
        raise DocumentError(self._source, [Problem(pointer, message, place.line, place.column)])

    def _open(self, container: dict[str, Plain] | list[Plain], event: yaml.CollectionStartEvent) -> None:
        if event.tag is not None:
            self._refuse(event, f"tag {event.tag} is not supported; remove it")
        if len(self._stack) >= MAX_DEPTH:
            self._refuse(event, f"nested deeper than {MAX_DEPTH} levels")
        if self._stack and isinstance(self._stack[-1].container, dict) and self._stack[-1].key is None:
            self._refuse(event, "a mapping or list cannot be a key")
        pointer = self._add(container, event)
        self._stack.append(_Frame(container, pointer))

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if event.tag not in (None, "!"):
            self._refuse(event, f"tag {event.tag} is not supported; remove it")
        frame = self._stack[-1] if self._stack else None
        if frame is not None and isinstance(frame.container, dict) and frame.key is None:
            if event.value in frame.container:
                self._refuse(event, f"key {event.value!r} is written twice; keep one")
            frame.key = event.value
            self._places[f"{frame.pointer}/{escape(event.value)}"] = _place(event)
            return
        self._add(event.value if event.style or event.tag else resolve(event.value), event)

    def _add(self, value: Plain, event: yaml.Event) -> str:
        if not self._stack:
            self._result = value
            self._places[""] = _place(event)
            return ""
        frame = self._stack[-1]
        if isinstance(frame.container, list):
            pointer = f"{frame.pointer}/{len(frame.container)}"
            frame.container.append(value)
            self._places[pointer] = _place(event)
            return pointer
        key = frame.key or ""
        frame.container[key] = value
        frame.key = None
        return f"{frame.pointer}/{escape(key)}"


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1) if mark is not None else Place(1, 1)


def resolve(text: str) -> Plain:
    """What a plain scalar means: a constant, a number, or itself."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return text
