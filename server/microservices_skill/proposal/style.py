"""Services or a modular monolith: whether the answers justify what services cost (Newman, Monolith to Microservices, ch. 1)."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.model.system import Style
from microservices_skill.proposal.domains import Plain
from microservices_skill.proposal.selection import Reason, Selection
from microservices_skill.questionnaire.answers import Answers

FEW_DEVELOPERS = 8
LOW_RATE = 100


@dataclass(frozen=True, slots=True)
class Verdict:
    """A style, and what speaks for and against services."""

    style: Style
    for_services: tuple[str, ...]
    against: tuple[str, ...]


def judge(answers: Answers, services: int) -> Verdict:
    """Weigh team, delivery and scale; a single capability cannot be split."""
    teams, developers = answers.number("teams") or 1, answers.number("developers")
    rate, deploys = answers.number("peakRps") or 0, answers.number("deploysPerWeek")
    pros: list[str] = []
    cons: list[str] = []
    (pros if teams >= 2 else cons).append(
        f"{teams:.0f} team{'s' if teams != 1 else ''} can release apart" if teams >= 2 else "one team has nobody to be independent of"
    )
    if developers is not None:
        (pros if developers >= FEW_DEVELOPERS else cons).append(f"{developers:.0f} developers")
    (pros if rate >= LOW_RATE else cons).append(f"{rate:g} requests per second at the peak")
    if deploys is not None:
        (pros if deploys >= 5 else cons).append(f"{deploys:g} deployments a week")
    if answers.choice("delivery") == "manual":
        cons.append("releases are made by hand")
    if services < 2:
        cons.append("there is one capability only")
    is_split = teams >= 2 and services >= 2 and len(pros) >= len(cons)
    return Verdict(Style.MICROSERVICES if is_split else Style.MODULAR_MONOLITH, tuple(pros), tuple(cons))


def as_monolith(selection: Selection, name: str, verdict: Verdict) -> None:
    """One deployable with every domain as a module; events stay, so that a module can leave later."""
    merged: Plain = {
        "name": name,
        "responsibility": "; ".join(str(service.get("responsibility", service["name"])) for service in selection.services)[:3000],
        "exposure": "public" if any(service.get("exposure") == "public" for service in selection.services) else "internal",
    }
    internal = set(selection.names)
    for key in ("valueTypes", "entities", "endpoints", "subscriptions"):
        merged[key] = _distinct([part for service in selection.services for part in service.get(key, [])], key)
    calls = [part for service in selection.services for part in service.get("dependencies", []) if part.get("to") not in internal]
    merged["dependencies"] = _distinct(calls, "dependencies")
    selection.services = [merged]
    selection.events = [event | {"publisher": name} for event in selection.events]
    if selection.sagas:
        selection.sagas = []
        selection.reasons.append(
            Reason("/sagas", "no sagas", "inside one database a transaction does what a saga would", "strongConsistency")
        )
    because = f"against services: {', '.join(verdict.against)}" + (
        f"; for them: {', '.join(verdict.for_services)}" if verdict.for_services else ""
    )
    selection.reasons.append(Reason("/system/style", "a modular monolith, not services", because, "teams"))


def _distinct(parts: list[Plain], key: str) -> list[Plain]:
    names = {"endpoints": ("operation",), "subscriptions": ("event", "entity"), "dependencies": ("to",)}.get(key, ("name",))
    return list({tuple(str(part.get(name)) for name in names): part for part in parts}.values())
