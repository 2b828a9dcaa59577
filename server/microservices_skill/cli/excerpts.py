"""The offending line of a document, under what is said of it."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import click

from microservices_skill.errors import DocumentError, SkillError

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a line for the reader of YAML, so that its numbers are ours; Python itself breaks at more."""
_WIDTH = 120
_SHOWN = 50


def explanation(error: SkillError) -> str:
    """What a refusal says; where it is about lines of a document, with these lines."""
    if not isinstance(error, DocumentError):
        return str(error)
    shown = [problem.render(error.source) + excerpt(error.source, problem.line, problem.column) for problem in error.problems[:_SHOWN]]
    more = len(error.problems) - len(shown)
    return "\n".join([*shown, *([f"… and {more} more"] if more else [])])


def excerpt(source: str, line: int | None, column: int | None = None) -> str:
    """The line with its number, and a mark under the column; nothing where there is none."""
    text = _lines(source)[line - 1 : line] if line else ()
    if not text or not text[0].strip():
        return ""
    found = "".join(each if each.isprintable() else " " for each in text[0].rstrip())
    start = len(found) - len(found.lstrip()) if column is None else column - 1
    cut = max(0, min(start, len(found)) - _WIDTH // 2) if len(found) > _WIDTH else 0
    number, bar = click.style(f"{line:>6}", dim=True), click.style("|", dim=True)
    mark = " " * (start - cut) + click.style("^", fg="red")
    return f"\n{number} {bar} {found[cut : cut + _WIDTH]}\n{' ' * 6} {bar} {mark}"


def forget() -> None:
    """Read documents anew: they may have changed."""
    _lines.cache_clear()


@lru_cache(maxsize=4)
def _lines(source: str) -> tuple[str, ...]:
    try:
        return tuple(_BREAK.split(Path(source).read_bytes().decode("utf-8-sig")))
    except (OSError, ValueError):
        return ()
