"""One function per target that turns a person's text into source which cannot break out of its place."""

from __future__ import annotations

import json
import re


def py_str(text: str) -> str:
    """A Python string literal in double quotes."""
    escaped = json.dumps(text, ensure_ascii=False)
    return "".join(character if character.isprintable() else f"\\U{ord(character):08x}" for character in escaped)


def py_text(text: str) -> str:
    """Words for the inside of a docstring: one line, no quotes or backslashes that could end or escape it."""
    flat = " ".join(text.split()).replace("\\", "/").replace('"', "'")
    return "".join(character for character in flat if character.isprintable())


def py_tuple(items: list[str]) -> str:
    """A tuple of string literals."""
    inner = ", ".join(py_str(item) for item in items)
    return f"({inner},)" if len(items) == 1 else f"({inner})"


def py_literal(values: tuple[str, ...]) -> str:
    """``Literal["a", "b"]``."""
    return f"Literal[{', '.join(py_str(value) for value in values)}]"


def md_text(text: str) -> str:
    """Words for Markdown: no markup, HTML, link or table cell can begin in them."""
    flat = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&$])", r"\\\1", flat)


def sentence(text: str, otherwise: str) -> str:
    """``text`` for a docstring, as a sentence; ``otherwise`` where there is none."""
    words = py_text(text) or otherwise
    return words if words.endswith((".", "!", "?")) else f"{words}."


def ts_str(text: str) -> str:
    """A TypeScript string literal in single quotes."""
    escaped = json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return "'" + "".join(character if character.isprintable() else f"\\u{{{ord(character):x}}}" for character in escaped) + "'"


def ts_text(text: str) -> str:
    """Words for the inside of a JSDoc comment: one line that cannot end it or begin a tag."""
    flat = " ".join(text.split()).replace("*/", "* /").replace("@", "(at)")
    return "".join(character for character in flat if character.isprintable())


def ts_sentence(text: str, otherwise: str) -> str:
    """``text`` for JSDoc, as a sentence; ``otherwise`` where there is none."""
    words = ts_text(text) or otherwise
    return words if words.endswith((".", "!", "?")) else f"{words}."
