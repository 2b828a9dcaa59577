"""Manifests as data, and the schemas of what they use beside Kubernetes' own kinds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

Manifest = dict[str, Any]


def read(text: str) -> list[Manifest]:
    """The documents of a stream."""
    return [document for document in yaml.safe_load_all(text) if document]


def _closed(schema: Any) -> Any:
    """The schema, with keys that it does not name refused, as a strict server refuses them."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _closed(value) for key, value in schema.items()}
    if "properties" in found and not schema.get("x-kubernetes-preserve-unknown-fields"):
        found.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        found.pop("type", None)
    return found


def _custom() -> dict[tuple[str, str], Any]:
    found = {}
    for path in sorted((Path(__file__).parent / "crds").glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        schema = document["schema"]
        schema["properties"] |= {
            "apiVersion": {"const": document["apiVersion"]},
            "kind": {"const": document["kind"]},
            "metadata": {"type": "object"},
        }
        found[document["apiVersion"], document["kind"]] = Draft202012Validator(_closed(schema))
    return found


CUSTOM = _custom()


def is_custom(manifest: Manifest) -> bool:
    """Whether it is of a kind that Kubernetes does not have itself."""
    return (manifest["apiVersion"], manifest["kind"]) in CUSTOM


def faults(manifests: Sequence[Manifest]) -> Iterator[str]:
    """What the schemas of custom resources refuse."""
    for each in manifests:
        if is_custom(each):
            for error in CUSTOM[each["apiVersion"], each["kind"]].iter_errors(each):
                yield f"{each['kind']}/{each['metadata']['name']}: {error.json_path}: {error.message}"


def write(manifests: Sequence[Manifest], path: Path) -> Path:
    """The manifests as a stream in a file."""
    path.write_text(yaml.safe_dump_all(manifests, sort_keys=False), encoding="utf-8")
    return path
