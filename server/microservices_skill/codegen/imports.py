"""Tidies the imports of rendered Python: unused names go, one statement per module, in isort's order.

Templates may so import whatever any service could need, and stay free of conditions.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from microservices_skill import syntax

LINE_LENGTH = 140


def tidy(source: str, *, package: str) -> str:
    """``source`` with its leading import block rewritten for what the rest of it uses."""
    tree = syntax.parse(source)
    block = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    if not block:
        return source
    used = set(_used_names(tree))
    lines = source.split("\n")
    for node in block:
        for index in range(node.lineno - 1, node.end_lineno or node.lineno):
            lines[index] = "\0"
    first = block[0].lineno - 1
    rest = "\n".join(line for line in lines[first:] if line != "\0").strip("\n")
    statements = _render(block, used, package)
    gap = "\n\n" if rest[:1] in ("@", "c", "a", "d") and rest.startswith(("@", "class ", "async def ", "def ")) else "\n"
    head = "".join(f"{line}\n" for line in lines[:first])
    return f"{head}{statements}\n{gap}{rest}\n" if rest else f"{head}{statements}\n"


def _used_names(tree: ast.Module) -> Iterator[str]:
    return (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def _render(block: list[ast.Import | ast.ImportFrom], used: set[str], package: str) -> str:
    sections: tuple[list[str], ...] = ([], [], [], [])
    plain: set[tuple[str, str | None]] = set()
    named: dict[str, set[tuple[str, str | None]]] = {}
    for node in block:
        if isinstance(node, ast.Import):
            plain |= {(alias.name, alias.asname) for alias in node.names if (alias.asname or alias.name.partition(".")[0]) in used}
        else:
            module = node.module or ""
            kept = {(alias.name, alias.asname) for alias in node.names if module == "__future__" or (alias.asname or alias.name) in used}
            if kept:
                named.setdefault(module, set()).update(kept)
    for name, alias in sorted(plain):
        sections[_section(name, package)].append(f"import {name} as {alias}" if alias else f"import {name}")
    for module in sorted(named):
        for statement in _from(module, sorted(named[module], key=_name_order)):
            sections[_section(module, package)].append(statement)
    return "\n\n".join("\n".join(section) for section in sections if section)


def _from(module: str, names: list[tuple[str, str | None]]) -> list[str]:
    together = [name for name in names if name[1] is None]
    statements = [(name, f"from {module} import {name[0]} as {name[1]}") for name in names if name[1] is not None]
    if together:
        words = [name for name, _ in together]
        line = f"from {module} import {', '.join(words)}"
        wrapped = f"from {module} import (\n    " + ",\n    ".join(words) + ",\n)"
        statements.append((together[0], line if len(line) <= LINE_LENGTH else wrapped))
    return [statement for _, statement in sorted(statements, key=lambda pair: _name_order(pair[0]))]


def _section(module: str, package: str) -> int:
    root = module.partition(".")[0]
    if root == "__future__":
        return 0
    if root in sys.stdlib_module_names:
        return 1
    return 3 if root in (package, "tests") else 2


def _name_order(name: tuple[str, str | None]) -> tuple[int, str]:
    text = name[0]
    kind = 0 if text.isupper() and len(text) > 1 else 1 if text[:1].isupper() else 2
    return kind, text
