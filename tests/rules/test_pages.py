"""The committed pages are those of the rules."""

from __future__ import annotations

import importlib.util
from pathlib import Path

TOOL = Path(__file__).parents[2] / "tools" / "write_rule_pages.py"


def test_the_committed_pages_are_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("write_rule_pages", TOOL)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert {path.name: path.read_text(encoding="utf-8") for path in tool.PAGES.glob("*.md")} == tool.pages()
