"""What holds in the manifests of a deployment, as they stand: a person may have changed any of them.

Patches of an overlay are parts of objects and stay out, as do templates of Helm, which are no data: both are made of what is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from microservices_skill.security import checklist
from microservices_skill.security.checklist import Check, Item, Site
from microservices_skill.security.services import is_secret
from microservices_skill.security.spots import Spot

FOLDER = "deploy/"
ITEMS: list[Item] = []

_POD_OF = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"), ("spec", "template", "spec")),
}
_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
_HOST = ("hostNetwork", "hostPID", "hostIPC")
_ENFORCED = "pod-security.kubernetes.io/enforce"
_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902")

_BY_CONTAINER_OR_POD: tuple[tuple[tuple[str, ...], tuple[object, ...]], ...] = (
    (("runAsNonRoot",), (True,)),
    (("seccompProfile", "type"), ("RuntimeDefault", "Localhost")),
)
_BY_CONTAINER: tuple[tuple[tuple[str, ...], tuple[object, ...]], ...] = (
    (("allowPrivilegeEscalation",), (False,)),
    (("readOnlyRootFilesystem",), (True,)),
    (("privileged",), (False, None)),
)


def item(identity: str) -> Callable[[Check], Check]:
    """Put a check of what is deployed on the list."""
    return checklist.item(ITEMS, identity, FOLDER)


@item("manifests-readable")
def _manifests_readable(site: Site) -> Iterator[str]:
    """Every manifest can be read, so that nothing of it is overlooked."""
    yield from (fault for fault in site.unreadable(FOLDER) if "/templates/" not in fault)


@item("pods-confined")
def _pods_confined(site: Site) -> Iterator[str]:
    """Pods run without rights and gain none: no root, a read-only disk, seccomp, no capabilities, nothing of their host."""
    for pod in _pods(site):
        for name in _HOST:
            if pod.at(name).value is True:
                yield f"{pod.at(name).where}: {name} opens the host; remove it"
        for volume in pod.at("volumes").each():
            if volume.at("hostPath").node is not None:
                yield f"{volume.where}: hostPath opens the host's disk; remove it"
        for container in _containers(pod):
            yield from _unconfined(pod, container)


def _unconfined(pod: Spot, container: Spot) -> Iterator[str]:
    own, of_pod, name = container.at("securityContext"), pod.at("securityContext"), container.at("name").text
    for names, allowed in (*_BY_CONTAINER_OR_POD, *_BY_CONTAINER):
        found = own.at(*names)
        if found.node is None and (names, allowed) in _BY_CONTAINER_OR_POD:
            found = of_pod.at(*names)
        if found.value not in allowed:
            yield f"{found.where}: {name} is not confined; set securityContext.{'.'.join(names)}: {str(allowed[0]).lower()}"
    for user in (own.at("runAsUser"), of_pod.at("runAsUser")):
        if user.value == 0:
            yield f"{user.where}: {name} runs as root; set runAsUser to a number over 0"
    capabilities = own.at("capabilities")
    if "ALL" not in [each.text for each in capabilities.at("drop").each()]:
        yield f"{capabilities.where}: {name} keeps capabilities; set capabilities.drop: [ALL]"
    for added in capabilities.at("add").each():
        yield f"{added.where}: {name} gains {added.text}; remove it from capabilities.add"


@item("pods-without-token")
def _pods_without_token(site: Site) -> Iterator[str]:
    """No pod has a token of the cluster's API, which no service calls."""
    for pod in _pods(site):
        found = pod.at("automountServiceAccountToken")
        if found.value is not False:
            yield f"{found.where}: it gets a token of the cluster; set automountServiceAccountToken: false"


@item("pods-limited")
def _pods_limited(site: Site) -> Iterator[str]:
    """Every container says what it needs, and may take no more than so much."""
    for pod in _pods(site):
        for container in _containers(pod):
            for kind, part in (("requests", "cpu"), ("requests", "memory"), ("limits", "cpu"), ("limits", "memory")):
                found = container.at("resources", kind, part)
                if not found.text:
                    yield f"{found.where}: {container.at('name').text} may take all there is; set resources.{kind}.{part}"


@item("pod-images-fixed")
def _pod_images_fixed(site: Site) -> Iterator[str]:
    """No image is of a version that moves; a manifest that names a registry names a digest. A release pins what an overlay names."""
    for pod in _pods(site):
        for container in _containers(pod):
            image = container.at("image")
            name, _, digest = image.text.partition("@")
            has_registry = re.match(r"[^/]*[.:][^/]*/|localhost/", name) is not None
            if not digest and (has_registry or _moves(name.rpartition("/")[2].partition(":")[2])):
                yield f"{image.where}: {image.text} may become another image; pin it by digest (@sha256:…)"
    for kustomization in _kustomizations(site):
        for image in kustomization.at("images").each():
            if not image.at("digest").text and _moves(image.at("newTag").text):
                yield f"{image.where}: {image.at('name').text} is of no fixed version; set newTag or digest"


def _moves(tag: str) -> bool:
    return tag in ("", "latest")


@item("namespace-restricted")
def _namespace_restricted(site: Site) -> Iterator[str]:
    """The namespace holds every pod to the restricted Pod Security Standard."""
    found = [each for each in _objects(site) if each.at("kind").text == "Namespace"]
    if not found:
        yield f"{FOLDER}kubernetes/base/namespace.yaml: there is no Namespace; generate it again"
    for namespace in found:
        level = namespace.at("metadata", "labels", _ENFORCED)
        if level.text != "restricted":
            yield f"{level.where}: pods may do more than they need; set {_ENFORCED}: restricted"


@item("network-denied")
def _network_denied(site: Site) -> Iterator[str]:
    """Nothing reaches a pod, nor is reached by one, unless a policy names it."""
    specs = [each.at("spec") for each in _objects(site) if each.at("kind").text == "NetworkPolicy"]
    if not any(_denies_all(each) for each in specs):
        yield f"{FOLDER}kubernetes/base/network.yaml: no policy denies everything to all pods; generate it again"
    for spec in specs:
        for direction, peers in (("ingress", "from"), ("egress", "to")):
            for rule in spec.at(direction).each():
                if not [*rule.at(peers).each()]:
                    yield f"{rule.where}: {direction} is open to everybody; add {peers}"


def _denies_all(spec: Spot) -> bool:
    kinds = {each.text for each in spec.at("policyTypes").each()}
    is_empty = not [*spec.at("ingress").each(), *spec.at("egress").each()]
    return spec.at("podSelector").value == {} and kinds == {"Ingress", "Egress"} and is_empty


@item("manifests-without-secrets")
def _manifests_without_secrets(site: Site) -> Iterator[str]:
    """No manifest holds a secret: each one that a pod needs comes from a store, by an ExternalSecret."""
    stored = {each.at("spec", "target", "name").text for each in _objects(site) if each.at("kind").text == "ExternalSecret"}
    for each in _objects(site):
        if each.at("kind").text == "Secret":
            yield f"{each.where}: a Secret stands in the tree; remove it, and let an ExternalSecret make it"
    for where, name, value in _settings(site):
        if is_secret(name, value):
            yield f"{where}: {name} holds a secret; remove it, and take it from a Secret"
    for pod in _pods(site):
        for container in _containers(pod):
            for variable in container.at("env").each():
                wanted = variable.at("valueFrom", "secretKeyRef")
                if wanted.node is not None and wanted.at("name").text not in stored:
                    yield f"{wanted.where}: no ExternalSecret makes {wanted.at('name').text}; add one"


@item("plaintext-refused")
def _plaintext_refused(site: Site) -> Iterator[str]:
    """No environment but development lets services reach their servers in the clear."""
    found = [*_settings(site)]
    plain = [
        (where, name) for where, name, value in found if name == "ALLOW_PLAINTEXT" and value.lower() not in ("false", "0", "no", "off")
    ]
    developing = {where.partition(":")[0] for where, name, value in found if (name, value) == ("ENVIRONMENT", "development")}
    for where, name in plain:
        if where.partition(":")[0] not in developing:
            yield f"{where}: passwords and data may be read on their way; set {name} to false, unless a mesh encrypts up to the servers"


def _settings(site: Site) -> Iterator[tuple[str, str, str]]:
    """Every setting of a pod, a ConfigMap, a kustomization or the values of a chart: where, its name, its value."""
    for each in _objects(site):
        maps = [each.at("data")] if each.at("kind").text == "ConfigMap" else []
        yield from ((value.where, name, value.text) for found in maps for name, value in found.entries())
    for pod in _pods(site):
        variables = (variable for container in _containers(pod) for variable in container.at("env").each())
        yield from ((each.where, each.at("name").text, each.at("value").text) for each in variables if each.at("value").text)
    for kustomization in _kustomizations(site):
        for kind in ("configMapGenerator", "secretGenerator"):
            for literal in (each for found in kustomization.at(kind).each() for each in found.at("literals").each()):
                name, _, value = literal.text.partition("=")
                yield literal.where, name, value
    for values in (each for each in site.spots(f"{FOLDER}helm/") if PurePosixPath(each.path).name != "Chart.yaml"):
        chosen = [values.at("settings"), *(each.at("settings") for _, each in values.at("services").entries())]
        yield from ((value.where, name, value.text) for found in chosen for name, value in found.entries())


def _kustomizations(site: Site) -> Iterator[Spot]:
    return (each for each in site.spots(FOLDER) if PurePosixPath(each.path).name in ("kustomization.yaml", "kustomization.yml"))


def _objects(site: Site) -> Iterator[Spot]:
    """Every whole object of the cluster."""
    patches = {path for each in _kustomizations(site) for path in _patches_of(each)}
    for each in site.spots(FOLDER):
        if each.at("kind").text and each.path not in patches and not each.at("apiVersion").text.startswith("kustomize."):
            yield each


def _patches_of(kustomization: Spot) -> Iterator[str]:
    folder = PurePosixPath(kustomization.path).parent
    for patch in (each for name in _PATCHES for each in kustomization.at(name).each()):
        yield str(folder / (patch.at("path").text or patch.text or "."))


def _pods(site: Site) -> Iterator[Spot]:
    return (each.at(*_POD_OF[each.at("kind").text]) for each in _objects(site) if each.at("kind").text in _POD_OF)


def _containers(pod: Spot) -> Iterator[Spot]:
    return (container for kind in _CONTAINERS for container in pod.at(kind).each())
