"""Alerts on the processes of a service: gone, out of processor time, out of file descriptors, blocked."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model.system import Language
from microservices_skill.monitoring.alert import Alert, Case, Severity, label, rising, series, steady
from microservices_skill.monitoring.watched import Watched

_INSTANCE = "10.0.0.1:8000"


def of_process(each: Watched) -> Iterator[Alert]:
    """The alerts that every service has, and those of its runtime."""
    yield _service_down(each)
    yield _instance_down(each)
    yield _processor(each)
    yield _descriptors(each)
    if each.service.language is Language.TYPESCRIPT:
        yield _event_loop(each)


def _service_down(each: Watched) -> Alert:
    one, other = (_up(each, instance) for instance in (_INSTANCE, "10.0.0.2:8000"))
    return Alert(
        name="ServiceDown",
        severity=Severity.PAGE,
        service=each.name,
        owner=each.owner,
        expr=f'sum by (service) (up{{service="{each.name}"}}) == 0\nor\nabsent(up{{service="{each.name}"}})',
        lasts="2m",
        summary=f"No process of {each.name} answers",
        description="Prometheus reaches none of its processes: nobody can use it, and its events wait.",
        cases=(
            Case("every process is gone", {one: steady(0), other: steady(0)}, "5m", ({},)),
            Case("nobody knows of any", {'up{service="somebody-else"}': steady(1)}, "5m", ({},)),
            Case("one process of two is left", {one: steady(0), other: steady(1)}, "5m"),
            Case("gone for a moment", {one: "1+0x5 0+0x1 1+0x20"}, "8m"),
        ),
    )


def _instance_down(each: Watched) -> Alert:
    one, other = (_up(each, instance) for instance in (_INSTANCE, "10.0.0.2:8000"))
    return Alert(
        name="InstanceDown",
        severity=Severity.TICKET,
        service=each.name,
        owner=each.owner,
        expr=f'up{{service="{each.name}"}} == 0',
        lasts="10m",
        summary=f"{label('instance')} of {each.name} does not answer",
        description="The service has one process fewer than it should: the others carry its load, and the next fault weighs more.",
        cases=(
            Case("one process of two is gone", {one: steady(0), other: steady(1)}, "15m", ({"job": "services", "instance": _INSTANCE},)),
            Case("it restarts", {one: "1+0x5 0+0x3 1+0x30", other: steady(1)}, "15m"),
        ),
    )


def _processor(each: Watched) -> Alert:
    used = series("process_cpu_seconds_total", service=each.name, instance=_INSTANCE)
    return Alert(
        name="ProcessorSaturated",
        severity=Severity.TICKET,
        service=each.name,
        owner=each.owner,
        expr=f'max by (service, instance) (rate(process_cpu_seconds_total{{service="{each.name}"}}[5m])) > 0.9',
        lasts="15m",
        summary=f"{label('instance')} of {each.name} uses its processor without a pause",
        description="Requests are handled in one thread: at a whole processor they queue, and get slower before they fail.",
        cases=(
            Case("55 seconds of every minute", {used: rising(55)}, "25m", ({"instance": _INSTANCE},)),
            Case("half of every minute", {used: rising(30)}, "25m"),
        ),
    )


def _descriptors(each: Watched) -> Alert:
    taken, most = (series(name, service=each.name, instance=_INSTANCE) for name in ("process_open_fds", "process_max_fds"))
    return Alert(
        name="FileDescriptorsRunOut",
        severity=Severity.TICKET,
        service=each.name,
        owner=each.owner,
        expr=f'max by (service, instance) (process_open_fds{{service="{each.name}"}} / process_max_fds{{service="{each.name}"}}) > 0.8',
        lasts="10m",
        summary=f"{label('instance')} of {each.name} has opened four fifths of the files and sockets that it may",
        description="At the limit it accepts no connection and opens none, neither to its database nor to the broker.",
        cases=(
            Case("nine tenths", {taken: steady(922), most: steady(1024)}, "15m", ({"instance": _INSTANCE},)),
            Case("half", {taken: steady(512), most: steady(1024)}, "15m"),
        ),
    )


def _event_loop(each: Watched) -> Alert:
    lag = series("nodejs_eventloop_lag_p99_seconds", service=each.name, instance=_INSTANCE)
    return Alert(
        name="EventLoopBlocked",
        severity=Severity.TICKET,
        service=each.name,
        owner=each.owner,
        expr=f'max by (service, instance) (nodejs_eventloop_lag_p99_seconds{{service="{each.name}"}}) > 0.25',
        lasts="10m",
        summary=f"{label('instance')} of {each.name} lets its event loop wait for more than 0.25 s",
        description="Something computes for so long that every request of the process waits for it.",
        cases=(
            Case("half a second", {lag: steady(0.5)}, "15m", ({"instance": _INSTANCE},)),
            Case("20 milliseconds", {lag: steady(0.02)}, "15m"),
        ),
    )


def _up(each: Watched, instance: str) -> str:
    return series("up", job="services", service=each.name, instance=instance)
