"""Answers, and an agent's draft if there is one, to a complete architecture in which each choice has its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from microservices_skill.errors import DocumentError, Problem
from microservices_skill.model.architecture import API_VERSION, Architecture
from microservices_skill.model.dumping import dump_plain
from microservices_skill.model.loading import read_architecture
from microservices_skill.model.system import Regulation, Style
from microservices_skill.model.types import format_duration
from microservices_skill.proposal.consistency import agree
from microservices_skill.proposal.domains import Plain
from microservices_skill.proposal.erasure import left_to_hands, provide_erasure
from microservices_skill.proposal.generic import safe_slug
from microservices_skill.proposal.qualities import give_qualities, teams_of
from microservices_skill.proposal.records import decisions_of
from microservices_skill.proposal.selection import Reason, Selection, select
from microservices_skill.proposal.style import Verdict, as_monolith, judge
from microservices_skill.questionnaire.answers import Answers, demand_complete

__all__ = ["Proposal", "Reason", "propose"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """An architecture, and why it is as it is."""

    architecture: Architecture
    reasons: tuple[Reason, ...]


def propose(answers: Answers, draft: Mapping[str, Any] | None = None) -> Proposal:
    """Propose an architecture; the same answers and draft always give the same one.

    Raises:
        MissingAnswersError: required answers are missing.
        DraftError: the draft is not in the shape of an architecture.
        DocumentError: the draft has faults of its own: unknown keys, wrong types, names that lead nowhere.
    """
    demand_complete(answers)
    selection = select(answers, draft)
    name = safe_slug(answers.choice("name") or (selection.domain.name if selection.domain is not None else selection.names[0]))
    verdict = _verdict(answers, draft, len(selection.services))
    if verdict.style is Style.MODULAR_MONOLITH:
        as_monolith(selection, name, verdict)
    teams = teams_of(answers, len(selection.services))
    stores = give_qualities(selection, answers, teams)
    needs = agree(selection, answers)
    provide_erasure(selection, answers)
    document: Plain = {
        "apiVersion": API_VERSION,
        "kind": "Architecture",
        "system": _system(name, answers, verdict, needs, selection),
        "teams": teams,
        "externals": selection.externals,
        "stores": stores,
        "services": selection.services,
        "events": selection.events,
        "sagas": selection.sagas,
        "acceptedRisks": left_to_hands(selection, answers),
        "decisions": decisions_of(selection, answers, verdict, stores),
    }
    return Proposal(_interpreted(document, is_drafted=bool(draft)), tuple(selection.reasons))


def _verdict(answers: Answers, draft: Mapping[str, Any] | None, services: int) -> Verdict:
    verdict = judge(answers, services)
    style = (draft or {}).get("style")
    if style in tuple(Style):
        return Verdict(Style(style), verdict.for_services, verdict.against)
    return verdict


def _system(name: str, answers: Answers, verdict: Verdict, needs: list[Plain], selection: Selection) -> Plain:
    requirements: Plain = {
        "users": int(answers.number("users") or 0),
        "peakRps": answers.number("peakRps"),
        "latencyP99": format_duration(int(answers.number("latencyP99") or 0)),
        "rto": format_duration(int(answers.number("rto") or 0)),
        "rpo": format_duration(int(answers.number("rpo") or 0)),
        "regulations": [each for each in answers.items("regulations") if each in tuple(Regulation)],
        "strongConsistency": needs,
        "eventualConsistency": list(answers.items("eventualConsistency")),
    }
    for key in ("dataGb", "availability"):
        if answers.number(key) is not None:
            requirements[key] = answers.number(key)
    return {
        "name": name,
        "domain": answers.choice("domain"),
        "description": f"Features: {', '.join(answers.items('features'))}."[:4000],
        "style": str(verdict.style),
        "requirements": requirements,
        "platform": {
            "runtime": answers.choice("runtime"),
            "broker": "rabbitmq"
            if selection.events or any("erases" in step for saga in selection.sagas for step in saga["steps"])
            else "none",
            "gateway": True,
        },
    }


def _interpreted(document: Plain, *, is_drafted: bool) -> Architecture:
    source = "the architecture that the draft leads to" if is_drafted else "the proposed architecture"
    text = dump_plain(document)
    try:
        architecture, _ = read_architecture(text, source=source)
    except DocumentError as error:
        problems = [Problem(problem.pointer, problem.message) for problem in error.problems]
        raise DocumentError(source, problems) from error
    return architecture
