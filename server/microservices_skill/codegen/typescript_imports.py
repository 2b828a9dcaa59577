"""Tidies the imports of rendered TypeScript: unused names go, names are sorted, long statements wrap.

Templates may so import whatever any service could need, and stay free of conditions.
"""

from __future__ import annotations

import re

LINE_LENGTH = 140

_IMPORT = re.compile(r"^import (type )?\{([^}]*)\} from '([^']+)';\n", re.MULTILINE)
_NAMESPACE = re.compile(r"^import \* as (\w+) from '[^']+';\n", re.MULTILINE)
_SILENT = re.compile(r"/\*.*?\*/|//[^\n]*|'(?:\\.|[^'\\\n])*'", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def tidy(source: str) -> str:
    """``source`` with its import statements rewritten for what the rest of it uses."""
    used = set(_WORD.findall(_SILENT.sub("", _NAMESPACE.sub("", _IMPORT.sub("", source)))))
    tidied = _NAMESPACE.sub(lambda found: found[0] if found[1] in used else "", source)
    tidied = _IMPORT.sub(lambda found: _statement(found, used), tidied)
    return spaced(tidied)


def spaced(source: str) -> str:
    """No two blank lines in a row, none at the top, none inside a brace."""
    source = re.sub(r"\n{3,}", "\n\n", source).lstrip("\n")
    return re.sub(r"\n\n( *[}\])])", r"\n\1", re.sub(r"([{\[(])\n\n", r"\1\n", source))


def _statement(found: re.Match[str], used: set[str]) -> str:
    is_type, names, module = found.group(1) or "", found.group(2), found.group(3)
    kept = sorted({name.strip() for name in names.split(",") if _local(name) in used}, key=_order)
    if not kept:
        return ""
    if not is_type and all(name.startswith("type ") for name in kept):
        is_type, kept = "type ", [name.removeprefix("type ") for name in kept]
    line = f"import {is_type}{{ {', '.join(kept)} }} from '{module}';\n"
    if len(line) <= LINE_LENGTH + 1:
        return line
    return f"import {is_type}{{\n" + "".join(f"  {name},\n" for name in kept) + f"}} from '{module}';\n"


def _local(name: str) -> str:
    return name.strip().removeprefix("type ").rpartition(" as ")[2]


def _order(name: str) -> tuple[str, str]:
    bare = name.removeprefix("type ")
    return bare.lower(), bare
