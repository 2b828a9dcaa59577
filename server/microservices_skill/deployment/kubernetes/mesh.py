"""The mesh, where a team wants one: mutual TLS everywhere, and only the calls of the model (Istio)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from microservices_skill.deployment.blocks import Block, Value
from microservices_skill.deployment.kubernetes.knobs import labels, metadata
from microservices_skill.deployment.kubernetes.members import Member
from microservices_skill.deployment.kubernetes.network import GATEWAY_NAMESPACE, MONITORING_NAMESPACE

SECURITY, NETWORKING = "security.istio.io/v1", "networking.istio.io/v1"


def general(system: str) -> Iterator[Block]:
    """Plain text is refused, and so is whatever no policy allows."""
    shared: Block = {"app.kubernetes.io/part-of": system}
    yield {
        "apiVersion": SECURITY,
        "kind": "PeerAuthentication",
        "metadata": {"name": "default", "labels": shared},
        "spec": {"mtls": {"mode": "STRICT"}},
    }
    yield {"apiVersion": SECURITY, "kind": "AuthorizationPolicy", "metadata": {"name": "deny-all", "labels": shared}, "spec": {}}


def policy(member: Member) -> Block:
    """Its callers may do its operations, the gateway too where it is public; Prometheus may read its metrics."""
    rules: list[Value] = [
        {"from": [{"source": {"namespaces": [MONITORING_NAMESPACE]}}], "to": [{"operation": {"methods": ["GET"], "paths": ["/metrics"]}}]}
    ]
    operations: list[Value] = [{"operation": {"methods": [method], "paths": [_pattern(path)]}} for method, path in member.operations]
    if member.callers and operations:
        rules.append({"from": [{"source": {"serviceAccounts": list(member.callers)}}], "to": operations})
    if member.is_public and operations:
        rules.append({"from": [{"source": {"namespaces": [GATEWAY_NAMESPACE]}}], "to": operations})
    return {
        "apiVersion": SECURITY,
        "kind": "AuthorizationPolicy",
        "metadata": metadata(member, member.name),
        "spec": {"selector": {"matchLabels": labels(member)}, "action": "ALLOW", "rules": rules},
    }


def traffic(members: Sequence[Member]) -> Iterator[Block]:
    """The mesh does not try again: the caller's client does, with a budget, and only what is idempotent."""
    for member in members:
        yield {
            "apiVersion": NETWORKING,
            "kind": "VirtualService",
            "metadata": metadata(member, member.name),
            "spec": {
                "hosts": [member.name],
                "http": [{"route": [{"destination": {"host": member.name, "port": {"number": 80}}}], "retries": {"attempts": 0}}],
            },
        }
        yield {
            "apiVersion": NETWORKING,
            "kind": "DestinationRule",
            "metadata": metadata(member, member.name),
            "spec": {"host": member.name, "trafficPolicy": {"tls": {"mode": "ISTIO_MUTUAL"}}},
        }


def _pattern(path: str) -> str:
    """A path of the model as Istio matches it: one segment for each parameter."""
    return "/".join("{*}" if segment.startswith("{") else segment for segment in path.split("/"))
