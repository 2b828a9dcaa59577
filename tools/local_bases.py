"""Base images from packages, for engines that reach no registry: Debian's minimal system, npm's Node, Debian's Python."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Docker = Callable[..., str]

DEBIAN, NODE, PYTHON = "local/debian:bookworm", "local/node:24", "local/python:3"
NODE_VERSION, NPM_VERSION = "24.21.0", "11"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

_NODE = f"""\
FROM {DEBIAN}
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY node/node_modules/node/bin/node /usr/local/bin/node
COPY node/node_modules/npm /usr/local/lib/node_modules/npm
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
"""

_PYTHON = f"""\
FROM {DEBIAN}
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-pip python3-venv && \\
    rm -rf /var/lib/apt/lists/* && ln -s python3 /usr/bin/python
"""


class BrokenError(Exception):
    """Something does not hold; the text says what."""


@dataclass(frozen=True)
class Bases:
    """Which image each argument of a Dockerfile is given; none: what stands in the Dockerfile."""

    typescript: dict[str, str] = field(default_factory=dict)
    python: dict[str, str] = field(default_factory=dict)

    @classmethod
    def found(cls, docker: Docker, wish: str, system: Path) -> Bases:
        """The official images, or where the engine cannot pull them (``auto``) or is not to (``local``), some of our own."""
        images = sorted({image for each in (system / "services").iterdir() for image in _official(each).values()})
        try:
            for image in images if wish != "local" else ():
                docker("pull", "--quiet", image, timeout=600)
        except BrokenError:
            if wish == "official":
                raise
            print("no registry answers: base images are made from packages", flush=True)
            return cls.made(docker)
        return cls.made(docker) if wish == "local" else cls()

    @classmethod
    def made(cls, docker: Docker) -> Bases:
        """Images made from packages, where the engine does not have them yet. Takes some minutes, a Debian and root."""
        with tempfile.TemporaryDirectory() as folder:
            context = Path(folder)
            shutil.copy(CERTIFICATES, context / "ca-certificates.crt")
            if not _has(docker, DEBIAN):
                _debian(docker, context)
            if not _has(docker, NODE):
                packages = [f"node@{NODE_VERSION}", f"npm@{NPM_VERSION}"]
                _run("npm", "install", "--prefix", str(context / "node"), "--no-fund", "--no-audit", "--loglevel=error", *packages)
                _build(docker, context, NODE, _NODE)
            if not _has(docker, PYTHON):
                _build(docker, context, PYTHON, _PYTHON)
        return cls({"BASE_IMAGE": NODE, "RUNTIME_IMAGE": DEBIAN}, {"BASE_IMAGE": PYTHON})

    def arguments(self, service: Path) -> list[tuple[str, str]]:
        """The arguments of a service's Dockerfile."""
        return list((self.typescript if (service / "package.json").exists() else self.python).items())

    def size(self, docker: Docker, service: Path) -> int:
        """The size of the image that the service's own stands on, in bytes."""
        given = dict(self.arguments(service))
        named = _official(service)
        image = given.get("RUNTIME_IMAGE", given.get("BASE_IMAGE", named.get("debian-official", named.get("python-official", ""))))
        return int(docker("image", "inspect", "--format", "{{.Size}}", image))


def _official(service: Path) -> dict[str, str]:
    """The images that a Dockerfile names, by their stages."""
    lines = (service / "Dockerfile").read_text(encoding="utf-8").splitlines()
    return {line.split()[3]: line.split()[1] for line in lines if line.startswith("FROM ") and line.endswith("-official")}


def _has(docker: Docker, image: str) -> bool:
    return bool(docker("image", "ls", "--quiet", image).strip())


def _debian(docker: Docker, context: Path) -> None:
    root = context / "debian"
    _run("debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", str(root))
    shutil.rmtree(root / "var" / "cache" / "apt")
    packed = subprocess.run(["tar", "--directory", str(root), "--create", "."], check=True, capture_output=True).stdout
    docker("import", "-", DEBIAN, given=packed)


def _build(docker: Docker, context: Path, image: str, dockerfile: str) -> None:
    (context / "Dockerfile").write_text(dockerfile, encoding="utf-8")
    docker("build", "--network=host", "--tag", image, str(context))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=900, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
