"""The threat model as a page: the data-flow diagram, what is still to do, then each element and each flow."""

from __future__ import annotations

import re
from collections.abc import Iterable

from microservices_skill.markdown import bullets, document, md_text, mermaid, section, table
from microservices_skill.model.access import grants_of
from microservices_skill.model.architecture import Architecture
from microservices_skill.security.flows import Element, Flow, diagram
from microservices_skill.security.threats import Threat, of_element, of_flow, open_threats

PAGE = "docs/security/threat-model.md"
HEAD = ("STRIDE", "Threat", "Answer")


def page(architecture: Architecture, drawing: str) -> str:
    """``docs/security/threat-model.md``."""
    drawn = diagram(architecture)
    return document(
        f"Threat model of {md_text(architecture.system.title or architecture.system.name)}",
        "Generated from the architecture: STRIDE for each element and each flow (Shostack, Threat Modeling, 2014). An answer names the"
        " file of the service or the setting that gives it; what begins with **open** is still to do. What threatens the business"
        " itself is not in the model: add it to your own page beside this one.",
        section("Data flows", "Thick arrows leave the zone in which all is trusted alike.", mermaid(drawing)),
        section("Still open", _still_open(open_threats(architecture, drawn)) or "Nothing."),
        section("Who may do what", _grants(architecture)),
        *(section(f"{each.kind.capitalize()}: {md_text(each.name)}", _element(architecture, each)) for each in drawn.elements),
        section("Flows", *(_flow(architecture, each) for each in drawn.flows)) if drawn.flows else "",
    )


def _element(architecture: Architecture, element: Element) -> str:
    return _table(of_element(architecture, element))


def _flow(architecture: Architecture, flow: Flow) -> str:
    crossing = f"from {flow.source.zone} to {flow.target.zone}" if flow.crosses else f"within {flow.source.zone}"
    about = f"{md_text(flow.carries)}; {flow.protocol}, {flow.classification} data, {crossing}"
    return f"### {md_text(flow.name)}\n\n{about}\n\n{_table(of_flow(architecture, flow))}"


def _still_open(found: Iterable[tuple[str, Threat]]) -> str:
    """What is to do, each with all places that it is to be done at."""
    places: dict[str, dict[str, list[str]]] = {}
    for name, threat in found:
        places.setdefault(threat.answer, {}).setdefault(name, []).append(str(threat.kind))
    lines = []
    for answer, at in places.items():
        named = (f"{md_text(name)} ({', '.join(kinds)})" for name, kinds in at.items())
        lines.append(f"{said(answer)}\n  - {'; '.join(named)}")
    return bullets(lines)


def _grants(architecture: Architecture) -> str:
    rows = [
        (service.name, grant.audience, ", ".join(grant.scopes) or "none", ", ".join(grant.operations))
        for service in architecture.services
        for grant in grants_of(architecture, service)
    ]
    if not rows:
        return "No service calls another under a token."
    about = "Tokens of services' own hold the scopes of the operations that they call, and no more (`security/clients.yaml`)."
    return f"{about}\n\n{table(('Service', 'At', 'Scopes', 'For'), rows)}"


def _table(threats: Iterable[Threat]) -> str:
    return table(
        HEAD,
        [(str(each.kind), said(each.what), f"**open**: {said(each.answer)}" if each.is_open else said(each.answer)) for each in threats],
    )


def said(text: str) -> str:
    """Words in which what stands in backticks stays code, and nothing else is markup."""
    parts = re.split(r"`([^`|\n]*)`", text)
    return "".join(f"`{part}`" if index % 2 else md_text_kept(part) for index, part in enumerate(parts))


def md_text_kept(text: str) -> str:
    """``md_text`` that keeps the spaces at both ends."""
    inner = md_text(text)
    return f"{' ' if text[:1].isspace() else ''}{inner}{' ' if text[-1:].isspace() and inner else ''}"
