"""Conversions between the spellings that one name takes in documents, code, paths and tables."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+[0-9]*")


def words(name: str) -> list[str]:
    """Split ``name`` in any spelling into its lower-case words."""
    return [word.lower() for word in _WORD.findall(name)]


def snake(name: str) -> str:
    """``OrderLine`` or ``order-line`` to ``order_line``."""
    return "_".join(words(name))


def kebab(name: str) -> str:
    """``OrderLine`` or ``order_line`` to ``order-line``."""
    return "-".join(words(name))


def pascal(name: str) -> str:
    """``order_line`` or ``place-order`` to ``OrderLine`` and ``PlaceOrder``."""
    return "".join(word.capitalize() for word in words(name))


def camel(name: str) -> str:
    """``order_line`` to ``orderLine``."""
    first, *rest = words(name)
    return first + "".join(word.capitalize() for word in rest)


def title(name: str) -> str:
    """``order_line`` to ``Order line``."""
    return " ".join(words(name)).capitalize()


def plural(noun: str) -> str:
    """The regular English plural of a snake_case noun (its last word): ``stock_entry`` to ``stock_entries``."""
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    if re.search(r"(s|x|z|ch|sh)$", noun):
        return noun + "es"
    return noun + "s"
