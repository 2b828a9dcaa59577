"""Places in files of data: what stands there, and in which line, so that a fault can say it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import yaml
from yaml.constructor import SafeConstructor

KEPT = 4096


@dataclass(frozen=True, slots=True)
class Spot:
    """A value in a file; nothing where a file has none, with the line of what it would stand in."""

    path: str
    line: int
    node: yaml.Node | None

    @property
    def where(self) -> str:
        """The file and the line."""
        return f"{self.path}:{self.line}"

    @property
    def value(self) -> object:
        """What stands here, as plain data."""
        return SafeConstructor().construct_object(self.node, deep=True) if self.node is not None else None

    @property
    def text(self) -> str:
        """What stands here, as text; empty where it is none."""
        found = self.value
        return "" if found is None or isinstance(found, Mapping | list) else str(found)

    def at(self, *names: str) -> Spot:
        """What stands below these names."""
        spot = self
        for name in names:
            spot = dict(spot.entries()).get(name) or Spot(spot.path, spot.line, None)
        return spot

    def entries(self) -> Iterator[tuple[str, Spot]]:
        """What stands here by name; nothing where it has no names."""
        if isinstance(self.node, yaml.MappingNode):
            for key, value in self.node.value:
                yield str(key.value), Spot(self.path, key.start_mark.line + 1, value)

    def each(self) -> Iterator[Spot]:
        """The values of a list; nothing where it is none."""
        if isinstance(self.node, yaml.SequenceNode):
            for value in self.node.value:
                yield Spot(self.path, value.start_mark.line + 1, value)


@lru_cache(maxsize=KEPT)
def documents(path: str, text: str) -> tuple[Spot, ...] | None:
    """Every document of a file of YAML; nothing where it cannot be read."""
    try:
        found = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError:
        return None
    return tuple(Spot(path, node.start_mark.line + 1, node) for node in found)
