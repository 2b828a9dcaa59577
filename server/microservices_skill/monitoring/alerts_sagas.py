"""Alerts on the sagas that a service coordinates: stuck, without an end, or taken back again and again."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.monitoring.alert import Alert, Case, Severity, rising, series, steady
from microservices_skill.monitoring.watched import Watched, WatchedSaga

_ENDS = "completed|compensated|stuck"


def of_sagas(each: Watched) -> Iterator[Alert]:
    """The alerts of each saga."""
    for saga in each.sagas:
        yield _stuck(each, saga)
        yield _without_end(each, saga)
        yield _taken_back(each, saga)


def _stuck(each: Watched, saga: WatchedSaga) -> Alert:
    runs = f'saga_runs{{service="{each.name}",saga="{saga.name}",state="stuck"}}'
    found = {state: series("saga_runs", service=each.name, instance="a", saga=saga.name, state=state) for state in ("running", "stuck")}
    return Alert(
        name="SagaStuck",
        severity=Severity.PAGE,
        service=each.name,
        owner=each.owner,
        expr=f"max by (service, saga) ({runs}) > 0",
        summary=f"{saga.name} needs an operator",
        description=f"A run can go neither forward nor back by itself: its {saga.entity} stays as it is, between "
        f"{' and '.join([each.name, *saga.participants])}, until somebody decides.",
        lasts="1m",
        labels={"saga": saga.name},
        cases=(
            Case("a run is stuck", {found["stuck"]: steady(1), found["running"]: steady(3)}, "5m", ({},)),
            Case("runs are under way", {found["stuck"]: steady(0), found["running"]: steady(3)}, "5m"),
        ),
    )


def _without_end(each: Watched, saga: WatchedSaga) -> Alert:
    about = f'service="{each.name}",saga="{saga.name}"'
    open_runs = f'sum by (service, saga) (max by (service, saga, state) (saga_runs{{{about},state=~"running|compensating"}}))'
    ended = f'sum by (service, saga) (increase(saga_changes_total{{{about},state=~"{_ENDS}"}}[{_longest(saga)}]))'
    minutes = _minutes(saga)
    running = series("saga_runs", service=each.name, instance="a", saga=saga.name, state="running")
    done = series("saga_changes_total", service=each.name, instance="a", saga=saga.name, state="completed")
    until = minutes * 2 + 10
    return Alert(
        name="SagaDoesNotEnd",
        severity=Severity.TICKET,
        service=each.name,
        owner=each.owner,
        expr=f"{open_runs} > 0\nunless\n{ended} > 0",
        lasts=f"{minutes}m",
        summary=f"No run of {saga.name} comes to an end",
        description=f"Runs are open, and none has ended for longer than one may take: each {saga.entity} stays pending. "
        f"Either {each.name} does not sweep, or {_names(saga)} and the broker do not answer.",
        labels={"saga": saga.name},
        cases=(
            Case("runs are open, none ends", {running: steady(3, until), done: steady(5, until)}, f"{until}m", ({},)),
            Case("runs end", {running: steady(3, until), done: rising(1, until)}, f"{until}m"),
            Case("nothing is open", {running: steady(0, until), done: steady(5, until)}, f"{until}m"),
        ),
    )


def _taken_back(each: Watched, saga: WatchedSaga) -> Alert:
    about = f'service="{each.name}",saga="{saga.name}"'
    back = f'sum by (service, saga) (increase(saga_changes_total{{{about},state="compensated"}}[1h]))'
    every = f'sum by (service, saga) (increase(saga_changes_total{{{about},state=~"completed|compensated"}}[1h]))'
    done, undone = (series("saga_changes_total", service=each.name, saga=saga.name, state=state) for state in ("completed", "compensated"))
    return Alert(
        name="SagasTakenBack",
        severity=Severity.TICKET,
        service=each.name,
        owner=each.owner,
        expr=f"{back} / {every} > 0.5",
        lasts="30m",
        summary=f"More than half of the runs of {saga.name} are taken back",
        description=f"Most of what users begin does not succeed: some step in {_names(saga)} refuses or is not answered in time.",
        labels={"saga": saga.name},
        cases=(
            Case("two of three are taken back", {done: rising(1), undone: rising(2)}, "100m", ({},)),
            Case("one of three is taken back", {done: rising(2), undone: rising(1)}, "100m"),
            Case("nothing happens", {done: steady(4), undone: steady(9)}, "100m"),
        ),
    )


def _minutes(saga: WatchedSaga) -> int:
    return max(5, -(-saga.timeout_s // 60))


def _longest(saga: WatchedSaga) -> str:
    return f"{_minutes(saga)}m"


def _names(saga: WatchedSaga) -> str:
    return ", ".join(saga.participants)
