"""Who may talk to whom: nothing by default, then exactly the edges of the model and what every service needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from microservices_skill.deployment.blocks import Block, Value
from microservices_skill.deployment.kubernetes.knobs import labels, metadata
from microservices_skill.deployment.kubernetes.members import BROKER_PORTS, PORT, STORE_PORTS, Member
from microservices_skill.model.system import BrokerKind

GATEWAY_NAMESPACE, MONITORING_NAMESPACE, CLUSTER_NAMESPACE = "gateway", "monitoring", "kube-system"
OTLP_PORT, HTTPS_PORT, REDIS_PORT = 4318, 443, 6379
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
"""Networks of RFC 1918: where stores and brokers are until an environment says it more exactly."""

ISSUER = "issuer"
"""Who signs the tokens: every service fetches its keys."""

LINK_LOCAL = "169.254.0.0/16"
"""Where clouds tell a machine's credentials to whoever asks: no service does."""


def uses(members: Sequence[Member], broker: BrokerKind) -> dict[str, tuple[int, ...]]:
    """What pods reach outside of the namespace, by the label that lets them out, with its ports."""
    kinds = {kind for member in members for kind in member.stores}
    found: dict[str, tuple[int, ...]] = {str(kind): (STORE_PORTS[kind],) for kind in kinds}
    if any(member.is_limited for member in members):
        found["redis"] = (REDIS_PORT,)
    if any(member.has_broker for member in members):
        found["broker"] = BROKER_PORTS[broker]
    return dict(sorted(found.items()))


def private_networks() -> list[Value]:
    """Anywhere in a private network, as peers of a policy."""
    return [{"ipBlock": {"cidr": cidr}} for cidr in PRIVATE]


def names() -> Block:
    """The way to the cluster's names."""
    return {
        "to": [{**namespace(CLUSTER_NAMESPACE), "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}],
        "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
    }


def outside() -> Block:
    """The way to the web, and to nothing of a private network or of the machine."""
    return _to([{"ipBlock": {"cidr": "0.0.0.0/0", "except": [*PRIVATE, LINK_LOCAL]}}], HTTPS_PORT)


def general(system: str, members: Sequence[Member], broker: BrokerKind, where: Mapping[str, Value]) -> Iterator[Block]:
    """What holds for the whole namespace: deny all, then names, and by label the stores, the broker and the outside.

    ``where`` each of ``uses`` is found, and the issuer.
    """
    yield _policy(system, "default-deny", {}, ingress=[], egress=[])
    yield _policy(system, "allow-dns", {}, egress=[names()])
    for name, ports in uses(members, broker).items():
        yield _policy(system, f"allow-{name}", {f"uses-{name}": "true"}, egress=[_to(where[name], *ports)])
    if any(member.place.external for member in members):
        yield _policy(system, "allow-internet", {"uses-internet": "true"}, egress=[outside()])
    yield _policy(system, "allow-issuer", {"app.kubernetes.io/component": "service"}, egress=[_to(where[ISSUER], HTTPS_PORT)])


def edges(member: Member) -> Block:
    """The edges of one service: its callers and the gateway come in, it goes out to whom it calls and to the collector."""
    sources: list[Value] = [_pods(member, name) for name in member.callers]
    if member.is_public:
        sources.append(namespace(GATEWAY_NAMESPACE))
    sources.append(namespace(MONITORING_NAMESPACE))
    egress: list[Value] = [_to([_pods(member, name) for name in member.place.calls], PORT)] if member.place.calls else []
    egress.append(_to([namespace(MONITORING_NAMESPACE)], OTLP_PORT))
    return policy_of(member, sources, egress)


def policy_of(member: Member, sources: list[Value], egress: list[Value]) -> Block:
    """Who may reach the port of a service, and where it may go."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(member, member.name),
        "spec": {
            "podSelector": {"matchLabels": labels(member)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": sources, "ports": [{"protocol": "TCP", "port": PORT}]}],
            "egress": egress,
        },
    }


def _policy(system: str, name: str, selector: Block, *, ingress: list[Value] | None = None, egress: list[Value] | None = None) -> Block:
    spec: Block = {
        "podSelector": {"matchLabels": selector} if selector else {},
        "policyTypes": [*(["Ingress"] if ingress is not None else []), *(["Egress"] if egress is not None else [])],
    }
    if ingress:
        spec["ingress"] = ingress
    if egress:
        spec["egress"] = egress
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": system}},
        "spec": spec,
    }


def _to(peers: Value, *ports: int) -> Block:
    return {"to": peers, "ports": [{"protocol": "TCP", "port": port} for port in ports]}


def namespace(name: str) -> Block:
    """The pods of a namespace."""
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def _pods(member: Member, name: str) -> Block:
    return {"podSelector": {"matchLabels": {**labels(member), "app.kubernetes.io/name": name}}}
