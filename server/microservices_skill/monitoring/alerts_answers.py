"""Alerts on what a service needs of others to answer: calls that fail or are refused, parts that are missing, views that are late."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model.composition import Composition
from microservices_skill.model.dependency import Dependency
from microservices_skill.model.view import View
from microservices_skill.monitoring.alert import Alert, Case, Severity, label, rising, series, steady
from microservices_skill.monitoring.watched import Watched

BEHIND_S = 30
FAULTS = ("refused", "timeout", "unavailable", "invalid")
"""Reasons for which a part is missing that somebody can mend: that there is none, or more than is shown, is no fault."""


def of_answers(each: Watched) -> Iterator[Alert]:
    """The alerts of each dependency, composition and view."""
    for name in dict.fromkeys(dependency.to for dependency in each.service.dependencies):
        calls = [dependency for dependency in each.service.dependencies if dependency.to == name]
        yield _failing(each, calls[0])
        if any(dependency in each.guarded for dependency in calls):
            yield _breaker(each, calls[0])
    for composition in each.service.compositions:
        yield _incomplete(each, composition)
    for view in each.service.views:
        yield _behind(each, view)


def _breaker(each: Watched, dependency: Dependency) -> Alert:
    state = series("circuit_breaker_open", service=each.name, instance="a", dependency=dependency.to)
    return Alert(
        name="CircuitBreakerOpen",
        severity=Severity.PAGE if dependency.critical else Severity.TICKET,
        service=each.name,
        owner=each.owner,
        expr=f'max by (service, dependency) (circuit_breaker_open{{service="{each.name}",dependency="{dependency.to}"}}) == 1',
        lasts="2m",
        summary=f"{each.name} does not call {dependency.to} any more",
        description=f"{dependency.to} has failed so often that calls to it are refused at once. {_effect(each, dependency)}",
        labels={"dependency": dependency.to},
        cases=(
            Case("open", {state: steady(1)}, "5m", ({},)),
            Case("closed", {state: steady(0)}, "5m"),
            Case("closed again at once", {state: "0+0x3 1+0x1 0+0x20"}, "8m"),
        ),
    )


def _failing(each: Watched, dependency: Dependency) -> Alert:
    about = f'service="{each.name}",dependency="{dependency.to}"'
    failed = f'sum by (service, dependency) (rate(dependency_calls_total{{{about},outcome="failed"}}[5m]))'
    every = f"sum by (service, dependency) (rate(dependency_calls_total{{{about}}}[5m]))"
    bad, good = (
        series("dependency_calls_total", service=each.name, dependency=dependency.to, outcome=name) for name in ("failed", "answered")
    )
    return Alert(
        name="DependencyFails",
        severity=Severity.TICKET,
        service=each.name,
        owner=each.owner,
        expr=f"{failed} / {every} > 0.2",
        lasts="10m",
        summary=f"More than a fifth of the calls of {each.name} to {dependency.to} fail",
        description=f"{dependency.to} cannot be reached, fails or is too slow. {_effect(each, dependency)}",
        labels={"dependency": dependency.to},
        cases=(
            Case("every second call fails", {bad: rising(5), good: rising(5)}, "20m", ({},)),
            Case("every tenth call fails", {bad: rising(1), good: rising(9)}, "20m"),
        ),
    )


def _incomplete(each: Watched, composition: Composition) -> Alert:
    part = composition.parts[0].name
    missing, none = (
        series("composition_parts_missing_total", service=each.name, composition=composition.name, part=part, reason=reason)
        for reason in ("timeout", "not_found")
    )
    about = f'service="{each.name}",composition="{composition.name}",reason=~"{"|".join(FAULTS)}"'
    return Alert(
        name="AnswersIncomplete",
        severity=Severity.TICKET,
        service=each.name,
        owner=each.owner,
        expr=f"sum by (service, composition, part, reason) (rate(composition_parts_missing_total{{{about}}}[5m])) > 0",
        lasts="10m",
        summary=f"{composition.name} lacks {label('part')}: {label('reason')}",
        description=f"Answers of {each.name} are put together without it; users see a gap, which the answer names in `incomplete`.",
        labels={"composition": composition.name},
        cases=(
            Case("a part times out", {missing: rising(2)}, "20m", ({"part": part, "reason": "timeout"},)),
            Case("there is none", {none: rising(2), missing: steady(3)}, "20m"),
        ),
    )


def _behind(each: Watched, view: View) -> Alert:
    late = f'rate(view_lag_seconds_bucket{{service="{each.name}",view="{view.name}"}}[10m])'
    found = {le: series("view_lag_seconds_bucket", service=each.name, view=view.name, le=le) for le in ("10", "30", "60", "+Inf")}
    return Alert(
        name="ViewBehind",
        severity=Severity.TICKET,
        service=each.name,
        owner=each.owner,
        expr=f"histogram_quantile(0.99, sum by (service, view, le) ({late})) > {BEHIND_S}",
        lasts="10m",
        summary=f"{view.name} shows what was true more than {BEHIND_S} s ago",
        description=f"Events reach the view of {each.name} late; users read old values, as `as_of` of each row says.",
        labels={"view": view.name},
        cases=(
            Case(
                "most events come after 30 s",
                {found["10"]: steady(0), found["30"]: rising(1), found["60"]: rising(10), found["+Inf"]: rising(10)},
                "25m",
                ({},),
            ),
            Case("every event comes within 10 s", {each: rising(10) for each in found.values()}, "25m"),
        ),
    )


def _effect(each: Watched, dependency: Dependency) -> str:
    if dependency.critical:
        return f"Requests to {each.name} that need it fail."
    return f"{each.name} goes on without it, as its fallback ({dependency.fallback}) says."
