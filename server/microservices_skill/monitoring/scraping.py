"""Where Prometheus finds what it measures: containers of one machine by name, pods of a cluster by label."""

from __future__ import annotations

from collections.abc import Mapping

from microservices_skill.files import File
from microservices_skill.model.architecture import Architecture
from microservices_skill.monitoring.alerts_platform import BROKER, COLLECTOR, PROMETHEUS
from microservices_skill.monitoring.blocks import Block, blocks, texts, yaml_file
from microservices_skill.monitoring.watched import Spot

SERVICES = "services"
"""The job of the system's own services: no system can have this name."""

_ABOUT_COMPOSE = "Prometheus beside the containers of docker-compose.yml; each target's `service` is the service's name in the model."
_ABOUT_KUBERNETES = """\
Prometheus in a Kubernetes cluster; each target's `service` is the pod's label app.kubernetes.io/name.
It needs a ServiceAccount that may list and watch pods, and ports of containers that are named http."""


def beside_containers(architecture: Architecture, spots: Mapping[str, Spot], *, broker: bool, traces: bool) -> File:
    """The configuration for Docker Compose; ``spots`` says where each service runs."""
    own = [_target(each.name, f"{spots[each.name].container}:{spots[each.name].port}") for each in architecture.services]
    jobs: list[Block] = [
        {"job_name": SERVICES, "static_configs": blocks(*own)},
        {"job_name": PROMETHEUS, "static_configs": blocks(_target(PROMETHEUS, "localhost:9090"))},
    ]
    if broker:
        jobs.append({"job_name": BROKER, "static_configs": blocks(_target(BROKER, "rabbitmq:15692"))})
        jobs.append(_queues({"static_configs": blocks(_target(BROKER, "rabbitmq:15692"))}))
    if traces:
        jobs.append({"job_name": COLLECTOR, "static_configs": blocks(_target(COLLECTOR, "otel-collector:8888"))})
    return yaml_file(_configuration(jobs, "alertmanager:9093"), _ABOUT_COMPOSE)


def in_cluster(architecture: Architecture, *, broker: bool, traces: bool) -> File:
    """The configuration for Kubernetes: pods of the system, found as they come and go."""
    names = "|".join(each.name for each in architecture.services)
    jobs: list[Block] = [
        {"job_name": SERVICES, **_pods(names, "http")},
        {"job_name": PROMETHEUS, "static_configs": blocks(_target(PROMETHEUS, "localhost:9090"))},
    ]
    if broker:
        jobs.append({"job_name": BROKER, **_pods(BROKER, "prometheus")})
        jobs.append(_queues(_pods(BROKER, "prometheus")))
    if traces:
        jobs.append({"job_name": COLLECTOR, **_pods(COLLECTOR, "metrics")})
    return yaml_file(_configuration(jobs, "alertmanager:9093"), _ABOUT_KUBERNETES)


def _configuration(jobs: list[Block], alertmanager: str) -> Block:
    return {
        "global": {"scrape_interval": "15s", "evaluation_interval": "30s"},
        "rule_files": texts("rules/*.yaml"),
        "alerting": {"alertmanagers": blocks({"static_configs": blocks({"targets": texts(alertmanager)})})},
        "scrape_configs": blocks(*jobs),
    }


def _target(service: str, address: str) -> Block:
    return {"targets": texts(address), "labels": {"service": service}}


def _queues(found: Block) -> Block:
    """RabbitMQ tells of single queues at a path of its own, and only of the families that it is asked for."""
    return {
        "job_name": f"{BROKER}-queues",
        "metrics_path": "/metrics/detailed",
        "params": {"family": texts("queue_coarse_metrics", "queue_consumer_count")},
        **found,
    }


def _pods(names: str, port: str) -> Block:
    meta = "__meta_kubernetes_pod"
    rules: list[Block] = [
        {"source_labels": texts(f"{meta}_label_app_kubernetes_io_name"), "regex": names, "action": "keep"},
        {"source_labels": texts(f"{meta}_container_port_name"), "regex": port, "action": "keep"},
        {"source_labels": texts(f"{meta}_phase"), "regex": "Pending|Succeeded|Failed|Completed", "action": "drop"},
        {"source_labels": texts(f"{meta}_label_app_kubernetes_io_name"), "target_label": "service"},
        {"source_labels": texts("__meta_kubernetes_namespace"), "target_label": "namespace"},
        {"source_labels": texts(f"{meta}_name"), "target_label": "pod"},
        {"source_labels": texts(f"{meta}_node_name"), "target_label": "node"},
    ]
    return {"kubernetes_sd_configs": blocks({"role": "pod"}), "relabel_configs": blocks(*rules)}
