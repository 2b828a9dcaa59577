"""Manifests before Kubernetes' schemas, Helm, Kustomize and two scanners; each of these is seen to refuse something."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.generated.architectures import EXAMPLES
from tests.validators import manifests
from tests.validators.manifests import Manifest
from tests.validators.tools import accepts, run

pytestmark = pytest.mark.slow

VERSIONS = ("1.31", "1.37")
"""The oldest that the guide names, and the newest that has schemas."""

BUILDS = ("base", "overlays/dev", "overlays/staging", "overlays/production")

ACCEPTED = {
    "CKV_K8S_15": "images have a tag of their own for each release or a digest, so that a node may keep what it has pulled",
    "CKV_K8S_35": "services read their secrets from the environment: twelve-factor, the same outside of Kubernetes",
    "CKV_K8S_43": "a digest is known once a team has pushed an image: its overlay names it",
}
"""What checkov would have otherwise, and why it is as it is."""

NO_SECRETS = ("""stores secrets in key(s) or value(s) '{"AUTH_TOKEN_URL"}'""",)
"""What trivy takes for a secret by its name: the address where tokens are asked for."""


def built(folder: Path, build: str) -> list[Manifest]:
    return manifests.read(accepts("kubectl", "kustomize", f"deploy/kubernetes/{build}", folder=folder))


def rendered(folder: Path, system: str, *arguments: str) -> list[Manifest]:
    return manifests.read(accepts("helm", "template", system, f"deploy/helm/{system}", *arguments, folder=folder))


def judged(found: list[Manifest], path: Path) -> None:
    assert list(manifests.faults(found)) == []
    own = manifests.write([each for each in found if not manifests.is_custom(each)], path)
    for version in VERSIONS:
        accepts("kubernetes-validate", "-k", version, "--strict", own)


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("example", EXAMPLES)
def test_kustomize_builds_what_kubernetes_takes(systems: dict[str, Path], tmp_path: Path, example: str, build: str) -> None:
    judged(built(systems[example], build), tmp_path / "built.yaml")


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_component_fits_the_base(systems: dict[str, Path], tmp_path: Path, example: str) -> None:
    folder = systems[example]
    overlay = folder / "deploy/kubernetes/overlays/all"
    overlay.mkdir(exist_ok=True)
    components = sorted(f"../../components/{each.name}" for each in (folder / "deploy/kubernetes/components").iterdir())
    (overlay / "kustomization.yaml").write_text(json.dumps({"resources": ["../../base"], "components": components}), encoding="utf-8")
    found = built(folder, "overlays/all")
    judged(found, tmp_path / "all.yaml")
    kinds = {each["kind"] for each in found}
    assert {"ExternalSecret", "PeerAuthentication", "AuthorizationPolicy"} <= kinds
    assert ({"Gateway", "HTTPRoute"} <= kinds) == any(
        each.name == "gateway" for each in (folder / "deploy/kubernetes/components").iterdir()
    )
    [namespace] = [each for each in found if each["kind"] == "Namespace"]
    assert namespace["metadata"]["labels"]["istio-injection"] == "enabled"


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_chart_is_sound_and_its_objects_are_what_kubernetes_takes(systems: dict[str, Path], tmp_path: Path, example: str) -> None:
    folder = systems[example]
    accepts("helm", "lint", "--strict", f"deploy/helm/{example}", "--values", "deploy/helm/values/production.yaml", folder=folder)
    for options in (["--set", "istio.enabled=true"], ["--set", "externalSecrets.enabled=false,gateway.enabled=false"]):
        judged(rendered(folder, example, "--kube-version", "1.31.0", *options), tmp_path / "chart.yaml")


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_chart_and_the_production_overlay_are_the_same(systems: dict[str, Path], example: str) -> None:
    folder = systems[example]
    chart = rendered(folder, example, "--kube-version", "1.31.0", "--values", "deploy/helm/values/production.yaml")
    overlay = [each for each in built(folder, "overlays/production") if each["kind"] != "Namespace"]
    assert _by_name(chart) == _by_name(overlay)


def _by_name(found: list[Manifest]) -> dict[tuple[str, str], Any]:
    """Objects without what each way of deploying adds: namespaces, hashes in names, hooks and the notes of a rollout."""
    text = re.sub(r"\b((?:[a-z0-9-]+-)?settings)-[0-9a-z]{10}\b", r"\1", json.dumps(found))
    objects = json.loads(text)
    for each in objects:
        each["metadata"].pop("namespace", None)
        each["metadata"].pop("annotations", None)
        each.get("spec", {}).get("template", {}).get("metadata", {}).pop("annotations", None)
        if each["kind"] == "ConfigMap":
            each["metadata"].pop("labels", None)
    return {(each["kind"], each["metadata"]["name"]): each for each in objects}


def test_settings_of_an_installation_reach_its_services(systems: dict[str, Path]) -> None:
    digest = f"sha256:{'a' * 64}"
    options = [
        "--set", f"services.order.image.digest={digest}", "--set", "services.order.autoscaling.least=4",
        "--set", "settings.LOG_LEVEL=WARNING", "--set", "networks.postgresql[0].ipBlock.cidr=10.7.0.0/24",
    ]  # fmt: skip
    found = {(each["kind"], each["metadata"]["name"]): each for each in rendered(systems["shop"], "shop", *options)}
    pod = found["Deployment", "order"]["spec"]["template"]
    assert pod["spec"]["containers"][0]["image"] == f"registry.example.com/shop/order@{digest}"
    assert found["HorizontalPodAutoscaler", "order"]["spec"]["minReplicas"] == 4
    assert found["ConfigMap", "settings"]["data"]["LOG_LEVEL"] == "WARNING"
    assert found["NetworkPolicy", "allow-postgresql"]["spec"]["egress"][0]["to"][0] == {"ipBlock": {"cidr": "10.7.0.0/24"}}
    before = next(
        each for each in rendered(systems["shop"], "shop") if each["metadata"]["name"] == "order" and each["kind"] == "Deployment"
    )
    assert pod["metadata"]["annotations"] != before["spec"]["template"]["metadata"]["annotations"], "instances take new settings"


def test_a_misspelt_value_is_refused(systems: dict[str, Path]) -> None:
    done = run("helm", "template", "shop", "deploy/helm/shop", "--set", "services.ordr.image.tag=1", folder=systems["shop"])
    assert done.returncode != 0
    assert "ordr" in done.stderr


@pytest.mark.parametrize("example", EXAMPLES)
def test_scanners_find_nothing_that_is_not_explained(systems: dict[str, Path], tmp_path: Path, example: str) -> None:
    manifests.write(built(systems[example], "overlays/production"), tmp_path / "production.yaml")
    skipped = ",".join(ACCEPTED)
    accepts("checkov", "-d", tmp_path, "--framework", "kubernetes", "--compact", "--quiet", "--skip-download", "--skip-check", skipped)
    assert [each for each in flaws(tmp_path) if not any(known in each for known in NO_SECRETS)] == []


def flaws(folder: Path) -> list[str]:
    """What trivy finds high or critical, by its id and its words."""
    said = accepts("trivy", "config", "-q", "--skip-check-update", "--severity", "HIGH,CRITICAL", "--format", "json", folder)
    results = json.loads(said).get("Results", [])
    return [f"{each['ID']}: {each['Message']}" for result in results for each in result.get("Misconfigurations", [])]


def test_every_exception_is_still_needed(systems: dict[str, Path], tmp_path: Path) -> None:
    manifests.write(built(systems["shop"], "overlays/production"), tmp_path / "production.yaml")
    done = run("checkov", "-d", tmp_path, "--framework", "kubernetes", "--compact", "--quiet", "--skip-download", "-o", "json")
    failed = {each["check_id"] for each in json.loads(done.stdout)["results"]["failed_checks"]}
    assert failed == set(ACCEPTED)


@pytest.mark.parametrize("example", EXAMPLES)
def test_applications_of_argo_cd_name_overlays_that_are_there(systems: dict[str, Path], example: str) -> None:
    folder = systems[example]
    for path in sorted((folder / "deploy/argocd").glob("*.yaml")):
        found = manifests.read(path.read_text(encoding="utf-8"))
        assert list(manifests.faults(found)) == []
        source, destination = found[0]["spec"]["source"]["path"], found[0]["spec"]["destination"]["namespace"]
        overlay = yaml.safe_load((folder / source / "kustomization.yaml").read_text(encoding="utf-8"))
        assert overlay["namespace"] == destination


def test_the_validators_see_faults(systems: dict[str, Path], tmp_path: Path) -> None:
    found = built(systems["shop"], "overlays/production")
    deployment = next(each for each in found if each["kind"] == "Deployment")
    route = next(each for each in found if each["kind"] == "HTTPRoute")
    deployment["spec"]["template"]["spec"]["readOnlyRoot"] = True
    route["spec"]["rule"] = []
    path = manifests.write([deployment], tmp_path / "bad.yaml")
    assert run("kubernetes-validate", "-k", VERSIONS[0], "--strict", path).returncode != 0
    assert "rule" in " ".join(manifests.faults([route]))
    del deployment["spec"]["template"]["spec"]["readOnlyRoot"]
    deployment["spec"]["template"]["spec"]["containers"][0]["securityContext"]["privileged"] = True
    manifests.write([deployment], path)
    assert flaws(tmp_path)
