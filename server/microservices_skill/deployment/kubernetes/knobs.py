"""What differs between environments: plain values in the Kustomize base, expressions over its values in the Helm chart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from microservices_skill.deployment.blocks import Block, Value
from microservices_skill.deployment.kubernetes.members import Member

FIRST_TAG = "0.1.0"
CPU_TARGET = 60
"""Percent of the requested CPU at which instances are added: what capacity reckons with at the peak."""


@dataclass(frozen=True, slots=True)
class Knobs:
    """The places in the manifests of one service that an environment sets."""

    image: Value
    resources: Value
    least: Value
    most: Value
    target: Value
    settings: str
    """The name of the ConfigMap that all services share."""

    own_settings: str
    """The name of its own ConfigMap."""


def resources(member: Member) -> Block:
    """Requests and limits from capacity; memory is not overcommitted."""
    size = member.size
    memory = f"{size.memory_mb.value:.0f}Mi"
    return {
        "requests": {"cpu": f"{size.cpu_request_m.value:.0f}m", "memory": memory, "ephemeral-storage": "64Mi"},
        "limits": {"cpu": f"{size.cpu_limit_m.value:.0f}m", "memory": memory, "ephemeral-storage": "256Mi"},
    }


def plain(member: Member) -> Knobs:
    """The values that capacity gives."""
    return Knobs(
        image=f"{member.image}:{FIRST_TAG}",
        resources=resources(member),
        least=int(member.size.least.value),
        most=int(member.size.most.value),
        target=CPU_TARGET,
        settings="settings",
        own_settings=f"{member.name}-settings",
    )


def labels(member: Member, component: str = "service") -> Block:
    """The recommended labels of Kubernetes, by which everything of a service is selected."""
    return {
        "app.kubernetes.io/name": member.name,
        "app.kubernetes.io/part-of": member.system,
        "app.kubernetes.io/component": component,
    }


def metadata(member: Member, name: str, component: str = "service", annotations: Mapping[str, Value] | None = None) -> Block:
    """A name, the labels, the owner where there is one, and annotations."""
    owned: Block = {"team": member.owner} if member.owner else {}
    found: Block = {"name": name, "labels": {**labels(member, component), **owned}}
    return found | ({"annotations": dict(annotations)} if annotations else {})
