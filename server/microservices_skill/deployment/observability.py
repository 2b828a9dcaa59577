"""What watches the containers of ``docker-compose.yml``: a second Compose file over the first, built as data."""

from __future__ import annotations

from collections.abc import Sequence

from microservices_skill.deployment.blocks import Block, Value
from microservices_skill.deployment.brokers import health_check
from microservices_skill.deployment.compose import CONFINED, container_name
from microservices_skill.deployment.environment import Place
from microservices_skill.model.dumping import dump_plain

ALERTMANAGER_IMAGE = "prom/alertmanager:v0.28.1"
COLLECTOR_IMAGE = "otel/opentelemetry-collector-contrib:0.131.0"
GRAFANA_IMAGE = "grafana/grafana:12.1.0"
JAEGER_IMAGE = "jaegertracing/jaeger:2.8.0"
PROMETHEUS_IMAGE = "prom/prometheus:v3.5.0"

_HEAD = """\
# Generated: what watches the system of docker-compose.yml, over it:
#   docker compose -f docker-compose.yml -f docker-compose.observability.yml up --build --wait
# Grafana http://127.0.0.1:3000, Prometheus :9090, Alertmanager :9093, Jaeger :16686: all for this machine alone.
"""

_FOLDER = "./observability"


def overlay(places: Sequence[Place], *, are_traced: bool) -> str:
    """The Compose file of those who watch; without a collector where nothing is traced."""
    return _HEAD + dump_plain(document(places, are_traced=are_traced))


def document(places: Sequence[Place], *, are_traced: bool) -> Block:
    """The same as data."""
    services: Block = {"prometheus": _prometheus(), "alertmanager": _alertmanager(), "grafana": _grafana()}
    if are_traced:
        services |= {"jaeger": _jaeger(), "otel-collector": _collector()}
        exporting: Block = {"environment": {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel-collector:4318"}}
        services |= {container_name(each): exporting for each in places}
    return {"services": services, "volumes": {"prometheus": {}, "alertmanager": {}, "grafana": {}}}


def _prometheus() -> Block:
    return _watching(
        PROMETHEUS_IMAGE,
        command=[
            "--config.file=/etc/prometheus/prometheus.yaml",
            "--storage.tsdb.path=/prometheus",
            "--storage.tsdb.retention.time=15d",
        ],
        volumes=[f"{_FOLDER}/prometheus:/etc/prometheus:ro", "prometheus:/prometheus"],
        ports=["127.0.0.1:9090:9090"],
        healthcheck=health_check("wget", "--quiet", "--output-document=/dev/null", "http://localhost:9090/-/ready"),
    )


def _alertmanager() -> Block:
    return _watching(
        ALERTMANAGER_IMAGE,
        command=["--config.file=/etc/alertmanager/alertmanager.yaml", "--storage.path=/alertmanager"],
        volumes=[f"{_FOLDER}/alertmanager.yaml:/etc/alertmanager/alertmanager.yaml:ro", "alertmanager:/alertmanager"],
        ports=["127.0.0.1:9093:9093"],
        healthcheck=health_check("wget", "--quiet", "--output-document=/dev/null", "http://localhost:9093/-/ready"),
    )


def _grafana() -> Block:
    """Whoever reaches it from this machine may look, and nobody may change anything: the dashboards are files."""
    return _watching(
        GRAFANA_IMAGE,
        environment={
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_AUTH_ANONYMOUS_ENABLED": "true",
            "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
            "GF_AUTH_BASIC_ENABLED": "false",
            "GF_AUTH_DISABLE_LOGIN_FORM": "true",
            "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION": "true",
            "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": "/var/lib/dashboards/overview.json",
        },
        volumes=[
            f"{_FOLDER}/grafana/provisioning:/etc/grafana/provisioning:ro",
            f"{_FOLDER}/grafana/dashboards:/var/lib/dashboards:ro",
            "grafana:/var/lib/grafana",
        ],
        ports=["127.0.0.1:3000:3000"],
        healthcheck=health_check("wget", "--quiet", "--output-document=/dev/null", "http://localhost:3000/api/health"),
    )


def _jaeger() -> Block:
    """It keeps traces in memory; give it a store to keep them longer."""
    return _watching(JAEGER_IMAGE, ports=["127.0.0.1:16686:16686"])


def _collector() -> Block:
    """Its image has no command to ask it by; Prometheus knows whether it is up."""
    return _watching(
        COLLECTOR_IMAGE,
        command=["--config=/etc/otelcol/config.yaml"],
        volumes=[f"{_FOLDER}/otel-collector.yaml:/etc/otelcol/config.yaml:ro"],
        depends_on=["jaeger"],
    )


def _watching(image: str, **parts: Value) -> Block:
    return {"image": image, **CONFINED, **parts, "restart": "unless-stopped"}
