"""An architecture and what is known of it, as the data of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from microservices_skill.capacity.budgets import paths
from microservices_skill.explorer.comparing import compared
from microservices_skill.explorer.edges import edges
from microservices_skill.explorer.nodes import callee_id, external_id, nodes, service_id, store_id
from microservices_skill.explorer.page import EventItem, FindingItem, Page, PathItem
from microservices_skill.explorer.sagas import sagas
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.document import Document
from microservices_skill.model.naming import title
from microservices_skill.model.system import Team
from microservices_skill.model.types import format_duration
from microservices_skill.rules.findings import Finding


def describe(architecture: Architecture, document: Document, findings: Sequence[Finding], *, old: Architecture | None = None) -> Page:
    """The page of an architecture; with ``old``, of the way from that version to this one."""
    system, needs = architecture.system, architecture.system.requirements
    (shown, links), comparison = (
        compared(old, architecture) if old is not None else ((tuple(nodes(architecture)), tuple(edges(architecture))), None)
    )
    return Page(
        name=system.name,
        title=system.title or title(system.name),
        about=system.domain,
        facts=tuple(_facts(architecture)),
        wanted_p99=needs.latency_p99 or 0,
        wanted_availability=needs.availability or 0,
        teams=tuple((each.name, _about(each)) for each in architecture.teams),
        nodes=shown,
        edges=links,
        events=tuple(_events(architecture)),
        sagas=tuple(sagas(architecture)),
        findings=tuple(_finding(architecture, document, each) for each in findings),
        paths=tuple(_paths(architecture)),
        comparison=comparison,
    )


def _facts(architecture: Architecture) -> Iterator[tuple[str, str]]:
    system, needs = architecture.system, architecture.system.requirements
    yield "Style", str(system.style)
    yield "Runs on", str(system.platform.runtime)
    yield "Broker", str(system.platform.broker)
    if needs.peak_rps is not None:
        yield "Peak", f"{needs.peak_rps:g} requests/s"
    if needs.latency_p99 is not None:
        yield "Asked latency p99", format_duration(needs.latency_p99)
    if needs.availability is not None:
        yield "Asked availability", f"{needs.availability:g} %"
    if needs.regulations:
        yield "Regulations", ", ".join(needs.regulations)


def _about(team: Team) -> str:
    people = f"{team.size} people" if team.size is not None else ""
    return ", ".join(filter(None, (people, ", ".join(team.languages), team.location)))


def _events(architecture: Architecture) -> Iterator[EventItem]:
    for name in sorted(architecture.events_by_name):
        event = architecture.events_by_name[name][-1]
        yield EventItem(
            name=name if event.version == 1 else f"{name} v{event.version}",
            about=event.description,
            publisher=service_id(event.publisher),
            subscribers=tuple(map(service_id, architecture.subscribers(name))),
            outside=event.external_consumers,
            classification=event.classification,
            fields=tuple(f"{each.name}: {each.type}" for each in event.payload),
        )


def _paths(architecture: Architecture) -> Iterator[PathItem]:
    for each in paths(architecture):
        hops = tuple(callee_id(architecture, name) for name in each.hops)
        yield PathItem(hops, each.latency_ms.value, each.availability.value, each.meets_latency, each.meets_availability)


def _finding(architecture: Architecture, document: Document, finding: Finding) -> FindingItem:
    place = document.place(finding.location)
    return FindingItem(
        rule=finding.rule,
        severity=finding.severity,
        node=_node(architecture, finding.location),
        location=finding.location,
        line=place.line if place is not None else 1,
        message=finding.message,
        why=finding.why,
        fix=finding.fix,
        accepted=finding.accepted or "",
    )


def _node(architecture: Architecture, pointer: str) -> str:
    """The node that a place of the document is about: an event is its publisher's, a saga its coordinator's."""
    _, area, number, *_ = [*pointer.split("/"), "", ""]
    if not number.isdigit():
        return ""
    place = int(number)
    match area:
        case "services":
            return service_id(architecture.services[place].name)
        case "stores":
            return store_id(architecture.stores[place].name)
        case "externals":
            return external_id(architecture.externals[place].name)
        case "events":
            return service_id(architecture.events[place].publisher)
        case "sagas":
            return service_id(architecture.sagas[place].coordinator)
        case _:
            return ""
