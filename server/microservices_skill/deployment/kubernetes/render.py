"""Everything below ``deploy/``: Kustomize, a Helm chart, Argo CD, and how to use them."""

from __future__ import annotations

from collections.abc import Mapping

from microservices_skill.capacity.report import Capacity
from microservices_skill.deployment.kubernetes import helm, kustomize
from microservices_skill.deployment.kubernetes.gitops import applications
from microservices_skill.deployment.kubernetes.guide import guide
from microservices_skill.deployment.kubernetes.members import members
from microservices_skill.files import File, FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.system import Runtime

ENVIRONMENTS = ("dev", "staging", "production")


def render(architecture: Architecture, capacity: Capacity, folders: Mapping[str, str] | None = None) -> FileTree:
    """The manifests of a system that runs on Kubernetes, else nothing."""
    if architecture.system.platform.runtime is not Runtime.KUBERNETES or not architecture.services:
        return FileTree()
    system, broker = architecture.system.name, architecture.system.platform.broker
    found = members(architecture, capacity, folders)
    return FileTree(
        [
            *kustomize.base(system, found, broker),
            *kustomize.components(system, found),
            *(file for name in ENVIRONMENTS for file in kustomize.overlay(system, found, name)),
            *helm.chart(system, found, broker),
            *applications(system),
            ("deploy/README.md", File(guide(system, found, broker))),
        ]
    )
