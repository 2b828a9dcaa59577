"""Documents for other tools as data, before they become YAML."""

from __future__ import annotations

from typing import TypeAlias

Value: TypeAlias = "str | int | bool | list[Value] | dict[str, Value] | None"
Block: TypeAlias = "dict[str, Value]"
