"""What the answers demand of each service: owner, language, SLO, replicas, stores, policies of calls."""

from __future__ import annotations

import math

from microservices_skill.model.types import format_duration, parse_duration
from microservices_skill.proposal.domains import Plain
from microservices_skill.proposal.selection import Reason, Selection
from microservices_skill.questionnaire.answers import Answers

DEFAULT_AVAILABILITY = 99.9
DEFAULT_P99_MS = 500
SERVICES_PER_DEVELOPER = 0.5
DAY_MS = 86_400_000


def teams_of(answers: Answers, services: int) -> list[Plain]:
    """The teams, with the sizes that the answers give or that the services need."""
    count = max(1, min(int(answers.number("teams") or 1), services))
    developers = int(answers.number("developers") or 0)
    needed = math.ceil(services / count / SERVICES_PER_DEVELOPER)
    size = max(1, developers // count) if developers else max(needed, 5)
    place = answers.choice("distribution")
    return [
        {"name": f"team-{index + 1}", "size": size, "languages": _languages(answers, count)[index]} | ({"location": place} if place else {})
        for index in range(count)
    ]


def _languages(answers: Answers, teams: int) -> list[list[str]]:
    """What each team writes, first what its services are written in: where there are teams enough, each keeps to one."""
    known: list[str] = [language for language in ("typescript", "python") if language in answers.items("skills")] or ["typescript"]
    if teams < len(known):
        return [known] * teams
    return [[known[index * len(known) // teams]] for index in range(teams)]


def give_qualities(selection: Selection, answers: Answers, teams: list[Plain]) -> list[Plain]:
    """Complete every service in place, and return the stores that they own."""
    stores: list[Plain] = []
    languages = {str(team["name"]): team["languages"][0] for team in teams}
    for index, service in enumerate(selection.services):
        owners = [owner for owner in service.get("owners", []) if owner in {team["name"] for team in teams}]
        service = dict(service)  # noqa: PLW2901 - catalogue entries are shared, so each is copied before it is completed
        service["owners"] = owners[:1] or [str(teams[index * len(teams) // len(selection.services)]["name"])]
        service.setdefault("language", languages.get(service["owners"][0], "typescript"))
        service["exposure"] = "internal" if answers.choice("exposure") == "internal" else service.get("exposure", "internal")
        service.setdefault("slo", {"availability": _availability(answers), "p99": format_duration(_latency(service, answers))})
        service.setdefault("replicas", _replicas(answers))
        service["dependencies"] = [_complete_call(call, answers, selection) for call in service.get("dependencies", [])]
        store = f"{service['name'][:36]}-db"
        service["stores"] = [store]
        stores.append(_store(store, str(service["name"]), answers))
        selection.services[index] = service
    _explain(selection, answers, teams)
    return stores


def _availability(answers: Answers) -> float:
    return min(answers.number("availability") or DEFAULT_AVAILABILITY, 99.99)


def _latency(service: Plain, answers: Answers) -> int:
    """Half of the budget for what others call, the whole for what the public calls."""
    budget = int(answers.number("latencyP99") or DEFAULT_P99_MS)
    return max(20, budget if service.get("exposure") == "public" else budget // 2)


def _replicas(answers: Answers) -> int:
    rate = answers.number("peakRps") or 0
    spare = 3 if _availability(answers) >= 99.95 else 2
    return min(50, max(spare, math.ceil(rate / 100)))


def _store(name: str, service: str, answers: Answers) -> Plain:
    rpo = int(answers.number("rpo") or 0)
    interval = min(DAY_MS, max(60_000, rpo or 3_600_000))
    return {
        "name": name,
        "purpose": f"The data of {service}",
        "replication": "sync" if rpo == 0 else "async",
        "backupInterval": format_duration(interval),
    }


def _complete_call(call: Plain, answers: Answers, selection: Selection) -> Plain:
    """Every call has a timeout inside the caller's own promise, a breaker, a bulkhead, and few retries."""
    budget = int(answers.number("latencyP99") or DEFAULT_P99_MS)
    is_internal = call.get("to") in selection.names
    completed = {"retries": {"attempts": 2}, "circuitBreaker": {"failures": 5, "reset": "10s"}, "bulkhead": 20} | call
    if is_internal or "timeout" not in call:
        given = int(str(parse_duration(call["timeout"]))) if isinstance(call.get("timeout"), str) else budget
        completed["timeout"] = format_duration(max(20, min(given, budget // 2)))
    return completed


def _explain(selection: Selection, answers: Answers, teams: list[Plain]) -> None:
    said = selection.reasons.append
    said(
        Reason(
            "/teams",
            f"{len(teams)} team{'s' if len(teams) > 1 else ''}, each service with one owner",
            f"you answered {answers.words('teams')}",
            "teams",
        )
    )
    written = "; ".join(f"{team['name']} writes {team['languages'][0]}" for team in teams)
    said(Reason("/services", written, f"your teams know {answers.words('skills')}", "skills"))
    said(
        Reason(
            "/services",
            f"{_replicas(answers)} replicas of each service",
            f"{_availability(answers):g} % availability at {answers.words('peakRps')}",
            "peakRps",
        )
    )
    said(Reason("/services", "a store for each service", "a shared schema would couple their releases", "databaseStrategy"))
    replication = "synchronous" if not answers.number("rpo") else "asynchronous"
    said(
        Reason(
            "/stores", f"{replication} replication and backups within the RPO", f"at most {answers.words('rpo')} of data may be lost", "rpo"
        )
    )
    said(
        Reason(
            "/services",
            f"latency promises within {answers.words('latencyP99')}",
            "a caller's promise must hold those that it waits for",
            "latencyP99",
        )
    )
