"""Applies every rule to an architecture and marks the findings that the team has accepted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from microservices_skill.model.architecture import Architecture
from microservices_skill.rules import acceptance
from microservices_skill.rules.analysis import Acceptances, Analysis
from microservices_skill.rules.catalogue import RULES
from microservices_skill.rules.findings import Finding, Severity
from microservices_skill.rules.locations import nearest, order

_RANK = {severity: rank for rank, severity in enumerate(Severity)}


def validate(architecture: Architecture, *, previous: Architecture | None = None) -> list[Finding]:
    """Every finding, worst first, then in the order of the document; ``previous`` lets breaking changes be seen."""
    analysis = Analysis(architecture, previous)
    found = [_placed(architecture, finding) for rule in RULES for finding in rule.findings(analysis)]
    marked, acceptances = _accept(architecture, found, compared=previous is not None)
    after = replace(analysis, acceptances=acceptances)
    marked += [finding for rule in acceptance.RULES for finding in rule.findings(after)]
    return sorted(marked, key=lambda finding: (_RANK[finding.severity], order(finding.location), finding.rule, finding.message))


def blocks(findings: Iterable[Finding]) -> bool:
    """Whether any error is not accepted, so that nothing may be generated."""
    return any(finding.severity is Severity.ERROR and finding.accepted is None for finding in findings)


def _placed(architecture: Architecture, finding: Finding) -> Finding:
    location = nearest(architecture, finding.location)
    return finding if location == finding.location else replace(finding, location=location)


def _accept(architecture: Architecture, findings: list[Finding], *, compared: bool) -> tuple[list[Finding], Acceptances]:
    """Findings with the reason of the acceptance at their place or above it, and the acceptances that met nothing.

    An acceptance of a rule that compares versions is not held against the model when none was given to compare with.
    """
    risks = architecture.accepted_risks
    if not risks:
        return findings, Acceptances()
    by_place = {(risk.rule, nearest(architecture, risk.at) if risk.at else ""): index for index, risk in reversed(list(enumerate(risks)))}
    misplaced = {index for index, risk in enumerate(risks) if not _exists(architecture, risk.at)}
    used: set[tuple[str, str]] = set()
    marked = []
    for finding in findings:
        key = next((key for key in _keys(finding) if key in by_place and by_place[key] not in misplaced), None)
        if key is None:
            marked.append(finding)
        else:
            used.add(key)
            marked.append(replace(finding, accepted=risks[by_place[key]].reason))
    known = {rule.id for rule in RULES}
    asked = {rule.id for rule in RULES if compared or not rule.compares}
    matched = {by_place[key] for key in used}
    unknown = tuple(index for index, risk in enumerate(risks) if risk.rule not in known)
    unmatched = tuple(index for index, risk in enumerate(risks) if risk.rule in asked and index not in matched)
    return marked, Acceptances(unknown, unmatched)


def _exists(architecture: Architecture, at: str) -> bool:
    """Whether a place, or the part that a default left out of it, is there: an item beyond a list's end is not."""
    found = nearest(architecture, at)
    return not at[len(found) + 1 :].split("/", maxsplit=1)[0].isdigit()


def _keys(finding: Finding) -> Iterator[tuple[str, str]]:
    place = finding.location
    yield finding.rule, place
    while place:
        place = place.rpartition("/")[0]
        yield finding.rule, place
