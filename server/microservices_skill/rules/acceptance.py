"""Rules about accepted risks themselves; the engine runs them when it knows what each acceptance met."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.rules.analysis import Analysis
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.rule import Rule, rule


@rule("unknown-accepted-rule", Severity.WARNING)
def unknown_accepted_rule(analysis: Analysis) -> Iterator[Violation]:
    """An accepted risk names a rule that does not exist.

    Why: a misspelt acceptance accepts nothing, and its reader believes that it does.
    Fix: correct the id from the rule catalogue, or remove the acceptance.
    Source: Michael Nygard, Documenting Architecture Decisions (2011): a decision that no longer holds must be seen to be so
    """
    risks = analysis.architecture.accepted_risks
    for index in analysis.acceptances.unknown:
        yield Violation(f"/acceptedRisks/{index}/rule", f"there is no rule {risks[index].rule!r}")


@rule("unmatched-accepted-risk", Severity.WARNING)
def unmatched_accepted_risk(analysis: Analysis) -> Iterator[Violation]:
    """An accepted risk matches no finding.

    Why: the flaw was mended or moved; left behind, the acceptance would hide the next one at that place.
    Fix: remove the acceptance, or point it at where the finding stands now.
    Source: Michael Nygard, Documenting Architecture Decisions (2011): a decision that no longer holds must be seen to be so
    """
    risks = analysis.architecture.accepted_risks
    for index in analysis.acceptances.unmatched:
        yield Violation(f"/acceptedRisks/{index}/at", f"{risks[index].rule} finds nothing at {risks[index].at or '/'}")


RULES: tuple[Rule, ...] = (unknown_accepted_rule, unmatched_accepted_risk)
