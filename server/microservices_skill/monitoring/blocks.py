"""YAML and JSON files as data, each with a word on what it is for."""

from __future__ import annotations

import json
from typing import TypeAlias

from microservices_skill.files import File
from microservices_skill.model.dumping import dump_plain

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
Block: TypeAlias = "dict[str, Value]"


def yaml_file(data: Block, about: str) -> File:
    """A generated YAML file; ``about`` says what it is for."""
    comment = "".join(f"# {line}\n" for line in f"Generated: {about}".splitlines())
    return File(comment + dump_plain(data))


def json_file(data: Block) -> File:
    """A generated JSON file."""
    return File(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def texts(*items: str) -> list[Value]:
    """Texts as a list of data."""
    return [*items]


def blocks(*items: Block) -> list[Value]:
    """Blocks as a list of data."""
    return [*items]


def labels(found: dict[str, str]) -> Block:
    """Labels as data."""
    return {**found}
