"""ADR-001: the architecture as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from microservices_skill.capacity.report import Capacity
from microservices_skill.decisions.capacity import summary
from microservices_skill.decisions.figures import Figures
from microservices_skill.decisions.sources import sources_for
from microservices_skill.decisions.tradeoffs import tradeoffs
from microservices_skill.markdown import bullets, document, md_text, mermaid, section, table
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.dependency import Dependency
from microservices_skill.model.naming import kebab
from microservices_skill.model.system import Decision
from microservices_skill.model.types import format_duration
from microservices_skill.rules.findings import Finding, Severity


def overview(
    architecture: Architecture, record: Decision, findings: Sequence[Finding], diagrams: Mapping[str, str], capacity: Capacity
) -> str:
    """The page of ADR-001."""
    return document(
        f"{record.id}: {md_text(record.title)}",
        section("Status", str(record.status).capitalize()),
        section("Context", md_text(record.context), bullets(_context(architecture))),
        section("Decision", md_text(record.choice), bullets(md_text(reason) for reason in record.reasons)),
        section("Service boundaries", _boundaries(architecture), mermaid(diagrams["context"]), mermaid(diagrams["containers"])),
        section("Communication matrix", _calls(architecture), _events(architecture), *_fence(diagrams, "events")),
        section("Saga flows", *_sagas(architecture, diagrams)),
        section("Data consistency model", _consistency(architecture)),
        section("Deployment model", _deployment(architecture)),
        section("Capacity", summary(capacity)),
        section("Tradeoffs", tradeoffs(architecture)),
        section("Risks and mitigations", _risks(findings)),
        section("Next steps", bullets(_next(architecture, findings))),
        section("Sources", bullets(md_text(source) for source in record.sources or sources_for(record.title))),
    )


def _context(architecture: Architecture) -> list[str]:
    needs = architecture.system.requirements
    facts = [f"Domain: {md_text(architecture.system.domain)}", md_text(architecture.system.description)]
    for name, value in (
        ("Users", needs.users),
        ("Requests per second at the peak", needs.peak_rps),
        ("Data after a year, in GB", needs.data_gb),
        ("Availability asked for, in percent", needs.availability),
    ):
        if value is not None:
            facts.append(f"{name}: {value:g}")
    for name, duration in (
        ("p99 latency", needs.latency_p99),
        ("Recovery time objective", needs.rto),
        ("Recovery point objective", needs.rpo),
    ):
        if duration is not None:
            facts.append(f"{name}: {format_duration(duration)}")
    if needs.regulations:
        facts.append(f"Regulations: {', '.join(needs.regulations)}")
    facts += [
        f"Must agree at once: {md_text(need.data)} ({', '.join(need.services) or 'inside one service'})"
        for need in needs.strong_consistency
    ]
    facts += [f"May lag: {md_text(data)}" for data in needs.eventual_consistency]
    return [fact for fact in facts if fact]


def _boundaries(architecture: Architecture) -> str:
    rows = [
        (
            f"[{service.name}](../services/{service.name}.md)",
            md_text(service.responsibility),
            str(service.language),
            ", ".join(service.owners) or "**nobody**",
            ", ".join(f"{name} ({architecture.stores_by_name[name].kind})" for name in service.stores) or "none",
        )
        for service in architecture.services
    ]
    return table(("Service", "Responsibility", "Stack", "Owner", "Data store"), rows)


def _calls(architecture: Architecture) -> str:
    rows = [
        (service.name, call.to, md_text(call.purpose), call.protocol, *policy(call))
        for service in architecture.services
        for call in service.dependencies
    ]
    if not rows:
        return "No service calls another and waits for it."
    return table(("Caller", "Callee", "Why", "Protocol", "Timeout", "Tries", "Breaker opens after", "At once", "When it fails"), rows)


def policy(call: Dependency) -> tuple[str, str, str, str, str]:
    """Timeout, tries, breaker, bulkhead and fallback of a call."""
    breaker = call.circuit_breaker
    return (
        format_duration(call.timeout) if call.timeout else "**none**",
        str(call.retries.attempts if call.retries else 1),
        f"{breaker.failures} failures, for {format_duration(breaker.reset)}" if breaker else "**none**",
        str(call.bulkhead or "-"),
        str(call.fallback),
    )


def _events(architecture: Architecture) -> str:
    rows = []
    for name in sorted(architecture.events_by_name):
        *older, event = architecture.events_by_name[name]
        outside = dict.fromkeys(md_text(each) for version in (event, *older) for each in version.external_consumers)
        heard = ", ".join([*architecture.subscribers(name), *outside]) or "nobody yet"
        living = "".join(f", v{each.version} (deprecated)" for each in reversed(older))
        rows.append((event.publisher, f"{name} v{event.version}{living}", heard, event.ordering_key or "none", str(event.classification)))
    return table(("Publisher", "Event", "Subscribers", "Ordered by", "Classification"), rows) if rows else "Nothing is published."


def _fence(diagrams: Mapping[str, str], name: str) -> list[str]:
    return [mermaid(diagrams[name])] if name in diagrams else []


def _sagas(architecture: Architecture, diagrams: Mapping[str, str]) -> list[str]:
    if not architecture.sagas:
        return ["None: no data that must agree lies in two services."]
    parts = []
    for saga in architecture.sagas:
        covers = f" It covers {md_text(', '.join(saga.covers))}." if saga.covers else ""
        parts.append(f"**{saga.name}**, {saga.style} by {saga.coordinator}: {md_text(saga.description)}.{covers}")
        parts += _fence(diagrams, f"saga-{kebab(saga.name)}")
    return parts


def _consistency(architecture: Architecture) -> str:
    rows = []
    for need in architecture.system.requirements.strong_consistency:
        covering = [saga.name for saga in architecture.sagas if need.data in saga.covers]
        means = ", ".join(covering) if len(need.services) > 1 else "one transaction of one service"
        rows.append((md_text(need.data), "agrees when its saga ends" if covering else "at commit", means or "**nothing**"))
    for service in architecture.services:
        heard = sorted({subscription.event for subscription in service.subscriptions})
        if heard:
            rows.append((f"what {service.name} knows of others", "eventually, in order of the key", ", ".join(heard)))
    return table(("Data", "Agrees", "By"), rows) if rows else "Each write is one transaction of one service; nothing else depends on it."


def _deployment(architecture: Architecture) -> str:
    platform = architecture.system.platform
    rows = [
        (service.name, str(service.replicas), f"{service.slo.availability:g} %", format_duration(service.slo.p99), str(service.exposure))
        for service in architecture.services
    ]
    how = f"On {platform.runtime}, broker {platform.broker}, {'behind a gateway' if platform.gateway else 'without a gateway'}."
    stores = [
        (
            name,
            str(store.replication),
            format_duration(store.backup_interval) if store.backup_interval else "none",
            "yes" if store.encrypted else "no",
        )
        for name, store in sorted(architecture.stores_by_name.items())
    ]
    return "\n\n".join(
        [
            how,
            table(("Service", "Replicas", "Availability", "p99", "Exposure"), rows),
            table(("Store", "Replication", "Backup every", "Encrypted"), stores),
        ]
    )


def _risks(findings: Sequence[Finding]) -> str:
    if not findings:
        return "The rules find none. What they cannot see: load that differs from the answers, and people who leave."
    rows = [
        (
            str(finding.severity),
            f"{finding.rule} at `{finding.location}`",
            md_text(finding.message),
            f"accepted: {md_text(finding.accepted)}" if finding.accepted is not None else md_text(finding.fix),
        )
        for finding in findings
    ]
    return table(("Severity", "Where", "What", "Mitigation"), rows)


def _next(architecture: Architecture, findings: Sequence[Finding]) -> list[str]:
    open_ones = [finding for finding in findings if finding.accepted is None and finding.severity is not Severity.INFO]
    steps = [f"Mend {finding.rule} at `{finding.location}`" for finding in open_ones[:5]]
    figures = Figures(architecture)
    seams = sum(len(service.entities) for service in architecture.services)
    steps.append(f"Write the business rules of {seams} entities in their `rules.py`")
    steps += [f"Agree with the owners of {external.name} on its sandbox and its limits" for external in architecture.externals]
    if figures.deliveries:
        busiest = max(architecture.events_by_name, key=lambda name: len(architecture.subscribers(name)))
        steps.append(f"Freeze {busiest} first: {len(architecture.subscribers(busiest))} services depend on its schema")
    return steps
