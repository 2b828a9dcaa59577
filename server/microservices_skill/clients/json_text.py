"""Edits one member of an object in the text of a JSON document, comments and layout around it kept (JSON with comments is read, too)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Plain = object
"""JSON-like data."""

_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING_COMMA = re.compile(r'"(?:\\.|[^"\\])*"|,(?=\s*[}\]])')
_SPACE = re.compile(r"\s*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class _Member:
    """A member of an object, by where its name begins and where its value begins and ends."""

    name: str
    start: int
    value: int
    end: int


def read(text: str) -> Plain:
    """The data of a document.

    Raises:
        ValueError: it is not JSON, with or without comments.

    """
    return json.loads(_plain(text)) if text.strip() else {}


def put(text: str, path: Sequence[str], value: Plain) -> str:
    """The text with the value at a path of names; objects on the way are made.

    Raises:
        ValueError: it is not JSON, or something on the way is no object.

    """
    if not text.strip():
        text = "{}\n"
    plain = _plain(text)
    place = _begin(plain)
    for depth, name in enumerate(path):
        found = _member(plain, place, name)
        if found is None:
            for missing in reversed(path[depth + 1 :]):
                value = {missing: value}
            return _insert(text, plain, place, name, value, depth)
        if depth == len(path) - 1:
            shown = _shown(value, depth + 1, _unit(text))
            return text if _DECODER.raw_decode(plain, found.value)[0] == value else text[: found.value] + shown + text[found.end :]
        place = found.value
    return text


def without(text: str, path: Sequence[str]) -> str:
    """The text without the member at a path; as it is where there is none.

    Raises:
        ValueError: it is not JSON.

    """
    plain = _plain(text)
    place = _begin(plain)
    for name in path[:-1]:
        found = _member(plain, place, name)
        if found is None:
            return text
        place = found.value
    found = _member(plain, place, path[-1])
    if found is None:
        return text
    after = _skip(plain, found.end)
    if plain[after] == ",":
        return text[: found.start] + text[_skip(plain, after + 1) :]
    before = plain.rfind(",", place, found.start)
    start = before if before >= 0 and not plain[before + 1 : found.start].strip() else place + 1
    return text[:start] + text[found.end :]


def _insert(text: str, plain: str, place: int, name: str, value: Plain, depth: int) -> str:
    unit = _unit(text)
    inner, outer = f"\n{unit * (depth + 1)}", f"\n{unit * depth}"
    entry = f"{json.dumps(name)}: {_shown(value, depth + 1, unit)}"
    head, rest = text[: place + 1], text[place + 1 :]
    if plain[_skip(plain, place + 1)] != "}":
        return f"{head}{inner}{entry},{'' if rest[0].isspace() else inner}{rest}"
    return f"{head}{inner}{entry}{outer}{rest.lstrip()}" if rest.lstrip().startswith("}") else f"{head}{inner}{entry}{rest}"


def _shown(value: Plain, depth: int, unit: str) -> str:
    return json.dumps(value, indent=unit, ensure_ascii=False).replace("\n", f"\n{unit * depth}")


def _unit(text: str) -> str:
    found = re.search(r"\n([ \t]+)\"", text)
    return found[1] if found else "  "


def _plain(text: str) -> str:
    """The text with comments and trailing commas blanked, each character where it was."""
    text = _COMMENT.sub(lambda match: match[0] if match[0].startswith('"') else re.sub(r"[^\n]", " ", match[0]), text)
    text = _TRAILING_COMMA.sub(lambda match: match[0] if match[0].startswith('"') else " ", text)
    json.loads(text)
    return text


def _begin(plain: str) -> int:
    place = _skip(plain, 0)
    if plain[place] != "{":
        raise ValueError("the document is no object")
    return place


def _member(plain: str, place: int, name: str) -> _Member | None:
    if plain[place] != "{":
        raise ValueError("it has something else where an object belongs")
    return next((each for each in _members(plain, place) if each.name == name), None)


def _members(plain: str, place: int) -> Iterator[_Member]:
    at = _skip(plain, place + 1)
    while plain[at] != "}":
        name, end = _DECODER.raw_decode(plain, at)
        value = _skip(plain, _skip(plain, end) + 1)
        end = _DECODER.raw_decode(plain, value)[1]
        yield _Member(name, at, value, end)
        at = _skip(plain, end)
        if plain[at] == ",":
            at = _skip(plain, at + 1)


def _skip(plain: str, at: int) -> int:
    match = _SPACE.match(plain, at)
    return at if match is None else match.end()
