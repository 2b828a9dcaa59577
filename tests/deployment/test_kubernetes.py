"""What schemas cannot see in manifests: that objects fit each other, the model and its capacity."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from tests.generated.architectures import EXAMPLES, read_example

from microservices_skill.capacity.report import capacity
from microservices_skill.deployment.kubernetes.members import AFTER_DRAIN_S, BEFORE_DRAIN_S, DRAIN_S
from microservices_skill.deployment.kubernetes.render import render
from microservices_skill.files import FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.loading import read_architecture
from microservices_skill.model.service import Exposure

Manifest = dict[str, Any]

LONG = "a" + "bcdefghij" * 4 + "xyz"
BARE = f"""
system: {{name: {LONG[:40]}, domain: names, requirements: {{users: 0, peakRps: 0}}}}
services:
  - name: {LONG[:39]}z
    responsibility: Is nobody's
    exposure: public
    slo: {{availability: 100}}
    entities: [{{name: Thing, fields: [{{name: label, type: string}}]}}]
    endpoints: [{{operation: makeThing, action: create, entity: Thing}}]
"""


def on_kubernetes(name: str) -> Architecture:
    document = read_example(name).model_dump(by_alias=True)
    document["system"]["platform"]["runtime"] = "kubernetes"
    return Architecture.model_validate(document)


def files(architecture: Architecture) -> FileTree:
    return render(architecture, capacity(architecture))


def manifests(tree: FileTree, folder: str = "deploy/kubernetes/") -> list[Manifest]:
    """Every object that is not Kustomize's own."""
    texts = [file.text for path, file in tree.items() if path.startswith(folder) and not path.endswith("kustomization.yaml")]
    return [each for text in texts for each in yaml.safe_load_all(text)]


def named(found: list[Manifest], kind: str) -> dict[str, Manifest]:
    return {each["metadata"]["name"]: each for each in found if each["kind"] == kind}


def is_part(labels: Manifest, selector: Manifest) -> bool:
    return selector.items() <= labels.items()


@pytest.mark.parametrize("example", EXAMPLES)
def test_selectors_find_what_they_are_for(example: str) -> None:
    found = manifests(files(on_kubernetes(example)))
    deployments = named(found, "Deployment")
    pods = {name: each["spec"]["template"] for name, each in deployments.items()}
    for name, pod in pods.items():
        labels = pod["metadata"]["labels"]
        assert is_part(labels, deployments[name]["spec"]["selector"]["matchLabels"])
        assert [
            other for other in pods if is_part(pods[other]["metadata"]["labels"], named(found, "Service")[name]["spec"]["selector"])
        ] == [name]
        assert is_part(labels, named(found, "PodDisruptionBudget")[name]["spec"]["selector"]["matchLabels"])
        assert named(found, "HorizontalPodAutoscaler")[name]["spec"]["scaleTargetRef"]["name"] == name
        assert pod["spec"]["serviceAccountName"] in named(found, "ServiceAccount")
        job = named(found, "Job")[f"{name}-migration"]["spec"]["template"]
        assert not is_part(job["metadata"]["labels"], deployments[name]["spec"]["selector"]["matchLabels"]), "a migration gets no request"
        assert job["spec"]["containers"][0]["image"] == pod["spec"]["containers"][0]["image"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_policies_let_through_the_calls_of_the_model_and_no_other(example: str) -> None:
    architecture = on_kubernetes(example)
    found = manifests(files(architecture), "deploy/kubernetes/base/")
    pods = {name: each["spec"]["template"]["metadata"]["labels"] for name, each in named(found, "Deployment").items()}
    policies = [each["spec"] for each in found if each["kind"] == "NetworkPolicy"]

    def reach(source: str, target: str) -> bool:
        out = (rule for each in policies if is_part(pods[source], _selected(each)) for rule in each.get("egress", []))
        into = (rule for each in policies if is_part(pods[target], _selected(each)) for rule in each.get("ingress", []))
        is_sent = any(_names(peer, pods[target]) for rule in out for peer in rule["to"])
        return is_sent and any(_names(peer, pods[source]) for rule in into for peer in rule["from"])

    allowed = {(source, target) for source in pods for target in pods if source != target and reach(source, target)}
    calls = {(each.name, call.to) for each in architecture.services for call in each.dependencies if call.to in pods}
    assert allowed == calls


def _selected(policy: Manifest) -> Manifest:
    selected: Manifest = policy["podSelector"].get("matchLabels", {})
    return selected


def _names(peer: Manifest, labels: Manifest) -> bool:
    return "namespaceSelector" not in peer and is_part(labels, peer.get("podSelector", {}).get("matchLabels", {"": ""}))


@pytest.mark.parametrize("example", EXAMPLES)
def test_everything_is_denied_at_first(example: str) -> None:
    found = named(manifests(files(on_kubernetes(example))), "NetworkPolicy")
    assert found["default-deny"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert not any("0.0.0.0/0" in str(each) and "except" not in str(each) for each in found.values())


@pytest.mark.parametrize("example", EXAMPLES)
def test_sizes_are_those_of_capacity(example: str) -> None:
    architecture = on_kubernetes(example)
    found = manifests(files(architecture))
    for size in capacity(architecture).services:
        given = named(found, "Deployment")[size.service]["spec"]["template"]["spec"]["containers"][0]["resources"]
        assert given["requests"]["cpu"] == f"{size.cpu_request_m.value:.0f}m"
        assert given["requests"]["memory"] == given["limits"]["memory"] == f"{size.memory_mb.value:.0f}Mi"
        scaled = named(found, "HorizontalPodAutoscaler")[size.service]["spec"]
        assert (scaled["minReplicas"], scaled["maxReplicas"]) == (size.least.value, size.most.value)
        settings = yaml.safe_load(files(architecture)[f"deploy/kubernetes/base/{size.service}/kustomization.yaml"].text)
        assert f"DATABASE_POOL_SIZE={size.pool.value:.0f}" in settings["configMapGenerator"][0]["literals"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_only_public_services_have_a_route_and_only_to_their_operations(example: str) -> None:
    architecture = on_kubernetes(example)
    routes = named(manifests(files(architecture)), "HTTPRoute")
    public = {each.name for each in architecture.services if each.exposure is Exposure.PUBLIC and each.endpoints}
    assert set(routes) == public
    paths = [match["path"]["value"] for each in routes.values() for rule in each["spec"]["rules"] for match in rule["matches"]]
    assert all(path.startswith("/v1/") for path in paths)


def test_no_secret_is_in_a_manifest_and_each_that_is_needed_is_referred_to() -> None:
    tree = files(read_example("shop"))
    found = manifests(tree)
    assert not named(found, "Secret")
    asked = {
        (each["valueFrom"]["secretKeyRef"]["name"], each["name"])
        for pod in named(found, "Deployment").values()
        for each in pod["spec"]["template"]["spec"]["containers"][0]["env"]
    }
    kept = {
        (each["spec"]["target"]["name"], entry["secretKey"])
        for each in named(found, "ExternalSecret").values()
        for entry in each["spec"]["data"]
    }
    assert asked == kept
    assert {("order-secrets", "DATABASE_URL"), ("order-secrets", "BROKER_URL")} <= asked


def test_a_pod_has_longer_to_stop_than_the_service_needs() -> None:
    for each in named(manifests(files(read_example("shop"))), "Deployment").values():
        pod = each["spec"]["template"]["spec"]
        assert pod["terminationGracePeriodSeconds"] == BEFORE_DRAIN_S + DRAIN_S + AFTER_DRAIN_S > BEFORE_DRAIN_S + DRAIN_S


def test_what_a_team_changes_is_made_once() -> None:
    tree = files(read_example("shop"))
    own = {path for path, file in tree.items() if not file.owned}
    assert own == {
        *(f"deploy/kubernetes/overlays/{name}/kustomization.yaml" for name in ("dev", "staging", "production")),
        *(f"deploy/argocd/{name}.yaml" for name in ("staging", "production")),
        *(f"deploy/helm/values/{name}.yaml" for name in ("staging", "production")),
    }


def test_the_longest_names_no_owner_no_user_and_a_perfect_promise_fit() -> None:
    architecture, _ = read_architecture(BARE)
    found = manifests(files(architecture))
    for each in found:
        assert len(each["metadata"]["name"]) <= 63
        for key, value in each["metadata"].get("labels", {}).items():
            assert len(value) <= 63
            assert key != "team"
    [scaled] = named(found, "HorizontalPodAutoscaler").values()
    assert (scaled["spec"]["minReplicas"], scaled["spec"]["maxReplicas"]) == (2, 3)


def test_no_mark_of_an_expression_is_left_in_the_chart() -> None:
    chart = [file.text for path, file in files(read_example("shop")).items() if path.startswith("deploy/helm/")]
    assert chart
    assert not any("-HERE" in text for text in chart)


def test_a_system_on_servers_of_its_own_gets_none() -> None:
    architecture = read_example("fleet")
    assert architecture.system.platform.runtime == "servers"
    assert not files(architecture)


def test_who_calls_others_that_check_tokens_gets_what_it_needs_for_its_own_and_nobody_else():
    tree = files(on_kubernetes("fleet"))
    assert "AUTH_TOKEN_URL=https://issuer.example.com/oauth2/token" in tree["deploy/kubernetes/base/kustomization.yaml"].text
    assert (
        "AUTH_TOKEN_URL=https://issuer.staging.example.com/oauth2/token"
        in tree["deploy/kubernetes/overlays/staging/kustomization.yaml"].text
    )
    assert "AUTH_CLIENT_ID=trip" in tree["deploy/kubernetes/base/trip/kustomization.yaml"].text
    secret = {"name": "AUTH_CLIENT_SECRET", "valueFrom": {"secretKeyRef": {"name": "trip-secrets", "key": "AUTH_CLIENT_SECRET"}}}
    [trip] = [each for each in manifests(tree) if each["kind"] == "Deployment" and each["metadata"]["name"] == "trip"]
    assert secret in trip["spec"]["template"]["spec"]["containers"][0]["env"]
    others = [file.text for path, file in tree.items() if path.startswith("deploy/kubernetes/base/") and "/trip/" not in path]
    assert not any("AUTH_CLIENT" in text for text in others)
    assert not any("AUTH_TOKEN_URL" in file.text for file in files(on_kubernetes("shop")).values())


@pytest.mark.parametrize("example", EXAMPLES)
def test_no_environment_but_development_reaches_servers_in_the_clear(example: str) -> None:
    tree = files(on_kubernetes(example))
    said = {name: literals(tree, name) for name in ("base", "overlays/dev", "overlays/staging", "overlays/production")}
    assert {name: "ALLOW_PLAINTEXT=true" in each for name, each in said.items()} == dict.fromkeys(said, False) | {"overlays/dev": True}
    assert "ALLOW_PLAINTEXT=false" in said["base"]
    for job in named(manifests(tree), "Job").values():
        asked = {each["name"]: each["valueFrom"] for each in job["spec"]["template"]["spec"]["containers"][0]["env"]}
        assert asked["ALLOW_PLAINTEXT"] == {"configMapKeyRef": {"name": "settings", "key": "ALLOW_PLAINTEXT", "optional": True}}


def literals(tree: FileTree, folder: str) -> list[str]:
    """The settings of a kustomization."""
    found: list[str] = yaml.safe_load(tree[f"deploy/kubernetes/{folder}/kustomization.yaml"].text)["configMapGenerator"][0]["literals"]
    return found


@pytest.mark.parametrize("example", EXAMPLES)
def test_certificates_are_a_whole_folder_that_may_come_and_change_later(example: str) -> None:
    tree = files(on_kubernetes(example))
    for kind in ("Deployment", "Job"):
        for name, found in named(manifests(tree), kind).items():
            pod = found["spec"]["template"]["spec"]
            [mount] = [each for each in pod["containers"][0]["volumeMounts"] if each["name"] == "tls"]
            [volume] = [each["secret"] for each in pod["volumes"] if each["name"] == "tls"]
            assert mount == {"name": "tls", "mountPath": "/run/tls", "readOnly": True}
            assert volume == {"secretName": f"{name.removesuffix('-migration')}-tls", "optional": True, "defaultMode": 0o440}
