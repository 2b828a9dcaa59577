"""A real Chromium without a network, and the pages in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.explorer.systems import ROOT

from microservices_skill.app.exploring import explore

PACKAGES = ROOT / ".tools" / "explorer" / "node_modules"


def missing(what: str, how: str) -> None:
    """Where tools are required the test fails; elsewhere it is left out."""
    if os.environ.get("REQUIRE_TOOLS"):
        pytest.fail(f"{what} is missing: {how}")
    pytest.skip(f"{what} is missing: {how}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    found = shutil.which("chromium")
    if found is None:
        missing("chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


class Explorer:
    """A page that was written from a document, opened from its file, with all that it asked for and complained of."""

    def __init__(self, browser: Browser, path: Path, **settings: Any) -> None:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True, **settings)
        self.page: Page = context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(path.as_uri())
        self.drawn()

    def drawn(self) -> None:
        """Wait until the map stands."""
        self.page.wait_for_selector("#canvas[data-state=drawn]", state="attached")

    def click(self, selector: str) -> None:
        """Click, and wait for what it draws."""
        self.page.click(selector)
        self.drawn()

    def ids(self, selector: str) -> list[str]:
        """The names of parts of the map."""
        within = ", ".join(f"#canvas {each.strip()}" for each in selector.split(","))
        return sorted(self.page.eval_on_selector_all(within, "all => all.map((each) => each.dataset.id)"))

    def text(self, selector: str) -> str:
        """What stands there."""
        return " ".join(self.page.eval_on_selector(selector, "(found) => found.innerText ?? found.textContent").split())

    def violations(self) -> list[str]:
        """What axe finds, with the elements that it means."""
        script = PACKAGES / "axe-core" / "axe.min.js"
        if not script.exists():
            missing("axe-core", "run make tools")
        self.page.evaluate(script.read_text(encoding="utf-8"))  # by the debugger: the page's policy lets no script in
        found = self.page.evaluate("axe.run().then((result) => result.violations)")
        return [f"{each['id']}: {node['html']} {node['failureSummary']}" for each in found for node in each["nodes"]]


def written(folder: Path, text: str, *, old: str = "") -> Path:
    """The page of a document; with old, of the change from it."""
    source, before, output = folder / "architecture.yaml", folder / "old.yaml", folder / "page.html"
    source.write_text(text, encoding="utf-8")
    before.write_text(old, encoding="utf-8")
    explore(source, output, against=before if old else None)
    return output
