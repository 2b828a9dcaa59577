"""Alerts on what all services stand on: the broker, and those who watch."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from microservices_skill.monitoring.alert import Alert, Case, Severity, label, rising, series, steady
from microservices_skill.monitoring.watched import UNOWNED

BROKER, PROMETHEUS, COLLECTOR = "rabbitmq", "prometheus", "otel-collector"
WAITING = 1000

_broker_alert = partial(Alert, service=BROKER, owner=UNOWNED)


def of_broker(system: str) -> Iterator[Alert]:
    """The alerts on RabbitMQ: itself, and the queues of the system."""
    up = series("up", job=BROKER, instance="rabbitmq:15692")
    yield _broker_alert(
        name="BrokerDown",
        severity=Severity.PAGE,
        expr='sum(up{job="rabbitmq"}) == 0\nor\nabsent(up{job="rabbitmq"})',
        lasts="2m",
        summary="RabbitMQ does not answer",
        description="No event reaches anybody. Services go on and keep their events in their outboxes; sagas wait.",
        cases=(
            Case("it does not answer", {up: steady(0)}, "5m", ({},)),
            Case("it is not asked", {"up": steady(1)}, "5m", ({"job": BROKER},)),
            Case("it answers", {up: steady(1)}, "5m"),
        ),
    )
    for resource, metric in (
        ("memory", "rabbitmq_alarms_memory_used_watermark"),
        ("disk", "rabbitmq_alarms_free_disk_space_watermark"),
    ):
        yield _resource(resource, metric)
    yield _dead_letters(system)
    yield _backlog(system)
    yield _unheard(system)


def of_watchers(*, are_traced: bool) -> Iterator[Alert]:
    """The alerts on Prometheus and, where there are traces, on the collector."""
    failures = series("prometheus_rule_evaluation_failures_total", job=PROMETHEUS, rule_group="a")
    yield Alert(
        name="RulesFail",
        severity=Severity.TICKET,
        service=PROMETHEUS,
        owner=UNOWNED,
        expr="sum(increase(prometheus_rule_evaluation_failures_total[15m])) > 0",
        summary="Prometheus cannot evaluate some rules",
        description="An alert that cannot be evaluated does not fire.",
        cases=(
            Case("a rule fails", {failures: rising(1)}, "20m", ({},)),
            Case("no rule fails", {failures: steady(3)}, "20m"),
        ),
    )
    errors = series("prometheus_notifications_errors_total", job=PROMETHEUS, alertmanager="http://alertmanager:9093")
    yield Alert(
        name="AlertsNotDelivered",
        severity=Severity.TICKET,
        service=PROMETHEUS,
        owner=UNOWNED,
        expr="sum(rate(prometheus_notifications_errors_total[15m])) > 0",
        lasts="15m",
        summary="Alertmanager does not take alerts",
        description="Alerts fire, and nobody is told of them.",
        cases=(
            Case("each notification fails", {errors: rising(2)}, "40m", ({},)),
            Case("none fails", {errors: steady(2)}, "40m"),
        ),
    )
    if are_traced:
        lost = series("otelcol_exporter_send_failed_spans_total", job=COLLECTOR, exporter="otlp/jaeger")
        yield Alert(
            name="TracesLost",
            severity=Severity.TICKET,
            service=COLLECTOR,
            owner=UNOWNED,
            expr="sum(rate(otelcol_exporter_send_failed_spans_total[15m])) > 0",
            lasts="15m",
            summary="The collector cannot hand its spans on",
            description="Traces of this time will be missing or have gaps; the services themselves are not affected.",
            cases=(
                Case("spans are lost", {lost: rising(50)}, "40m", ({},)),
                Case("none is lost", {lost: steady(50)}, "40m"),
            ),
        )


def _resource(resource: str, metric: str) -> Alert:
    alarm = series(metric, job=BROKER, instance="rabbitmq:15692")
    return _broker_alert(
        name=f"Broker{resource.title()}Alarm",
        severity=Severity.PAGE,
        expr=f"max({metric}) == 1",
        lasts="1m",
        summary=f"RabbitMQ takes no more messages: {resource}",
        description="It blocks everybody who publishes until there is room; the events of all services wait in their outboxes.",
        cases=(
            Case("the alarm is on", {alarm: steady(1)}, "5m", ({},)),
            Case("the alarm is off", {alarm: steady(0)}, "5m"),
        ),
    )


def _queue(system: str, service: str, suffix: str = "") -> dict[str, str]:
    return {"job": BROKER, "vhost": "/", "queue": f"{system}.{service}{suffix}"}


def _dead_letters(system: str) -> Alert:
    letters = _queue(system, "some", ".dead-letters")
    count = series("rabbitmq_detailed_queue_messages", **letters)
    return _broker_alert(
        name="DeadLettersWait",
        severity=Severity.TICKET,
        expr=f'max by (queue) (rabbitmq_detailed_queue_messages{{queue=~"{system}[.].+[.]dead-letters"}}) > 0',
        lasts="15m",
        summary=f"Messages wait in {label('queue')}",
        description="What a service could not handle stays undone until somebody has mended the cause and moved the messages back.",
        cases=(
            Case("a letter waits", {count: steady(1)}, "20m", ({"queue": letters["queue"]},)),
            Case("there is none", {count: steady(0)}, "20m"),
        ),
    )


def _backlog(system: str) -> Alert:
    some, letters = _queue(system, "some"), _queue(system, "some", ".dead-letters")
    return _broker_alert(
        name="QueueGrows",
        severity=Severity.TICKET,
        expr=f"max by (queue) (rabbitmq_detailed_queue_messages{{{_own(system)}}}) > {WAITING}",
        lasts="15m",
        summary=f"More than {WAITING} messages wait in {label('queue')}",
        description="Its service handles them more slowly than they come: what it shows and does is late.",
        cases=(
            Case("2000 wait", {series("rabbitmq_detailed_queue_messages", **some): steady(2000)}, "20m", ({"queue": some["queue"]},)),
            Case(
                "some wait, and dead letters are another matter",
                {
                    series("rabbitmq_detailed_queue_messages", **some): steady(5),
                    series("rabbitmq_detailed_queue_messages", **letters): steady(5000),
                },
                "20m",
            ),
        ),
    )


def _unheard(system: str) -> Alert:
    some = _queue(system, "some")
    count = series("rabbitmq_detailed_queue_consumers", **some)
    return _broker_alert(
        name="QueueUnheard",
        severity=Severity.PAGE,
        expr=f"max by (queue) (rabbitmq_detailed_queue_consumers{{{_own(system)}}}) == 0",
        lasts="5m",
        summary=f"Nobody takes messages from {label('queue')}",
        description="Its service does not run or is not connected: the messages wait, and nothing of what they ask for happens.",
        cases=(
            Case("no consumer", {count: steady(0)}, "10m", ({"queue": some["queue"]},)),
            Case("a consumer", {count: steady(1)}, "10m"),
        ),
    )


def _own(system: str) -> str:
    """The queues of the system, without those of dead letters."""
    return f'queue=~"{system}[.].+",queue!~".+[.]dead-letters"'
