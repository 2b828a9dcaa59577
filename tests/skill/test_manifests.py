"""One version number in everything that installs us, and nothing that was edited by hand."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from tools.manifests import cursor_link, manifests, text

from microservices_skill import __version__

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", manifests())
def test_a_manifest_is_what_is_made(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == text(manifests()[path]), "run make regen"


def test_all_versions_are_one() -> None:
    found = re.findall(r'(?:"version": "|@)([0-9]+\.[0-9]+\.[0-9]+)', json.dumps(manifests()))
    assert len(found) >= 6
    assert set(found) == {__version__}


def test_the_registry_finds_its_name_in_the_readme() -> None:
    server = manifests()["server.json"]
    assert f"<!-- mcp-name: {server['name']} -->" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(server["description"]) <= 100


def test_the_link_for_cursor_installs_this_version() -> None:
    link = cursor_link(__version__)
    assert link in (ROOT / "README.md").read_text(encoding="utf-8"), "put it into README.md"
    entry = json.loads(base64.b64decode(parse_qs(urlsplit(link).query)["config"][0]))
    assert entry == {key: value for key, value in manifests()["mcp.json"]["mcpServers"]["microservices"].items() if key != "type"}
