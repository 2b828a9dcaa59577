"""The layout for Kustomize: a base, an overlay for each environment, and components that an overlay may take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from microservices_skill.deployment.blocks import Block, Value
from microservices_skill.deployment.environment import variable
from microservices_skill.deployment.kubernetes import edge, mesh, network, secrets, workload
from microservices_skill.deployment.kubernetes.knobs import FIRST_TAG, plain
from microservices_skill.deployment.kubernetes.members import Member
from microservices_skill.files import File
from microservices_skill.model.dumping import dump_plain
from microservices_skill.model.system import BrokerKind

FOLDER = "deploy/kubernetes"
POD_SECURITY_VERSION = "v1.31"
"""The oldest version of Kubernetes that all manifests are checked against."""

_BUILT = "kustomize.config.k8s.io/v1beta1"
_COMPONENT = "kustomize.config.k8s.io/v1alpha1"
_GENERATED = "# Generated from the model: change an overlay, or the model, and not this file.\n"
_OWN = "# Yours: what you write stays when it is generated again.\n"

COLLECTOR = f"http://otel-collector.{network.MONITORING_NAMESPACE}:{network.OTLP_PORT}"


def base(system: str, members: Sequence[Member], broker: BrokerKind) -> Iterator[tuple[str, File]]:
    """The whole system without anything of an environment."""
    yield _file("base/namespace.yaml", [namespace(system)])
    where = dict.fromkeys((*network.uses(members, broker), network.ISSUER), network.private_networks())
    yield _file("base/network.yaml", list(network.general(system, members, broker, where)))
    yield _file(
        "base/kustomization.yaml",
        [
            {
                "apiVersion": _BUILT,
                "kind": "Kustomization",
                "namespace": system,
                "resources": ["namespace.yaml", "network.yaml", *(member.name for member in members)],
                "configMapGenerator": [{"name": "settings", "literals": literals(shared_settings(members))}],
            }
        ],
    )
    for member in members:
        yield from _service(member)


def shared_settings(members: Sequence[Member]) -> dict[str, str]:
    """The settings of all services that an environment changes."""
    outside = sorted({name for member in members for name in member.place.external})
    return {
        "ALLOW_PLAINTEXT": "false",
        "AUTH_ISSUER": "https://issuer.example.com/",
        "AUTH_JWKS_URL": "https://issuer.example.com/.well-known/jwks.json",
        **({"AUTH_TOKEN_URL": "https://issuer.example.com/oauth2/token"} if any(member.needs_tokens for member in members) else {}),
        "ENVIRONMENT": "production",
        "LOG_LEVEL": "INFO",
        "OTEL_EXPORTER_OTLP_ENDPOINT": COLLECTOR,
        **({"BROKER_REPLICAS": "3"} if any(member.has_replicated_streams for member in members) else {}),
        **{variable(name, "URL"): f"https://{name}.example.com" for name in outside},
    }


def overlay(system: str, members: Sequence[Member], name: str) -> Iterator[tuple[str, File]]:
    """One environment: its namespace, images, settings and components. A team makes it its own."""
    is_development = name == "dev"
    components = ["external-secrets", *(["gateway"] if edge.published(members) else [])]
    document: Block = {
        "apiVersion": _BUILT,
        "kind": "Kustomization",
        "namespace": system if name == "production" else f"{system}-{name}",
        "resources": ["../../base"],
        **({} if is_development else {"components": [f"../../components/{each}" for each in components]}),
        "images": [{"name": member.image, "newName": f"registry.example.com/{member.image}", "newTag": FIRST_TAG} for member in members],
        "configMapGenerator": [{"name": "settings", "behavior": "merge", "literals": _own_settings(members, name)}],
        "patches": [*_sized(is_development), *_hosts(system, members, name)],
    }
    if not document["patches"]:
        del document["patches"]
    yield f"{FOLDER}/overlays/{name}/kustomization.yaml", File(_OWN + _HINTS[is_development] + dump_plain(document), owned=False)


_HINTS = {
    True: (
        "# No secret is in git, and no store of secrets is needed here: make one Secret for each service, such as\n"
        "#   kubectl -n NAMESPACE create secret generic SERVICE-secrets --from-literal=DATABASE_URL=… --from-literal=BROKER_URL=…\n"
    ),
    False: (
        "# Put your registry, your issuer, your hosts and your networks here. Secrets come from the store that\n"
        "# components/external-secrets names; pin images by digest: `digest: sha256:…` in place of newTag.\n"
    ),
}


def _own_settings(members: Sequence[Member], name: str) -> list[Value]:
    given = shared_settings(members)
    del given["OTEL_EXPORTER_OTLP_ENDPOINT"]
    if name == "dev":
        alone = ["BROKER_REPLICAS=1"] if "BROKER_REPLICAS" in given else []
        return ["ALLOW_PLAINTEXT=true", *alone, "ENVIRONMENT=development", "LOG_LEVEL=DEBUG"]
    given |= {key: given[key].replace("https://issuer.", f"https://issuer.{name}.") for key in given if key.startswith("AUTH_")}
    return literals(given)


def _sized(is_development: bool) -> list[Value]:  # noqa: FBT001 - a kind of overlay
    if not is_development:
        return []
    small = [{"op": "replace", "path": "/spec/minReplicas", "value": 1}, {"op": "replace", "path": "/spec/maxReplicas", "value": 2}]
    return [{"target": {"kind": "HorizontalPodAutoscaler"}, "patch": dump_plain(small)}]


def host(system: str, name: str) -> str:
    """Where an environment answers."""
    return f"api.{system}.example.com" if name == "production" else f"api.{name}.{system}.example.com"


def _hosts(system: str, members: Sequence[Member], name: str) -> list[Value]:
    if name == "dev" or not edge.published(members):
        return []
    found = host(system, name)
    return [
        {
            "target": {"kind": "Gateway", "name": system},
            "patch": dump_plain([{"op": "replace", "path": "/spec/listeners/0/hostname", "value": found}]),
        },
        {"target": {"kind": "HTTPRoute"}, "patch": dump_plain([{"op": "replace", "path": "/spec/hostnames", "value": [found]}])},
    ]


def components(system: str, members: Sequence[Member]) -> Iterator[tuple[str, File]]:
    """What an overlay may take: secrets from a store, the way in, a mesh."""
    yield from _component("external-secrets", {"external-secrets.yaml": [secrets.external_secret(member) for member in members]})
    if public := edge.published(members):
        address = host(system, "production")
        parts = [
            edge.gateway(system, host=address, class_name="gateway", certificate=f"{system}-certificate"),
            *(edge.route(member, host=address) for member in public),
        ]
        yield from _component("gateway", {"gateway.yaml": parts})
    meshed: list[Block] = [*mesh.general(system), *map(mesh.policy, members), *mesh.traffic(members)]
    injected = [{"op": "add", "path": "/metadata/labels/istio-injection", "value": "enabled"}]
    yield from _component("istio", {"istio.yaml": meshed}, [{"target": {"kind": "Namespace"}, "patch": dump_plain(injected)}])


def namespace(system: str) -> Block:
    """Holds every pod to the restricted Pod Security Standard."""
    levels = {
        f"pod-security.kubernetes.io/{mode}{suffix}": value
        for mode in ("enforce", "audit", "warn")
        for suffix, value in (("", "restricted"), ("-version", POD_SECURITY_VERSION))
    }
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": system, "labels": {"app.kubernetes.io/part-of": system, **levels}},
    }


def literals(settings: Mapping[str, str]) -> list[Value]:
    """Settings as a generator of ConfigMaps takes them."""
    return [f"{name}={value}" for name, value in sorted(settings.items())]


def _service(member: Member) -> Iterator[tuple[str, File]]:
    knobs = plain(member)
    files: dict[str, Block] = {
        "service-account.yaml": workload.service_account(member),
        "deployment.yaml": workload.deployment(member, knobs),
        "service.yaml": workload.service(member),
        "autoscaler.yaml": workload.autoscaler(member, knobs),
        "disruption-budget.yaml": workload.disruption_budget(member),
        "network-policy.yaml": network.edges(member),
        "migration.yaml": workload.migration(member, knobs),
    }
    for name, block in files.items():
        yield _file(f"base/{member.name}/{name}", [block])
    kustomization: Block = {
        "apiVersion": _BUILT,
        "kind": "Kustomization",
        "resources": [*files],
        "configMapGenerator": [{"name": knobs.own_settings, "literals": literals(member.settings)}],
    }
    yield _file(f"base/{member.name}/kustomization.yaml", [kustomization])


def _component(name: str, files: Mapping[str, Sequence[Block]], patches: Sequence[Value] = ()) -> Iterator[tuple[str, File]]:
    kustomization: Block = {"apiVersion": _COMPONENT, "kind": "Component", "resources": [*files]}
    if patches:
        kustomization["patches"] = [*patches]
    yield _file(f"components/{name}/kustomization.yaml", [kustomization])
    for path, blocks in files.items():
        yield _file(f"components/{name}/{path}", blocks)


def _file(path: str, blocks: Sequence[Block]) -> tuple[str, File]:
    return f"{FOLDER}/{path}", File(_GENERATED + "---\n".join(dump_plain(block) for block in blocks))
