"""The dashboards of a system: an overview, each service, its sagas, its business and its broker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from microservices_skill.files import FileTree
from microservices_skill.monitoring.blocks import Block, blocks, json_file, yaml_file
from microservices_skill.monitoring.dashboard_service import service_dashboard
from microservices_skill.monitoring.dashboards_system import broker_dashboard, business_dashboard, overview_dashboard, saga_dashboard
from microservices_skill.monitoring.panels import Dashboard, dashboard_json
from microservices_skill.monitoring.watched import Watched

_FOLDER = "/var/lib/dashboards"


def grafana_files(system: str, services: Sequence[Watched], *, broker: bool, traces: bool) -> FileTree:
    """The dashboards, and what makes Grafana find them and their data."""
    dashboards = [*_dashboards(system, services, broker=broker)]
    return FileTree(
        [
            *((f"dashboards/{each.name}.json", json_file(dashboard_json(each, system))) for each in dashboards),
            ("provisioning/dashboards/files.yaml", yaml_file(_providers(system), "where Grafana finds its dashboards.")),
            ("provisioning/datasources/sources.yaml", yaml_file(_sources(traces=traces), "where Grafana finds its data.")),
        ]
    )


def _dashboards(system: str, services: Sequence[Watched], *, broker: bool) -> Iterator[Dashboard]:
    yield overview_dashboard(system, services)
    yield from (service_dashboard(each) for each in services)
    if any(each.sagas for each in services):
        yield saga_dashboard(system, services)
    business = business_dashboard(system, services)
    if any(row.panels for row in business.rows):
        yield business
    if broker:
        yield broker_dashboard(system)


def _providers(system: str) -> Block:
    provider: Block = {
        "name": system,
        "folder": system,
        "type": "file",
        "disableDeletion": True,
        "allowUiUpdates": False,
        "updateIntervalSeconds": 30,
        "options": {"path": _FOLDER},
    }
    return {"apiVersion": 1, "providers": blocks(provider)}


def _sources(*, traces: bool) -> Block:
    prometheus: Block = {
        "name": "Prometheus",
        "uid": "prometheus",
        "type": "prometheus",
        "access": "proxy",
        "url": "http://prometheus:9090",
        "isDefault": True,
        "jsonData": {"timeInterval": "15s"},
    }
    jaeger: Block = {"name": "Jaeger", "uid": "jaeger", "type": "jaeger", "access": "proxy", "url": "http://jaeger:16686"}
    return {"apiVersion": 1, "datasources": blocks(prometheus, *([jaeger] if traces else []))}
