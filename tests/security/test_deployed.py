"""Each item of the checklist that looks at the deployment holds in what is generated, and fails, with its line, once somebody breaks it."""

from __future__ import annotations

import re
from functools import cache

import pytest
from tests.generated.architectures import read_example

from microservices_skill.capacity.report import capacity
from microservices_skill.deployment.kubernetes.render import render
from microservices_skill.deployment.pipelines.render import of_service, of_system
from microservices_skill.security import deployed, workflows
from microservices_skill.security.checklist import Site

ITEMS = {each.id: each for each in (*deployed.ITEMS, *workflows.ITEMS)}
ORDER = r"base/order/deployment\.yaml$"
WORKFLOW = r"^\.github/workflows/system\.yml$"

BROKEN: dict[str, list[tuple[str, str, str]]] = {
    "manifests-readable": [(ORDER, r"^kind: ", "kind: [")],
    "pods-confined": [
        (ORDER, r"runAsNonRoot: true", "runAsNonRoot: false"),
        (ORDER, r"^ *runAsNonRoot: true\n", ""),
        (ORDER, r"runAsUser: 10001", "runAsUser: 0"),
        (ORDER, r"type: RuntimeDefault", "type: Unconfined"),
        (ORDER, r"allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"),
        (ORDER, r"^( *)allowPrivilegeEscalation: false", r"\1privileged: true\n\g<0>"),
        (ORDER, r"readOnlyRootFilesystem: true\n", "readOnlyRootFilesystem: false\n"),
        (ORDER, r"- ALL\n", "- NET_RAW\n"),
        (ORDER, r"^( *)drop:\n", r"\1add:\n\1  - SYS_ADMIN\n\g<0>"),
        (ORDER, r"enableServiceLinks: false", "hostNetwork: true"),
        (ORDER, r"emptyDir:\n *sizeLimit: \S+", "hostPath: {path: /}"),
        (r"base/order/migration\.yaml$", r"readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"),
    ],
    "pods-without-token": [
        (ORDER, r"automountServiceAccountToken: false", "automountServiceAccountToken: true"),
        (ORDER, r"^ *automountServiceAccountToken: false\n", ""),
    ],
    "pods-limited": [(ORDER, r"limits:", "others:"), (ORDER, r"(?<=requests:\n)( *)cpu: \S+", r"\1gpu: 1")],
    "pod-images-fixed": [
        (ORDER, r"image: shop/order:\S+", "image: shop/order:latest"),
        (ORDER, r"image: shop/order:\S+", "image: shop/order"),
        (ORDER, r"image: shop/order:\S+", "image: registry.example.com/shop/order:1.2.3"),
        (r"overlays/production/kustomization\.yaml$", r"newTag: \S+", "newTag: latest"),
    ],
    "namespace-restricted": [
        (r"base/namespace\.yaml$", r"(kubernetes\.io/enforce): restricted", r"\1: baseline"),
        (r"base/namespace\.yaml$", r"kind: Namespace", "kind: ConfigMap"),
    ],
    "network-denied": [
        (r"base/network\.yaml$", r"(name: default-deny[\s\S]*?)podSelector: \{\}", r"\1podSelector: {matchLabels: {a: b}}"),
        (r"base/network\.yaml$", r"(name: default-deny[\s\S]*?)    - Egress\n", r"\1"),
        (r"base/order/network-policy\.yaml$", r"    - from:\n(      .*\n)*?      ports:", "    - ports:"),
    ],
    "manifests-without-secrets": [
        (r"base/order/service\.yaml$", r"\Z", "---\napiVersion: v1\nkind: Secret\nmetadata: {name: order}\ndata: {password: eA==}\n"),
        (ORDER, r"^( *)env:\n", r"\g<0>\1  - name: SMTP_PASSWORD\n\1    value: hunter2\n"),
        (r"overlays/staging/kustomization\.yaml$", r"^( *)- LOG_LEVEL=", r"\1- API_KEY=hunter2\n\g<0>"),
        (r"helm/values/production\.yaml$", r"^( *)LOG_LEVEL:", r"\1DATABASE_URL: postgresql://order:hunter2@db/order\n\g<0>"),
        (r"components/external-secrets/external-secrets\.yaml$", r"name: order-secrets", "name: others"),
    ],
    "plaintext-refused": [
        (r"overlays/production/kustomization\.yaml$", r"ALLOW_PLAINTEXT=false", "ALLOW_PLAINTEXT=true"),
        (r"helm/shop/values\.yaml$", r"ALLOW_PLAINTEXT: .*", "ALLOW_PLAINTEXT: true"),
        (ORDER, r"^( *)env:\n", r"\g<0>\1  - name: ALLOW_PLAINTEXT\n\1    value: 'yes'\n"),
    ],
    "workflows-readable": [(WORKFLOW, r"^jobs:", "jobs: [")],
    "actions-pinned": [
        (WORKFLOW, r"actions/checkout@[0-9a-f]{40}", "actions/checkout@v7"),
        (r"^services/order/\.github/workflows/service\.yml$", r"trivy-action@[0-9a-f]{40}", "trivy-action@master"),
    ],
    "workflows-least-rights": [
        (WORKFLOW, r"^permissions: \{\}\n", ""),
        (WORKFLOW, r"^permissions: \{\}\n", "permissions: write-all\n"),
        (WORKFLOW, r"^    permissions:\n      contents: read\n", "    permissions:\n      contents: write\n"),
        (WORKFLOW, r"persist-credentials: false", "persist-credentials: true"),
    ],
    "workflows-trust-nobody": [
        (WORKFLOW, r"^  pull_request: \{\}", "  pull_request_target: {}"),
        (WORKFLOW, r"^'on':\n[\s\S]*?\n\n", "on: [push, pull_request_target]\n\n"),
        (WORKFLOW, r"run: make lint types", "run: make lint ${{ github.event.pull_request.title }}"),
    ],
    "images-verified": [
        (WORKFLOW, r"exit-code: '1'", "exit-code: '0'"),
        (WORKFLOW, r"^( {8})uses: aquasecurity/trivy-action", r"\1continue-on-error: true\n\g<0>"),
        (WORKFLOW, r"cosign sign ", "cosign version "),
        (WORKFLOW, r"--signed-by \S+", ""),
    ],
}


@cache
def generated() -> dict[str, str]:
    """The deployment and the workflows of an example on a cluster."""
    architecture = read_example("shop")
    trees = {"": render(architecture, capacity(architecture)), " ": of_system(architecture)}
    trees |= {f"services/{each.name}/": of_service(architecture, each) for each in architecture.services}
    return {f"{folder.strip()}{path}": file.text for folder, tree in trees.items() for path, file in tree.items()}


def faults(files: dict[str, str]) -> dict[str, list[str]]:
    site = Site(read_example("shop"), files)
    found = {name: [*each.check(site)] for name, each in ITEMS.items()}
    return {name: each for name, each in found.items() if each}


def broken(path: str, pattern: str, instead: str) -> dict[str, str]:
    files, touched = dict(generated()), 0
    for name in [each for each in files if re.search(path, each)]:
        files[name], count = re.subn(pattern, instead, files[name], flags=re.MULTILINE)
        touched += count
    assert touched > 0, "nothing was broken"
    return files


def test_every_item_holds_in_what_is_generated():
    assert faults(generated()) == {}


@pytest.mark.parametrize(("identity", "path", "pattern", "instead"), [(name, *each) for name, broken in BROKEN.items() for each in broken])
def test_an_item_that_somebody_breaks_fails_and_no_other(identity: str, path: str, pattern: str, instead: str):
    found = faults(broken(path, pattern, instead))
    assert {*found} == {identity}
    for fault in found[identity]:
        assert re.match(r"[\w./-]+(:\d+)?: .+; .*\b(set|add|remove|pin|generate)\b", fault), fault


def test_every_item_is_broken_by_some_test():
    assert {*BROKEN} == {*ITEMS}


def test_a_fault_says_the_line():
    path = "deploy/kubernetes/base/order/deployment.yaml"
    files = broken(ORDER, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")
    [fault] = faults(files)["pods-confined"]
    line = next(index for index, text in enumerate(files[path].splitlines(), 1) if "readOnlyRootFilesystem" in text)
    assert fault.startswith(f"{path}:{line}: order is not confined; set securityContext.readOnlyRootFilesystem: true")


def test_what_a_person_adds_is_looked_at_and_a_patch_is_part_of_something_else():
    path = "deploy/kubernetes/overlays/production/kustomization.yaml"
    added = {"deploy/mine/job.yaml": "kind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{name: mine}]}}}}}\n"}
    assert {"pods-confined", "pods-limited", "pods-without-token", "pod-images-fixed"} == {*faults(generated() | added)}
    patch = {path.replace("kustomization", "more"): "kind: Deployment\nspec: {template: {spec: {containers: [{name: order}]}}}\n"}
    named = {path: generated()[path] + "  - path: more.yaml\n"}
    assert faults(generated() | patch | named) == {}
    assert "pods-confined" in faults(generated() | patch)
