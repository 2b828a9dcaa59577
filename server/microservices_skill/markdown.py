"""Small pieces of Markdown; every word of a model goes through ``md_text``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def md_text(text: str) -> str:
    """Words on one line in which no markup, HTML, link or table cell can begin."""
    return re.sub(r"([\\`*_{}\[\]<>#+!|~])", r"\\\1", " ".join(text.split()))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are Markdown already."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell or '-' for cell in row)} |" for row in rows]
    return "\n".join(lines)


def bullets(items: Iterable[str]) -> str:
    """A list; items are Markdown already."""
    return "\n".join(f"- {item}" for item in items)


def mermaid(source: str) -> str:
    """A diagram."""
    return f"```mermaid\n{source.rstrip()}\n```"


def section(title: str, *parts: str) -> str:
    """A heading and what stands below it."""
    return "\n\n".join([f"## {title}", *(part for part in parts if part)])


def document(title: str, *sections: str) -> str:
    """A page, ending with one newline."""
    return "\n\n".join([f"# {title}", *(each for each in sections if each)]) + "\n"


def slug(text: str) -> str:
    """A file name from a title."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))[:60].strip("-") or "decision"
