"""Reads Python source, one thread at a time."""

from __future__ import annotations

import ast
import threading

_ONE = threading.Lock()


def parse(source: str) -> ast.Module:
    """The syntax tree of a module.

    CPython 3.11 builds trees with state that all threads share: two at once end in a SystemError.

    Raises:
        SyntaxError: it is no Python.

    """
    with _ONE:
        return ast.parse(source)
