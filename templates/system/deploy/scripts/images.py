"""The images of the services: each is tagged with the hash of its folder, so that the same content is built and tested once."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import TypedDict

from cluster import ReleaseError

ISSUER = "https://token.actions.githubusercontent.com"


class ServiceEntry(TypedDict):
    """A service in ``deploy/release.json``."""

    name: str
    folder: str
    language: str
    image: str


@dataclass(frozen=True)
class Registry:
    """Where images are kept: ``prefix`` stands before the name of each, such as ``ghcr.io/acme``."""

    prefix: str

    def repository(self, service: ServiceEntry) -> str:
        """The repository of a service's images; registries know no capitals."""
        return f"{self.prefix.rstrip('/')}/{service['image']}".lower()

    def reference(self, service: ServiceEntry) -> str:
        """The image of what is checked out of a service."""
        return f"{self.repository(service)}:{content(service['folder'])}"

    def digest(self, service: ServiceEntry) -> str | None:
        """The digest of that image, if it is there."""
        done = _run("docker", "buildx", "imagetools", "inspect", self.reference(service), "--format", "{{.Manifest.Digest}}")
        found = re.search(r"sha256:[0-9a-f]{64}", done.stdout) if done.returncode == 0 else None
        return found[0] if found else None

    def demand(self, service: ServiceEntry, identity: str) -> str:
        """The digest of that image, which is there and signed by ``identity``, a workflow's address (empty: by anybody or nobody).

        Raises:
            ReleaseError: it is not there, or not signed so.

        """
        digest = self.digest(service)
        if digest is None:
            raise ReleaseError(f"{self.reference(service)} is not in the registry: has the job `image` of this commit succeeded?")
        if identity:
            image = f"{self.repository(service)}@{digest}"
            signer = ["--certificate-identity", identity, "--certificate-oidc-issuer", ISSUER]
            done = _run("cosign", "verify", *signer, image)
            if done.returncode != 0:
                raise ReleaseError(
                    f"{image} is not signed by {identity}: {done.stderr.strip()[-500:]}; run the workflow with `rebuild` to sign a new one"
                )
        return digest


def content(folder: str) -> str:
    """The hash of what is committed in a folder."""
    done = _run("git", "rev-parse", "--verify", f"HEAD:{folder}")
    if done.returncode != 0:
        raise ReleaseError(f"{folder} is not in the commit that is checked out: {done.stderr.strip()}")
    return done.stdout.strip()


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    except FileNotFoundError as error:
        raise ReleaseError(f"there is no {command[0]} on this machine: install it, or run this in the workflow") from error
