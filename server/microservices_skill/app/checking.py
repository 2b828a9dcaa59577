"""Judges a design, and says by which rules and of which shape it must be."""

from __future__ import annotations

import difflib
from collections import Counter
from pathlib import Path
from typing import Any

from microservices_skill.app.design import read_design
from microservices_skill.app.results import RuleSummary, Validation
from microservices_skill.errors import SkillError
from microservices_skill.model.architecture import Architecture
from microservices_skill.rules import catalogue, engine

JsonSchema = dict[str, Any]
"""A JSON Schema as JSON-like data."""

SHOWN = 100


class UnknownRuleError(SkillError):
    """The catalogue has no such rule."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        hint = f"near it: {', '.join(near)}" if near else "microservices-skill rules lists all"
        super().__init__(f"there is no rule {name!r}; {hint}")


def validate(source: Path, *, against: Path | None = None, shown: int = SHOWN) -> Validation:
    """Judge an architecture by every rule; ``against`` an earlier version, by what that version promised too.

    Raises:
        SkillError: a document cannot be read.

    """
    design = read_design(source, against=against)
    findings = design.summaries
    counts = Counter(each.severity for each in findings if not each.accepted)
    accepted = sum(each.accepted for each in findings)
    return Validation(
        ok=not engine.blocks(list(design.findings)),
        source=str(source),
        counts=dict(sorted(counts.items())) | ({"accepted": accepted} if accepted else {}),
        findings=findings[:shown],
        omitted=max(0, len(findings) - shown),
    )


def schema() -> JsonSchema:
    """The JSON Schema of ``architecture.yaml``."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return dialect | Architecture.model_json_schema(by_alias=True)


def rules() -> tuple[RuleSummary, ...]:
    """Every rule of the catalogue."""
    return tuple(
        RuleSummary(id=each.id, severity=str(each.severity), summary=each.title, why=each.why, fix=each.fix, source=each.source)
        for each in catalogue.RULES
    )


def rule(name: str) -> RuleSummary:
    """One rule by its id.

    Raises:
        UnknownRuleError: there is none, with the names near it.

    """
    known = {each.id: each for each in rules()}
    if name not in known:
        raise UnknownRuleError(name, tuple(known))
    return known[name]
