"""The API is the one that the contract promises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from order.config import Settings
from order.main import create_app

CONTRACT = Path(__file__).parents[2] / "contracts" / "openapi.json"
WORDS = frozenset({"title", "description", "summary", "tags", "examples", "x-scopes"})


def test_the_service_speaks_its_contract() -> None:
    served = create_app(Settings(environment="test")).openapi()
    promised = json.loads(CONTRACT.read_text(encoding="utf-8"))
    for part in ("paths", "components"):
        assert bare(served[part]) == bare(promised[part])


def bare(node: Any, *, is_names: bool = False) -> Any:
    """The node without what is only for people, and with what has no order in one order."""
    if isinstance(node, dict):
        kept = {key: value for key, value in node.items() if is_names or key not in WORDS}
        return {
            key: sorted(value)
            if key == "required" and isinstance(value, list)
            else sorted((bare(each) for each in value), key=lambda each: (each["in"], each["name"]))
            if key == "parameters"
            else bare(value, is_names=key in ("properties", "schemas", "responses", "headers", "securitySchemes") and not is_names)
            for key, value in kept.items()
            if not (key == "default" and value is None)
        }
    if isinstance(node, list):
        return [bare(each) for each in node]
    return node
