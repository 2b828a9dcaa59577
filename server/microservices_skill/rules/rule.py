"""A rule: data that a machine needs in the decorator, prose for people in the docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from microservices_skill.rules.analysis import Analysis
from microservices_skill.rules.comparison import Comparison
from microservices_skill.rules.findings import Finding, Severity, Violation

Check = Callable[[Analysis], Iterator[Violation]]
ComparingCheck = Callable[[Comparison], Iterator[Violation]]
_SECTION = re.compile(r"^(Why|Fix|Source): ", re.MULTILINE)
_SECTIONS = ("Why", "Fix", "Source")


class RuleDefinitionError(Exception):
    """A rule's docstring lacks what its page and its findings need."""

    def __init__(self, rule_id: str, section: str) -> None:
        super().__init__(f"rule {rule_id!r} has no {section}; write it in the docstring of its function")


@dataclass(frozen=True, slots=True)
class Rule:
    """A named check with its reasons."""

    id: str
    severity: Severity
    category: str
    title: str
    why: str
    fix: str
    source: str
    check: Check
    compares: bool = False

    def findings(self, analysis: Analysis) -> Iterator[Finding]:
        """Every place where the architecture breaks the rule."""
        for violation in self.check(analysis):
            yield Finding(
                rule=self.id,
                severity=violation.severity or self.severity,
                location=violation.location,
                message=violation.message,
                why=self.why,
                fix=self.fix,
            )

    def page(self, *, violates: str = "", complies: str = "", old: str = "") -> str:
        """The rule as a Markdown page, with an example of each side, and of the version before, where given."""
        parts = [
            f"# {self.id}",
            f"{self.title}",
            f"**Severity:** {self.severity} · **Category:** {self.category}"
            + (" · only with `--against OLD.yaml`" if self.compares else ""),
            f"## Why\n\n{self.why}",
            f"## Fix\n\n{self.fix}",
        ]
        parts += [
            f"## {heading}\n\n```yaml\n{text.strip()}\n```"
            for heading, text in (("Before", old), ("Violates", violates), ("Complies", complies))
            if text
        ]
        example = f"acceptedRisks:\n  - rule: {self.id}\n    at: /the/location/of/the/finding\n    reason: why the team lives with it"
        parts += [f"## Accepting the risk\n\n```yaml\n{example}\n```", f"## Source\n\n{self.source}"]
        return "\n\n".join(parts) + "\n"


def rule(rule_id: str, severity: Severity) -> Callable[[Check], Rule]:
    """Make a rule of a check whose docstring has a title and the sections Why, Fix and Source.

    Raises:
        RuleDefinitionError: a part of the docstring is missing.

    """

    def define(check: Check) -> Rule:
        return _documented(rule_id, severity, check=check, function=check)

    return define


def comparison_rule(rule_id: str, severity: Severity) -> Callable[[ComparingCheck], Rule]:
    """Make a rule of a check that compares two versions; without an earlier version it finds nothing.

    Raises:
        RuleDefinitionError: a part of the docstring is missing.

    """

    def define(function: ComparingCheck) -> Rule:
        def check(analysis: Analysis) -> Iterator[Violation]:
            if analysis.comparison is not None:
                yield from function(analysis.comparison)

        return replace(_documented(rule_id, severity, check=check, function=function), compares=True)

    return define


def _documented(rule_id: str, severity: Severity, *, check: Check, function: Callable[..., object]) -> Rule:
    title, *rest = _SECTION.split(inspect.getdoc(function) or "")
    sections = dict(zip(rest[::2], (" ".join(text.split()) for text in rest[1::2]), strict=True))
    for section in _SECTIONS:
        if not sections.get(section):
            raise RuleDefinitionError(rule_id, section)
    if not title.strip():
        raise RuleDefinitionError(rule_id, "title")
    return Rule(
        id=rule_id,
        severity=severity,
        category=function.__module__.rpartition(".")[2].partition("_")[0],
        title=" ".join(title.split()),
        why=sections["Why"],
        fix=sections["Fix"],
        source=sections["Source"],
        check=check,
    )
