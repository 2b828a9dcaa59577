"""Changes an architecture that was accepted: what differs, whom it touches, and the decision that supersedes an older one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from microservices_skill.app.design import read_design, read_model
from microservices_skill.app.documents import render_adr
from microservices_skill.app.existing_results import ArchitectureChange, TouchedService
from microservices_skill.app.writing import Manner
from microservices_skill.decisions import change
from microservices_skill.model.loading import read_architecture
from microservices_skill.workspace.decisions import with_decision
from microservices_skill.workspace.document import write_document
from microservices_skill.workspace.reading import read_text

SHOWN = 40
_NEXT = {
    "same": "Nothing differs: no decision is needed.",
    "asked": "Agree with the people whose services are touched, then give a title: the decision is written into the architecture.",
    "broken": "The findings of validate against the version before must be mended or accepted first; nothing is written.",
    "done": "Read the decision under docs/adr, then generate_system: services and migrations follow.",
}


def change_architecture(
    root: Path,
    source: Path,
    *,
    against: Path,
    title: str = "",
    why: str = "",
    supersedes: Sequence[str] = (),
    preview: bool = False,
) -> ArchitectureChange:
    """Say what a change does; with a title, record it as a decision in the architecture and render the decisions below ``root``.

    Raises:
        SkillError: a document cannot be read, a superseded decision is not there, or the disk refuses.

    """
    design, old = read_design(source, against=against), read_model(against)
    found = change.differences(old, design.architecture)
    touched = change.impacts(old, design.architecture, found)
    order = tuple(each.message for each in design.summaries if each.rule == "deployment-order")
    broken = tuple(f"{each.rule}: {each.message}" for each in design.summaries if each.severity == "error" and not each.accepted)
    decision, written = "", False
    if found and title and not broken:
        decision = change.next_id(design.architecture)
        text = read_text(source)
        architecture, document = read_architecture(text, source=str(source))
        recorded = change.record(decision, title, why, found, touched, order)
        changed = with_decision(text, document, architecture, recorded, supersedes)
        written = not preview
        if written:
            write_document(source, changed)
            render_adr(root, source, manner=Manner())
    state = "same" if not found else "broken" if broken else "done" if written else "asked"
    return ArchitectureChange(
        decision=decision,
        written=written,
        differences=tuple(map(str, found[:SHOWN])),
        omitted=max(0, len(found) - SHOWN),
        touched=tuple(TouchedService(each.service, each.because) for each in touched),
        order=order,
        broken=broken,
        next=_NEXT[state],
    )
