"""Moves a module of a generated service into one flat folder: what it imports from its neighbours follows."""

from __future__ import annotations

import re
from collections.abc import Mapping

from microservices_skill.codegen import imports, typescript_imports

_RELATIVE = re.compile(r"from '\.{1,2}/(?:[\w./-]+/)?([\w.-]+)\.js'")


def python_module(text: str, *, package: str, renamed: Mapping[str, str]) -> str:
    """A module of ``infrastructure`` or ``middleware`` as one of ``package``; ``renamed`` modules have other names there."""
    pattern = re.compile(rf"\b{re.escape(package)}\.(?:infrastructure|middleware)\.(\w+)")
    moved = pattern.sub(lambda found: f"{package}.{renamed.get(found[1], found[1])}", text)
    return imports.tidy(moved, package=package.partition(".")[0])


def typescript_module(text: str, *, suffix: str) -> str:
    """A module whose neighbours all stand beside it; ``suffix`` is what their names end with in imports."""
    return typescript_imports.spaced(_RELATIVE.sub(lambda found: f"from './{found[1]}{suffix}'", text))
