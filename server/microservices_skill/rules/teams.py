"""Whether every service has people who can carry it."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.rules.analysis import Analysis
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.rule import rule


@rule("many-owners", Severity.WARNING)
def many_owners(analysis: Analysis) -> Iterator[Violation]:
    """Two teams own one service.

    Why: nobody decides, and releases wait on both.
    Fix: name one owner; the other contributes.
    Source: Skelton and Pais, Team Topologies (2019), ch. 3
    """
    for index, service in enumerate(analysis.architecture.services):
        if len(service.owners) > 1:
            yield Violation(f"/services/{index}/owners", f"{service.name} is owned by {', '.join(service.owners)}")


@rule("no-owner", Severity.WARNING)
def no_owner(analysis: Analysis) -> Iterator[Violation]:
    """No team owns a service.

    Why: nobody answers when it fails.
    Fix: name the team in owners.
    Source: Skelton and Pais, Team Topologies (2019), ch. 3
    """
    for index, service in enumerate(analysis.architecture.services):
        if not service.owners:
            yield Violation(f"/services/{index}/owners", f"nobody owns {service.name}")


@rule("overloaded-team", Severity.WARNING)
def overloaded_team(analysis: Analysis) -> Iterator[Violation]:
    """A team owns more services than half its people.

    Why: nobody knows any of them well.
    Fix: merge services, or share them with another team.
    Source: Skelton and Pais, Team Topologies (2019), ch. 3
    """
    for index, team in enumerate(analysis.architecture.teams):
        count = len(analysis.owned.get(team.name, ()))
        if team.size is not None and count > max(1, team.size // 2):
            yield Violation(f"/teams/{index}", f"{team.name} of {team.size} owns {count} services")


@rule("unknown-language", Severity.WARNING)
def unknown_language(analysis: Analysis) -> Iterator[Violation]:
    """A team owns a service in a language that it does not have.

    Why: it cannot mend what it is called at night for.
    Fix: write the service in one of the team's languages, or give it to another team.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 15
    """
    for index, service in enumerate(analysis.architecture.services):
        for owner in service.owners:
            team = analysis.architecture.teams_by_name[owner]
            if team.languages and service.language not in team.languages:
                yield Violation(f"/services/{index}/language", f"{owner} does not have {service.language}, the language of {service.name}")


@rule("idle-team", Severity.INFO)
def idle_team(analysis: Analysis) -> Iterator[Violation]:
    """A team owns nothing.

    Why: its people have no part of the system to answer for.
    Fix: give it a service, or remove it.
    Source: Skelton and Pais, Team Topologies (2019), ch. 3
    """
    for index, team in enumerate(analysis.architecture.teams):
        if team.name not in analysis.owned:
            yield Violation(f"/teams/{index}", f"{team.name} owns no service")
