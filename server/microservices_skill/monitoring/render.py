"""The files by which a generated system is watched: rules, their tests, dashboards, runbooks and what collects for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from microservices_skill.files import FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.system import BrokerKind, Metrics
from microservices_skill.monitoring import scraping
from microservices_skill.monitoring.alert import Alert
from microservices_skill.monitoring.alerting import alerting
from microservices_skill.monitoring.alerts_platform import of_broker, of_watchers
from microservices_skill.monitoring.collector import collector
from microservices_skill.monitoring.rule_files import rule_files
from microservices_skill.monitoring.watched import watched


def render(architecture: Architecture, addresses: Mapping[str, str]) -> FileTree:
    """Everything below ``observability`` and ``docs/runbooks``; ``addresses`` says where each service listens among its containers."""
    if architecture.system.platform.observability.metrics is Metrics.NONE or not architecture.services:
        return FileTree()
    broker, traces = has_broker(architecture), architecture.is_traced
    services = watched(architecture)
    prometheus = rule_files(services, tuple(_platform(architecture))) | FileTree(
        [
            ("prometheus.yaml", scraping.beside_containers(architecture, addresses, broker=broker, traces=traces)),
            ("kubernetes.yaml", scraping.in_cluster(architecture, broker=broker, traces=traces)),
        ]
    )
    files = [("alertmanager.yaml", alerting(services)), *([("otel-collector.yaml", collector(architecture, services))] if traces else [])]
    return prometheus.under("observability/prometheus") | FileTree(files).under("observability")


def has_broker(architecture: Architecture) -> bool:
    """Whether messages travel through RabbitMQ."""
    return architecture.system.platform.broker is BrokerKind.RABBITMQ and bool(architecture.messages)


def _platform(architecture: Architecture) -> Iterator[Alert]:
    if has_broker(architecture):
        yield from of_broker(architecture.system.name)
    yield from of_watchers(are_traced=architecture.is_traced)
