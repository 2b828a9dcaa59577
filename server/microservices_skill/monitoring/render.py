"""The files by which a generated system is watched: rules, their tests, dashboards, runbooks and what collects for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from microservices_skill.files import FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.system import BrokerKind, Metrics
from microservices_skill.monitoring import scraping
from microservices_skill.monitoring.alert import RUNBOOKS, Alert
from microservices_skill.monitoring.alerting import alerting
from microservices_skill.monitoring.alerts_platform import of_broker, of_watchers
from microservices_skill.monitoring.collector import collector
from microservices_skill.monitoring.dashboards import grafana_files
from microservices_skill.monitoring.rule_files import alerts_of, rule_files
from microservices_skill.monitoring.runbooks import runbooks
from microservices_skill.monitoring.watched import Spot, watched


def render(architecture: Architecture, spots: Mapping[str, Spot]) -> FileTree:
    """Everything below ``observability`` and ``docs/runbooks``; ``spots`` says where each service runs."""
    if architecture.system.platform.observability.metrics is Metrics.NONE or not architecture.services:
        return FileTree()
    broker, traces = has_broker(architecture), architecture.is_traced
    services = watched(architecture)
    platform = tuple(_platform(architecture))
    prometheus = rule_files(services, platform) | FileTree(
        [
            ("prometheus.yaml", scraping.beside_containers(architecture, spots, broker=broker, traces=traces)),
            ("kubernetes.yaml", scraping.in_cluster(architecture, broker=broker, traces=traces)),
        ]
    )
    files = [("alertmanager.yaml", alerting(services)), *([("otel-collector.yaml", collector(architecture, services))] if traces else [])]
    alerts = [*(alert for each in services for alert in alerts_of(each)), *platform]
    return (
        prometheus.under("observability/prometheus")
        | FileTree(files).under("observability")
        | grafana_files(architecture.system.name, services, broker=broker, traces=traces).under("observability/grafana")
        | runbooks(services, alerts, spots).under(RUNBOOKS)
    )


def has_broker(architecture: Architecture) -> bool:
    """Whether messages travel through RabbitMQ."""
    return architecture.system.platform.broker is BrokerKind.RABBITMQ and bool(architecture.messages)


def _platform(architecture: Architecture) -> Iterator[Alert]:
    if has_broker(architecture):
        yield from of_broker(architecture.system.name)
    yield from of_watchers(are_traced=architecture.is_traced)
