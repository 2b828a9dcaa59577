"""The documents of an architecture: decision records, interface specifications, diagrams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from microservices_skill.capacity.report import Capacity
from microservices_skill.decisions import hardening, personal_data, threats
from microservices_skill.decisions.capacity import PAGE, page
from microservices_skill.decisions.overview import overview
from microservices_skill.decisions.pages import decision, file_name, specification
from microservices_skill.files import File, FileTree
from microservices_skill.markdown import bullets, document, md_text, section
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.system import Decision, DecisionStatus, Style
from microservices_skill.rules.findings import Finding
from microservices_skill.security.personal_data import is_asked_for

FIRST = "ADR-001"
BOUNDARIES = "trust-boundaries"
"""The diagram that the threat model shows."""


def render(architecture: Architecture, *, findings: Sequence[Finding], diagrams: Mapping[str, str], capacity: Capacity) -> FileTree:
    """``docs/adr``, ``docs/services``, ``docs/diagrams``, the page on capacity and their index."""
    return FileTree((path, File(text)) for path, text in _pages(architecture, findings, diagrams, capacity))


def _pages(
    architecture: Architecture, findings: Sequence[Finding], diagrams: Mapping[str, str], capacity: Capacity
) -> Iterator[tuple[str, str]]:
    records = {record.id: record for record in _records(architecture)}
    for record in records.values():
        is_first = record.id == FIRST and record.status is not DecisionStatus.SUPERSEDED
        text = overview(architecture, record, findings, diagrams, capacity) if is_first else decision(record, records)
        yield f"docs/adr/{file_name(record)}", text
    for service in architecture.services:
        yield f"docs/services/{service.name}.md", specification(architecture, service)
    for name, source in sorted(diagrams.items()):
        yield f"docs/diagrams/{name}.mmd", source
    yield PAGE, page(capacity)
    if BOUNDARIES in diagrams:
        yield threats.PAGE, threats.page(architecture, diagrams[BOUNDARIES])
    yield hardening.PAGE, hardening.page()
    if is_asked_for(architecture):
        yield personal_data.PAGE, personal_data.page(architecture)
    yield "docs/README.md", _index(architecture, list(records.values()), diagrams)


def _records(architecture: Architecture) -> list[Decision]:
    """The model's decisions; a first one is derived where it has none."""
    if any(record.id == FIRST for record in architecture.decisions):
        return list(architecture.decisions)
    is_split = architecture.system.style is Style.MICROSERVICES
    names = ", ".join(service.name for service in architecture.services)
    derived = Decision(
        id=FIRST,
        title=f"{'Services' if is_split else 'A modular monolith'} for {architecture.system.domain}"[:200],
        choice=f"{len(architecture.services)} service{'s' if len(architecture.services) != 1 else ''}: {names or 'none yet'}."[:4000],
    )
    return [derived, *architecture.decisions]


def _index(architecture: Architecture, records: Sequence[Decision], diagrams: Mapping[str, str]) -> str:
    return document(
        f"{md_text(architecture.system.title or architecture.system.name)}: documents",
        section(
            "Decisions", bullets(f"[{record.id}: {md_text(record.title)}](adr/{file_name(record)}), {record.status}" for record in records)
        ),
        section(
            "Services",
            bullets(
                f"[{service.name}](services/{service.name}.md): {md_text(service.responsibility)}" for service in architecture.services
            ),
        ),
        section("Figures", bullets(["[Capacity, budgets and cost](capacity.md)"])),
        section("Security", bullets(_security(architecture, diagrams))),
        section("Diagrams", bullets(f"[{name}](diagrams/{name}.mmd)" for name in sorted(diagrams))),
    )


def _security(architecture: Architecture, diagrams: Mapping[str, str]) -> Iterator[str]:
    if BOUNDARIES in diagrams:
        yield "[Threat model](security/threat-model.md)"
    yield "[Hardening](security/hardening.md)"
    if is_asked_for(architecture):
        yield "[Personal data](security/personal-data.md)"
