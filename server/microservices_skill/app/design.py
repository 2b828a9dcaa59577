"""Reads a design, with the assumptions that stand beside it, and refuses to build on a broken one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from microservices_skill.app.results import FindingSummary
from microservices_skill.capacity.assumptions import Assumptions
from microservices_skill.capacity.report import Capacity
from microservices_skill.capacity.report import capacity as reckon
from microservices_skill.capacity.traffic import unknown_shares
from microservices_skill.errors import DocumentError, SkillError
from microservices_skill.model import document as documents
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.document import Document
from microservices_skill.model.loading import interpret, read_architecture
from microservices_skill.rules import engine
from microservices_skill.workspace.reading import read_text

if TYPE_CHECKING:
    from microservices_skill.rules.findings import Finding


ASSUMPTIONS = "capacity.yaml"
"""Stands beside the architecture where a team has its own figures."""


class UnsoundDesignError(SkillError):
    """The design has flaws that stop generation."""

    def __init__(self, source: str, findings: Sequence[FindingSummary]) -> None:
        self.findings = tuple(findings)
        lines = [f"{source}:{each.line} {each.location or '/'}: {each.rule}: {each.message}\n  fix: {each.fix}" for each in findings[:20]]
        more = [f"… and {len(findings) - 20} more"] if len(findings) > 20 else []
        head = f"{source} has {len(findings)} finding(s) of severity error; mend them, or accept the risk with a reason in acceptedRisks"
        super().__init__("\n".join([head, *lines, *more]))


@dataclass(frozen=True)
class Design:
    """An architecture, the document that it was read from, and what the rules say to it."""

    architecture: Architecture
    document: Document
    findings: tuple[Finding, ...]
    assumptions: Assumptions = field(default_factory=Assumptions)

    @cached_property
    def capacity(self) -> Capacity:
        """What the system has to carry and what it takes."""
        return reckon(self.architecture, self.assumptions)

    @property
    def summaries(self) -> tuple[FindingSummary, ...]:
        """The findings with their lines, worst first."""
        return tuple(_summary(self.document, finding) for finding in self.findings)

    def demand_sound(self) -> None:
        """Refuse a design that has an error which nobody accepted.

        Raises:
            UnsoundDesignError: listing them.

        """
        if engine.blocks(list(self.findings)):
            errors = [each for each in self.summaries if each.severity == "error" and not each.accepted]
            raise UnsoundDesignError(self.document.source, errors)


def read_design(source: Path, *, against: Path | None = None) -> Design:
    """Read and judge an architecture; ``against`` an earlier version, breaking changes are findings too.

    Raises:
        SkillError: a document cannot be read.

    """
    architecture, document = read_architecture(read_text(source), source=str(source))
    older = read_model(against) if against is not None else None
    findings = tuple(engine.validate(architecture, previous=older))
    return Design(architecture, document, findings, read_assumptions(architecture, source.parent / ASSUMPTIONS))


def read_assumptions(architecture: Architecture, path: Path, *, required: bool = False) -> Assumptions:
    """What the team assumes of its traffic, servers and prices; the defaults where there is no such file and none is required.

    Raises:
        SkillError: the document cannot be read, or it names what the architecture has not.

    """
    if not required and not path.exists():
        return Assumptions()
    document = documents.parse(read_text(path), source=str(path))
    assumptions = interpret(document, Assumptions)
    problems = [document.problem(pointer, message) for pointer, message in unknown_shares(architecture, assumptions)]
    if problems:
        raise DocumentError(str(path), problems)
    return assumptions


def read_model(source: Path) -> Architecture:
    """Read an architecture without judging it.

    Raises:
        SkillError: the document cannot be read.

    """
    return read_architecture(read_text(source), source=str(source))[0]


def _summary(document: Document, finding: Finding) -> FindingSummary:
    place = document.place(finding.location)
    return FindingSummary(
        rule=finding.rule,
        severity=str(finding.severity),
        location=finding.location,
        line=place.line if place is not None else 1,
        message=finding.message,
        why=finding.why,
        fix=finding.fix,
        accepted=finding.accepted is not None,
    )
