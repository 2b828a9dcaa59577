"""Releases what is checked out to one environment: images by digest, migrations, one new pod of each service, then all.

    release.py --overlay deploy/kubernetes/overlays/production --registry ghcr.io/acme --prometheus https://prometheus.example

Exit codes: 0 released, 1 not released (and what was there before is there), 2 wrong usage. Migrations are not taken back:
they must suit the old code as well (add, release, then remove).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from canary import Canary, Patience
from cluster import Cluster, Manifest, ReleaseError
from images import Registry, ServiceEntry
from prometheus import Prometheus

WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "CronJob", "HorizontalPodAutoscaler", "PodDisruptionBudget"}


def main() -> int:
    """Release, and say what came of it."""
    asked = _arguments()
    facts: dict[str, Any] = json.loads(asked.facts.read_text(encoding="utf-8"))
    registry, cluster = Registry(asked.registry), Cluster()
    prometheus = Prometheus(asked.prometheus, asked.window, asked.selector)
    patience = Patience(asked.watch, asked.watch_after, asked.interval, asked.ready_timeout)
    try:
        images = {each["image"]: _image(registry, each, asked.signed_by) for each in facts["services"]}
        manifests = rendered(asked.overlay, images)
        jobs = [each for each in manifests if each["kind"] == "Job"]
        cluster.apply([each for each in manifests if each["kind"] not in WORKLOADS | {"Job"}])
        cluster.run_jobs(jobs, asked.migration_timeout)
        canary = Canary(cluster, prometheus, facts["promises"], asked.burn_rate, patience)
        is_released = canary.release([each for each in manifests if each["kind"] in WORKLOADS])
    except ReleaseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("released" if is_released else "rolled back", flush=True)
    return 0 if is_released else 1


def _image(registry: Registry, service: ServiceEntry, signer: str) -> str:
    return f"{registry.repository(service)}@{registry.demand(service, signer)}"


def rendered(overlay: Path, images: dict[str, str]) -> list[Manifest]:
    """The manifests of an overlay with its images exchanged for what was built, whatever registry and tag the overlay names.

    Raises:
        ReleaseError: the overlay cannot be rendered, or no manifest uses one of the images.

    """
    manifests = _objects(_kubectl("kustomize", str(overlay)))
    used = {name for each in manifests for container in _containers(each) if (name := _exchanged(container, images))}
    for name in sorted(images.keys() - used):
        raise ReleaseError(f"no container of {overlay} has the image {name}, so that {images[name]} would never run")
    return manifests


def _containers(manifest: Manifest) -> list[dict[str, Any]]:
    spec = manifest.get("spec", {})
    spec = spec.get("jobTemplate", {}).get("spec", spec).get("template", {}).get("spec", {})
    return [*spec.get("initContainers", []), *spec.get("containers", [])]


def _exchanged(container: dict[str, Any], images: dict[str, str]) -> str | None:
    """The name of the image that a container now has by digest, where it is one of ours."""
    repository = re.sub(r"(:[^/]*)?(@.*)?$", "", container["image"])
    for name, image in images.items():
        if repository == name or repository.endswith(f"/{name}"):
            container["image"] = image
            return name
    return None


def _objects(text: str) -> list[Manifest]:
    """YAML as data: kubectl reads it, and marks each object with the commit that it came from."""
    commit = os.environ.get("GITHUB_SHA", "local")
    printed = _kubectl("annotate", "--local", "--overwrite", "--filename=-", f"release/commit={commit}", "--output=json", given=text)
    found: list[Manifest] = []
    decoder, position = json.JSONDecoder(), 0
    while printed[position:].strip():
        position += len(printed[position:]) - len(printed[position:].lstrip())
        each, position = decoder.raw_decode(printed, position)
        found += each["items"] if each["kind"] == "List" else [each]
    return found


def _kubectl(*arguments: str, given: str = "") -> str:
    done = subprocess.run(["kubectl", *arguments], input=given, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode != 0:
        raise ReleaseError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--overlay", type=Path, required=True, help="the environment's folder")
    parser.add_argument("--registry", required=True, help="what stands before the images' names")
    parser.add_argument("--prometheus", required=True, help="its address, or kubernetes://NAMESPACE/SERVICE:PORT")
    parser.add_argument("--facts", type=Path, default=Path("deploy/release.json"))
    parser.add_argument("--signed-by", default="", metavar="IDENTITY", help="the workflow that must have signed the images")
    parser.add_argument("--selector", default="", help='what else its series must have, such as namespace="shop-production"')
    parser.add_argument("--window", default="5m", help="over which errors are counted (default 5m)")
    parser.add_argument("--burn-rate", type=float, default=14.4, help="how much faster than promised the budget may go (default 14.4)")
    parser.add_argument("--watch", type=float, default=600, help="seconds to watch the first pods (default 600)")
    parser.add_argument("--watch-after", type=float, default=300, help="seconds to watch all pods (default 300)")
    parser.add_argument("--interval", type=float, default=15, help="seconds between two looks (default 15)")
    parser.add_argument("--ready-timeout", type=float, default=300, help="seconds for pods to become ready (default 300)")
    parser.add_argument("--migration-timeout", type=float, default=900, help="seconds for all migrations (default 900)")
    asked = parser.parse_args()
    if not asked.prometheus:
        parser.error("--prometheus is empty: set the variable PROMETHEUS of the environment; without it nobody sees a release go wrong")
    return asked


if __name__ == "__main__":
    sys.exit(main())
