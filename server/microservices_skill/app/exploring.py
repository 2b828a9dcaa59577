"""Makes the explorer page of an architecture."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from microservices_skill.app.design import read_design, read_model
from microservices_skill.app.results import Exploration
from microservices_skill.errors import SkillError
from microservices_skill.explorer.describing import describe
from microservices_skill.explorer.html import MARK, page_html
from microservices_skill.explorer.page import Change, Page
from microservices_skill.workspace.document import write_document
from microservices_skill.workspace.reading import read_text

_NEXT = "Open it in a browser; it needs no network. Make it again after each change of the model."


class ForeignPageError(SkillError):
    """Something else has the page's place."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: exists and is no page of this command; choose another --output, or move that file away")


def explore(source: Path, output: Path, *, against: Path | None = None, preview: bool = False) -> Exploration:
    """Write the explorer page of an architecture; ``against`` an earlier version, it shows what differs.

    Raises:
        SkillError: a document cannot be read, or the page cannot be written.
        ForeignPageError: ``output`` holds something else.

    """
    page = _described(source, against)
    text = page_html(page)
    if output.is_file() and MARK not in read_text(output)[:200]:
        raise ForeignPageError(output)
    if not preview:
        write_document(output, text)
    return Exploration(
        path=str(output),
        written=not preview,
        size=len(text.encode()),
        services=sum(each.kind == "service" and each.change is not Change.REMOVED for each in page.nodes),
        findings=dict(sorted(Counter(each.severity for each in page.findings if not each.accepted).items())),
        differences=len(page.comparison.differences) if page.comparison is not None else 0,
        next="Nothing is written yet; run again without preview." if preview else _NEXT,
    )


def page_of(source: Path) -> str:
    """The explorer page of an architecture as text.

    Raises:
        SkillError: the document cannot be read.

    """
    return page_html(_described(source, None))


def _described(source: Path, against: Path | None) -> Page:
    design = read_design(source, against=against)
    return describe(design.architecture, design.document, design.findings, old=read_model(against) if against is not None else None)
