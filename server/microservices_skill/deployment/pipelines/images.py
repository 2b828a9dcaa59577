"""Jobs that build images: scanned on every change; on the main branch pushed with provenance and SBOM, and signed."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.deployment.blocks import Block
from microservices_skill.deployment.pipelines.blocks import MAIN, checkout, job, login, running, using
from microservices_skill.deployment.pipelines.checks import SEVERE

ON_MAIN = f"{MAIN} && github.event_name != 'schedule'"
ELSEWHERE = f"!({ON_MAIN})"
"""On pull requests, and once a week to see what has become known of the images' bases."""


@dataclass(frozen=True, slots=True)
class Build:
    """What is built: the folder, its image's name, and the tag that says what is in it."""

    service: str
    folder: str
    image: str
    content: str


OF_SYSTEM = Build("${{ matrix.service }}", "${{ matrix.folder }}", "${{ matrix.image }}", "${{ matrix.content }}")


def checked(build: Build) -> Block:
    """The image is built and has no severe vulnerability; it goes nowhere."""
    return job([checkout(), _buildx(), *_scanned(build)], minutes=30)


def published(build: Build, *before: Block) -> Block:
    """The image is built, scanned, pushed and signed by this workflow's identity; ``before`` are steps that come first."""
    permissions: Block = {"contents": "read", "packages": "write", "id-token": "write"}
    steps = [
        checkout(),
        *before,
        _buildx(),
        login(),
        using("sigstore/cosign-installer"),
        *_scanned(build),
        running(
            "Name the image",
            'echo "image=${REGISTRY,,}/$IMAGE" >> "$GITHUB_OUTPUT"  # registries know no capitals',
            env={"IMAGE": build.image},
            id="name",
        ),
        using(
            "docker/build-push-action",
            "Push it with provenance and SBOM",
            id="push",
            given={
                **_inputs(build),
                "push": True,
                "tags": f"${{{{ steps.name.outputs.image }}}}:{build.content}",
                "provenance": "mode=max",
                "sbom": True,
            },
        ),
        running(
            "Sign it",
            'cosign sign --yes "$IMAGE@$DIGEST"',
            env={"IMAGE": "${{ steps.name.outputs.image }}", "DIGEST": "${{ steps.push.outputs.digest }}"},
        ),
    ]
    return job(steps, minutes=45, permissions=permissions)


def _buildx() -> Block:
    return using("docker/setup-buildx-action")


def _scanned(build: Build) -> list[Block]:
    local = f"{build.image}:scanned"
    cache: Block = {"cache-from": f"type=gha,scope={build.service}", "cache-to": f"type=gha,mode=max,scope={build.service}"}
    return [
        using("docker/build-push-action", "Build the image", given={**_inputs(build), **cache, "load": True, "pull": True, "tags": local}),
        using("aquasecurity/trivy-action", "Scan it", given={"image-ref": local, "scanners": "vuln,secret", **SEVERE}),
    ]


def _inputs(build: Build) -> Block:
    source = "${{ github.server_url }}/${{ github.repository }}"
    return {"context": build.folder, "build-args": f"REVISION=${{{{ github.sha }}}}\nSOURCE={source}\n"}
