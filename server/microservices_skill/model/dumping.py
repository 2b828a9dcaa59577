"""Writes a model as YAML that people edit: fields in the order of the model, defaults left out."""

from __future__ import annotations

from typing import Any

import yaml

from microservices_skill.model.document import resolve
from microservices_skill.model.types import Node

_DUMPER: type[Any] = yaml.SafeDumper


class _Dumper(_DUMPER):  # type: ignore[misc]
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - whatever repeats is written out
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:  # noqa: ANN401, ARG002, FBT001, FBT002
        return super().increase_indent(flow, False)


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text and not any(line != line.rstrip() for line in text.split("\n")) else None
    if not isinstance(resolve(text), str):
        style = "'"  # what we would read as a number or a truth value, whatever another reader makes of it
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _string)


def dump(node: Node, *, header: str = "") -> str:
    """``node`` as YAML, ending with one newline; ``header`` lines become comments at the top."""
    comment = "".join(f"# {line}\n" for line in header.splitlines())
    return comment + dump_plain(to_plain(node))


def to_plain(node: Node) -> dict[str, Any]:
    """``node`` as JSON-like data, without what equals a default (but with what says which document it is)."""
    data = node.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    identity = {key: getattr(node, name) for name, key in (("api_version", "apiVersion"), ("kind", "kind")) if hasattr(node, name)}
    return identity | data


def dump_plain(data: object) -> str:
    """JSON-like data as block-style YAML in its own order."""
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=False))
