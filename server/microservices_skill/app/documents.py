"""Renders what people read: decisions, diagrams and contracts."""

# ruff: noqa: PLC0415 - contracts need neither decisions nor diagrams

from __future__ import annotations

from pathlib import Path

from microservices_skill.app.design import Design, read_design, read_model
from microservices_skill.app.results import Writing
from microservices_skill.app.writing import AT_ONCE, Manner, Progress, silent, write
from microservices_skill.contracts import render
from microservices_skill.files import FileTree, safe_path
from microservices_skill.regeneration.request import Request
from microservices_skill.workspace.journal import digest_at
from microservices_skill.workspace.paths import inside
from microservices_skill.workspace.reading import read_text

DOCS = "docs/"
_ADRS = "docs/adr"


def render_adr(root: Path, source: Path, *, manner: Manner = AT_ONCE, progress: Progress = silent) -> Writing:
    """Write the architecture decision records with their diagrams.

    A design with findings is documented all the same: the record names the risks.
    """
    progress(0, 2, "rendering decisions and diagrams")
    files = adr_files(read_design(source))
    following = "Read docs/adr/ADR-001.md first." if "docs/adr/ADR-001.md" in files else f"Read {next(iter(files), DOCS)} first."
    progress(1, 2, "comparing" if manner.preview else "writing")
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
    folder = inside(root, _ADRS)
    exact = folder / f"{safe_path(name)}.md"
    longer = sorted(folder.glob(f"{safe_path(name)}-*.md"))
    chosen = longer[0] if longer and not exact.exists() else exact
    return read_text(inside(root, f"{_ADRS}/{chosen.name}"))


def adr_names(root: Path) -> tuple[str, ...]:
    """The decision records that were written before, such as ``ADR-001-services-for-a-shop``."""
    return tuple(sorted(path.stem for path in inside(root, _ADRS).glob("*.md")))


def read_generated(root: Path, folder: str, path: str) -> str:
    """A text below a folder of what was generated, such as ``openapi/order.json`` below ``contracts``.

    Raises:
        SkillError: there is none, or the path leads out of the folder.

    """
    return read_text(inside(inside(root, folder), safe_path(path)))


def fingerprints(root: Path) -> dict[str, str | None]:
    """What tells whether the architecture or a decision record changed: a digest of each, by ``architecture`` or ``adr/<name>``."""
    records = {f"adr/{name}": digest_at(root / _ADRS / f"{name}.md") for name in adr_names(root)}
    return {"architecture": digest_at(root / "architecture.yaml"), **records}
