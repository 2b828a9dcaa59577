"""The manifests of one service whose model is not known: what it stores in and whom it calls is for its team to narrow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from microservices_skill.capacity.report import Capacity
from microservices_skill.deployment.blocks import Block, Value
from microservices_skill.deployment.kubernetes import network, workload
from microservices_skill.deployment.kubernetes.knobs import Knobs, plain
from microservices_skill.deployment.kubernetes.kustomize import FOLDER, literals
from microservices_skill.deployment.kubernetes.members import DRAIN_S, Member, members
from microservices_skill.files import File, FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.dumping import dump_plain

_HEAD = "# Generated: change an overlay, and not this file.\n"
_OWN = "# Yours: what you write stays when it is generated again.\n"


def render(architecture: Architecture, capacity: Capacity) -> FileTree:
    """A base for Kustomize, and an overlay that its team makes its own."""
    [member] = members(architecture, capacity, {each.name: each.name for each in architecture.services})
    member = replace(member, stores=())
    knobs = plain(member)
    return FileTree([*_base(member, knobs), _overlay(member, knobs)])


def _base(member: Member, knobs: Knobs) -> Iterator[tuple[str, File]]:
    manifests: Mapping[str, Block] = {
        "service-account.yaml": workload.service_account(member),
        "deployment.yaml": workload.deployment(member, knobs, _environment(member, knobs)),
        "service.yaml": workload.service(member),
        "autoscaler.yaml": workload.autoscaler(member, knobs),
        "disruption-budget.yaml": workload.disruption_budget(member),
        "network-policy.yaml": _edges(member),
    }
    for name, block in manifests.items():
        yield f"{FOLDER}/base/{name}", File(_HEAD + dump_plain(block))
    settings = {"ENVIRONMENT": "production", "LOG_LEVEL": "INFO", "SHUTDOWN_GRACE_S": str(DRAIN_S)}
    yield (
        f"{FOLDER}/base/kustomization.yaml",
        File(
            _HEAD
            + dump_plain(_kustomization([*manifests], configMapGenerator=[{"name": knobs.own_settings, "literals": literals(settings)}]))
        ),
    )


def _overlay(member: Member, knobs: Knobs) -> tuple[str, File]:
    document = _kustomization(
        ["../../base"],
        namespace=member.name,
        images=[{"name": member.image, "newName": f"registry.example.com/{member.image}", "newTag": "0.1.0"}],
        configMapGenerator=[{"name": knobs.own_settings, "behavior": "merge", "literals": ["LOG_LEVEL=INFO"]}],
    )
    hint = f"# Put your registry and settings here; secrets are variables of a Secret {member.name}-secrets, which you make.\n"
    return f"{FOLDER}/overlays/production/kustomization.yaml", File(_OWN + hint + dump_plain(document), owned=False)


def _kustomization(resources: list[Value], **more: Value) -> Block:
    return {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": resources, **more}


def _environment(member: Member, knobs: Knobs) -> Block:
    """Every variable of its ConfigMap and, where there is one, of its Secret."""
    secret: Block = {"name": f"{member.name}-secrets", "optional": True}
    return {"envFrom": [{"configMapRef": {"name": knobs.own_settings}}, {"secretRef": secret}]}


def _edges(member: Member) -> Block:
    """In: its namespace, the gateway and the monitoring. Out: names, private networks and the web, never a cloud's credentials."""
    namespaces = map(network.namespace, (network.GATEWAY_NAMESPACE, network.MONITORING_NAMESPACE))
    return network.policy_of(
        member, [{"podSelector": {}}, *namespaces], [network.names(), {"to": network.private_networks()}, network.outside()]
    )
