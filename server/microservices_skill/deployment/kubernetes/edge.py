"""How requests from outside arrive: a Gateway that ends TLS, and a route for each public service (Gateway API)."""

from __future__ import annotations

from collections.abc import Sequence

from microservices_skill.deployment.blocks import Block, Value
from microservices_skill.deployment.kubernetes.knobs import metadata
from microservices_skill.deployment.kubernetes.members import Member

API = "gateway.networking.k8s.io/v1"


def gateway(system: str, *, host: Value, class_name: Value, certificate: Value) -> Block:
    """The only way in. Its certificate is renewed by whoever fills the Secret, such as cert-manager."""
    return {
        "apiVersion": API,
        "kind": "Gateway",
        "metadata": {"name": system, "labels": {"app.kubernetes.io/part-of": system}},
        "spec": {
            "gatewayClassName": class_name,
            "listeners": [
                {
                    "name": "https",
                    "hostname": host,
                    "port": 443,
                    "protocol": "HTTPS",
                    "tls": {"mode": "Terminate", "certificateRefs": [{"name": certificate}]},
                    "allowedRoutes": {"namespaces": {"from": "Same"}},
                }
            ],
        },
    }


def route(member: Member, *, host: Value) -> Block:
    """Requests below the paths of its operations; /health, /metrics and /sagas are not among them."""
    matches: list[Value] = [{"path": {"type": "PathPrefix", "value": prefix}} for prefix in member.prefixes]
    return {
        "apiVersion": API,
        "kind": "HTTPRoute",
        "metadata": metadata(member, member.name),
        "spec": {
            "parentRefs": [{"name": member.system}],
            "hostnames": [host],
            "rules": [{"matches": matches, "backendRefs": [{"name": member.name, "port": 80}]}],
        },
    }


def published(members: Sequence[Member]) -> tuple[Member, ...]:
    """The services that have something to route to."""
    return tuple(member for member in members if member.is_public and member.prefixes)
