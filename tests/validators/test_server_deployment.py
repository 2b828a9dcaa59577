"""How the MCP server itself is deployed, before the same validators as what it generates."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.validators import manifests
from tests.validators.tools import ROOT, accepts

from microservices_skill.app.design import read_model
from microservices_skill.http_server.settings import read_settings
from microservices_skill.security import deployed
from microservices_skill.security.hardening import harden

pytestmark = pytest.mark.slow
HERE = ROOT / "deploy/server"
ACCEPTED = {
    "CKV_K8S_15": "the image has a tag of its own for each release",
    "CKV_K8S_35": "the server reads its one secret from the environment, as the command line would show it",
    "CKV_K8S_43": "an overlay names the digest",
}

OF_ANOTHER_SHAPE = {
    "manifests-without-secrets": "a team brings the one secret from where it keeps secrets",
    "network-denied": "looks for the file of a generated system; here the policy of all pods denies what it does not name",
    "pod-images-fixed": "an overlay names the digest",
}


def test_the_image_is_built_as_it_should_be() -> None:
    accepts("hadolint", HERE / "Dockerfile")
    accepts("checkov", "-f", HERE / "Dockerfile", "--framework", "dockerfile", "--compact", "--quiet", "--skip-download")


def test_the_manifests_are_what_kubernetes_takes_and_scanners_leave_alone(tmp_path: Path) -> None:
    found = manifests.read(accepts("kubectl", "kustomize", HERE / "kubernetes"))
    path = manifests.write(found, tmp_path / "built.yaml")
    for version in ("1.31", "1.37"):
        accepts("kubernetes-validate", "-k", version, "--strict", path)
    skipped = ",".join(ACCEPTED)
    accepts("checkov", "-d", tmp_path, "--framework", "kubernetes", "--compact", "--quiet", "--skip-download", "--skip-check", skipped)
    accepts("trivy", "config", "-q", "--skip-check-update", "--severity", "HIGH,CRITICAL", "--exit-code", "1", tmp_path)
    assert not [each for each in found if each["kind"] == "Secret"]


def test_its_settings_are_what_the_server_takes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = manifests.read(accepts("kubectl", "kustomize", HERE / "kubernetes"))
    [settings] = [each["data"] for each in found if each["kind"] == "ConfigMap"]
    for name in [each for each in os.environ if each.startswith("MICROSERVICES_SKILL_HTTP_")]:
        monkeypatch.delenv(name)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MICROSERVICES_SKILL_HTTP_STATE_KEYS", "k" * 32)
    read = read_settings({"host": "0.0.0.0", "root": tmp_path})
    assert (read.workers, read.hosts, read.resource) == (2, ["mcp.example.com"], "https://mcp.example.com/mcp")


def test_our_own_checklist_finds_nothing_in_what_is_deployed() -> None:
    files = {f"deploy/{each.name}": each.read_text(encoding="utf-8") for each in (HERE / "kubernetes").iterdir()}
    wanted = {each.id for each in deployed.ITEMS} - OF_ANOTHER_SHAPE.keys()
    results = [each for each in harden(read_model(ROOT / "examples/shop/architecture.yaml"), files) if each.item.id in wanted]
    assert {each.item.id: each.faults for each in results if each.faults} == {}
    assert "pods-confined" in {each.item.id for each in results if not each.unseen}
