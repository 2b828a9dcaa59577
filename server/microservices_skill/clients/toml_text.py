"""Edits one table in the text of a TOML document, everything around it kept."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence


def put(text: str, path: Sequence[str], values: Mapping[str, str | Sequence[str]]) -> str:
    """The text with a table of these values.

    Raises:
        ValueError: it is not TOML, or has the table in another way than under a head of its own.

    """
    if _find(tomllib.loads(text), path) == {key: value if isinstance(value, str) else list(value) for key, value in values.items()}:
        return text
    rest = without(text, path)
    table = f"[{'.'.join(path)}]\n" + "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items())
    gap = "" if not rest else "\n" if rest.endswith("\n") else "\n\n"
    found = f"{rest}{gap}{table}"
    tomllib.loads(found)
    return found


def without(text: str, path: Sequence[str]) -> str:
    """The text without a table; as it is where there is none.

    Raises:
        ValueError: as above.

    """
    if _find(tomllib.loads(text), path) is None:
        return text
    name = r"\.".join(re.escape(each) for each in path)
    found = re.sub(rf"(?m)^\[{name}(\.[^\]]*)?\][^\n]*\n(?:(?!\[).*(?:\n|\Z))*", "", text)
    if _find(tomllib.loads(found), path) is not None:
        raise ValueError(f"{'.'.join(path)} is not a table under a head of its own")
    return found.rstrip("\n") + "\n" if found.strip() else ""


def _find(data: object, path: Sequence[str]) -> object:
    for name in path:
        if not isinstance(data, Mapping) or name not in data:
            return None
        data = data[name]
    return data
