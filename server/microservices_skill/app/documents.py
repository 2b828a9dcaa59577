"""Renders what people read: decisions, diagrams and contracts."""

# ruff: noqa: PLC0415 - contracts need neither decisions nor diagrams

from __future__ import annotations

from pathlib import Path

from microservices_skill.app.design import Design, read_design, read_model
from microservices_skill.app.results import Writing
from microservices_skill.app.writing import AT_ONCE, Manner, write
from microservices_skill.contracts import render
from microservices_skill.files import FileTree, safe_path
from microservices_skill.regeneration.request import Request
from microservices_skill.workspace.paths import inside
from microservices_skill.workspace.reading import read_text

DOCS = "docs/"


def render_adr(root: Path, source: Path, *, manner: Manner = AT_ONCE) -> Writing:
    """Write the architecture decision records with their diagrams.

    A design with findings is documented all the same: the record names the risks.
    """
    files = adr_files(read_design(source))
    following = "Read docs/adr/ADR-001.md first." if "docs/adr/ADR-001.md" in files else f"Read {next(iter(files), DOCS)} first."
    return write(root, Request(files, scope=(DOCS,)), manner=manner, following=following)


def contracts(root: Path, source: Path, *, manner: Manner = AT_ONCE) -> Writing:
    """Write OpenAPI 3.1 per service, AsyncAPI 3.0 and a JSON Schema per event version."""
    files = render.render(read_model(source))
    following = "Read contracts/asyncapi.json for the events."
    return write(root, Request(files, scope=(f"{render.FOLDER}/",)), manner=manner, following=following)


def diagrams(source: Path) -> dict[str, str]:
    """Every diagram of the system in Mermaid, by its name."""
    from microservices_skill.diagrams import render as drawing

    return drawing.diagrams(read_model(source))


def adr_files(design: Design) -> FileTree:
    """The decision records and diagrams of a design."""
    from microservices_skill.decisions import render as decisions
    from microservices_skill.diagrams import render as drawing

    drawn = drawing.diagrams(design.architecture)
    return decisions.render(design.architecture, findings=list(design.findings), diagrams=drawn, capacity=design.capacity)


def read_adr(root: Path, name: str) -> str:
    """The text of a decision record that was written before, such as ``ADR-001``.

    Raises:
        SkillError: there is none of that name.

    """
    folder = inside(root, "docs/adr")
    exact = folder / f"{safe_path(name)}.md"
    longer = sorted(folder.glob(f"{safe_path(name)}-*.md"))
    chosen = longer[0] if longer and not exact.exists() else exact
    return read_text(inside(root, f"docs/adr/{chosen.name}"))
