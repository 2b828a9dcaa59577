"""Alerts on what a service tells and hears: events that wait, that cannot be published, that nobody could handle."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.monitoring.alert import Alert, Case, Severity, label, rising, series, steady
from microservices_skill.monitoring.watched import Watched

LAG_S = 60
PENDING = 1000


def of_events(each: Watched) -> Iterator[Alert]:
    """The alerts of a service that publishes, and those of one that subscribes."""
    if each.published:
        yield _lag(each)
        yield _pending(each)
        yield _not_published(each)
    if each.heard:
        yield _dead_letters(each)


def _lag(each: Watched) -> Alert:
    one, other = (series("outbox_lag_seconds", service=each.name, instance=name) for name in ("a", "b"))
    return Alert(
        name="OutboxLags",
        severity=Severity.PAGE,
        service=each.name,
        owner=each.owner,
        expr=f'max by (service) (outbox_lag_seconds{{service="{each.name}"}}) > {LAG_S}',
        lasts="5m",
        summary=f"Events of {each.name} wait for more than {LAG_S} s",
        description=f"The oldest event that {each.name} has to tell is older than {LAG_S} s: {_hearers(each)} late. Nothing is lost.",
        cases=(
            Case("an event waits for minutes", {one: rising(60), other: rising(60)}, "12m", ({},)),
            Case("events wait for a second", {one: steady(1), other: steady(1)}, "12m"),
            Case("it catches up", {one: "0+60x3 0+0x20"}, "12m"),
        ),
    )


def _pending(each: Watched) -> Alert:
    one, other = (series("outbox_pending", service=each.name, instance=name) for name in ("a", "b"))
    return Alert(
        name="OutboxFills",
        severity=Severity.TICKET,
        service=each.name,
        owner=each.owner,
        expr=f'max by (service) (outbox_pending{{service="{each.name}"}}) > {PENDING}',
        lasts="15m",
        summary=f"More than {PENDING} events of {each.name} wait to be published",
        description=f"{each.name} makes events faster than they are published: {_hearers(each)} later and later.",
        cases=(
            Case("2000 wait, and each process says so", {one: steady(2000), other: steady(2000)}, "20m", ({},)),
            Case("600 wait, and each process says so", {one: steady(600), other: steady(600)}, "20m"),
        ),
    )


def _not_published(each: Watched) -> Alert:
    event = each.type_of(each.published[0])
    failed, confirmed = (series("events_published_total", service=each.name, event=event, outcome=name) for name in ("failed", "confirmed"))
    return Alert(
        name="EventsNotPublished",
        severity=Severity.TICKET,
        service=each.name,
        owner=each.owner,
        expr=f'sum by (service) (increase(events_published_total{{service="{each.name}",outcome="failed"}}[5m])) > 0',
        lasts="10m",
        summary=f"The broker does not take the events of {each.name}",
        description=f"Publishing fails again and again; each event stays in the outbox and is tried again: {_hearers(each)} late.",
        cases=(
            Case("every try fails", {failed: rising(4), confirmed: steady(7)}, "20m", ({},)),
            Case("one try has failed", {failed: "0+0x5 1+0x60", confirmed: rising(9)}, "20m"),
        ),
    )


def _dead_letters(each: Watched) -> Alert:
    event = each.type_of(each.heard[0])
    given_up = series("events_dead_lettered_total", service=each.name, instance="a", event=event)
    return Alert(
        name="EventsDeadLettered",
        severity=Severity.TICKET,
        service=each.name,
        owner=each.owner,
        expr=f'sum by (service, event) (increase(events_dead_lettered_total{{service="{each.name}"}}[1h])) > 0',
        summary=f"{each.name} has given up {label('event')}",
        description=f"It could not be handled in bounded tries and lies in {each.system}.{each.name}.dead-letters: "
        f"what it tells of has not happened in {each.name}.",
        cases=(
            Case("one is given up", {given_up: "0+0x10 1+0x60"}, "15m", ({"event": event},)),
            Case("none is given up", {given_up: steady(0)}, "15m"),
            Case("none for an hour", {given_up: "0+0x10 1+0x120"}, "90m"),
        ),
    )


def _hearers(each: Watched) -> str:
    names = ", ".join(each.hearers)
    return f"{names} {'hears' if len(each.hearers) == 1 else 'hear'} of it" if names else "whoever listens hears of it"
