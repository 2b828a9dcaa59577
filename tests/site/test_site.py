"""The documentation as a browser gets it: every link leads somewhere, and nothing comes from elsewhere."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from tools.site import build
from tools.site.assemble import assemble

pytestmark = pytest.mark.slow


@dataclass
class Page(HTMLParser):
    """A page's links, what it loads, and the places that can be linked."""

    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    places: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.places |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload"):
            self.loads.append(given["href"])
        elif "src" in given:
            self.loads.append(given["src"])


def read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def broken(html: Path) -> list[str]:
    """What leads nowhere: page and link."""
    pages = {path: read(path) for path in html.rglob("*.html")}
    found = []
    for path, page in pages.items():
        for link in page.links + page.loads:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            has_place = target not in pages or parts.fragment in ("", *pages[target].places)
            if not target.is_file() or not has_place:
                found.append(f"{path.relative_to(html)}: {link}")
    return found


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not build.PYTHON.exists():
        if os.environ.get("REQUIRE_TOOLS"):
            pytest.fail("Sphinx is missing: run `make tools`")
        pytest.skip("Sphinx is missing: run `make tools`")
    folder = tmp_path_factory.mktemp("site")
    done = build.build(folder)
    assert done.returncode == 0, done.stdout
    return folder / "html"


def test_every_link_leads_to_a_page_and_a_place_in_it(html: Path) -> None:
    assert broken(html) == []


def test_a_link_that_leads_nowhere_is_found(html: Path, tmp_path: Path) -> None:
    copy = tmp_path / "html"
    shutil.copytree(html, copy)
    page = copy / "howto" / "index.html"
    page.write_text(page.read_text(encoding="utf-8") + '<a href="gone.html">a</a><a href="testing.html#gone">b</a>', encoding="utf-8")
    assert broken(copy) == ["howto/index.html: gone.html", "howto/index.html: testing.html#gone"]


def test_nothing_is_loaded_from_elsewhere(html: Path) -> None:
    loads = {load for path in html.rglob("*.html") for load in read(path).loads}
    assert [load for load in loads if urlsplit(load).netloc] == []
    styles = "".join(path.read_text(encoding="utf-8") for path in html.rglob("*.css"))
    assert "url(http" not in styles
    assert "url(//" not in styles
    assert "@import" not in styles


def test_every_source_is_a_page_and_the_same_sources_come_out_twice(html: Path, tmp_path: Path) -> None:
    sources = html.parent / "source"
    pages = [path.relative_to(sources) for path in sources.rglob("*.md") if "_included" not in path.parts]
    assert [str(path) for path in pages if not (html / path.with_suffix(".html")).is_file()] == []
    assemble(tmp_path / "again")
    assert {path.relative_to(sources): path.read_bytes() for path in sources.rglob("*.*")} == {
        path.relative_to(tmp_path / "again"): path.read_bytes() for path in (tmp_path / "again").rglob("*.*")
    }
