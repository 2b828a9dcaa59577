"""What is vendored and built is what the locked packages and the sources make."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from tests.explorer.browser import PACKAGES, missing
from tests.explorer.systems import ROOT

TARGET = ROOT / "templates" / "explorer"


@pytest.mark.slow
def test_the_code_of_the_page_is_current_and_typed():
    if not PACKAGES.is_dir():
        missing("esbuild", "run make tools")
    command = [sys.executable, ROOT / "tools" / "build_explorer.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["explorer.js", "vendor/elk.bundled.js", "explorer.css"])
def test_no_script_or_style_can_end_its_element_or_reach_a_network(name: str):
    text = (TARGET / name).read_text(encoding="utf-8")
    assert not re.search(r"</script|<!--|</style|<script|\r", text, re.IGNORECASE)
    assert not re.search(r"\bfetch\(|XMLHttpRequest|WebSocket|@import|url\(|\beval\(|\bnew Function\(", text)


def test_each_vendored_library_stands_with_its_licence_and_version():
    page = (TARGET / "page.html.jinja").read_text(encoding="utf-8")
    lock = (ROOT / "tools" / "explorer" / "package-lock.json").read_text(encoding="utf-8")
    (version,) = re.findall(r'"node_modules/elkjs": \{\s+"version": "([^"]+)"', lock)
    assert f"elkjs {version} (EPL-2.0, https://github.com/kieler/elkjs)" in page
    assert "Eclipse Public License" in (TARGET / "vendor" / "elkjs-LICENSE.md").read_text(encoding="utf-8")
    assert "Mike Bostock" in (TARGET / "explorer.js").read_text(encoding="utf-8")
