"""Which scope a message needs: to read, or to write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mcp_types import Tool

from microservices_skill.http_server.refusals import READ, WRITE


@dataclass(frozen=True, slots=True)
class Rights:
    """What each tool does with a workspace; of a tool that is not known the worst is believed."""

    reading: frozenset[str]
    previewing: frozenset[str]

    @classmethod
    def of(cls, tools: Iterable[Tool]) -> Rights:
        """From what tools say of themselves."""
        known = list(tools)
        return cls(
            reading=frozenset(each.name for each in known if each.annotations is not None and each.annotations.read_only_hint),
            previewing=frozenset(each.name for each in known if "preview" in each.input_schema.get("properties", {})),
        )

    def scope(self, method: object, params: object) -> str:
        """The scope that a message needs."""
        return WRITE if self.writes(method, params) else READ

    def writes(self, method: object, params: object) -> bool:
        """Whether a message may write into the workspace."""
        if method != "tools/call":
            return False
        given: Mapping[str, Any] = params if isinstance(params, Mapping) else {}
        name, arguments = given.get("name"), given.get("arguments")
        if name in self.reading:
            return False
        is_preview = isinstance(arguments, Mapping) and arguments.get("preview") is True
        return not (is_preview and name in self.previewing)
