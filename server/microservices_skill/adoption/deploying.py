"""What builds and runs a service that exists: its image, its manifests, its workflow."""

from __future__ import annotations

import json
from collections.abc import Iterator

from microservices_skill.adoption.errors import UnfitApplicationError
from microservices_skill.adoption.starter import Installer, Sources, Starter
from microservices_skill.adoption.views import image_view
from microservices_skill.capacity.report import capacity
from microservices_skill.deployment.kubernetes import alone as kubernetes
from microservices_skill.deployment.pipelines import alone as pipelines
from microservices_skill.files import File, FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.system import Language
from microservices_skill.rendering import render

_SCRIPTS = ("lint", "build", "test", "test:e2e")
"""Scripts of package.json that a change must pass."""


def deployed(starter: Starter, sources: Sources, *, has_tests: bool) -> FileTree:
    """The files by their paths in the service.

    Raises:
        UnfitApplicationError: packages are installed in a way that no image is proven for.

    """
    _demand_buildable(starter, sources)
    architecture = _alone(starter)
    tree = {Language.PYTHON: "platform-python", Language.TYPESCRIPT: "platform-typescript"}[starter.language]
    images = [(name, File(render(tree, f"image/{name}.jinja", image_view(starter, sources)))) for name in ("Dockerfile", ".dockerignore")]
    workflow = pipelines.workflow(starter.name, starter.language, [*_commands(starter, sources, has_tests=has_tests)])
    return FileTree([*images, (".github/workflows/service.yml", File(workflow))]) | kubernetes.render(architecture, capacity(architecture))


def _demand_buildable(starter: Starter, sources: Sources) -> None:
    is_listed = starter.installer is Installer.PIP and "requirements.txt" in sources
    if starter.installer is Installer.NPM or is_listed:
        return
    what = f"an image is proven for npm with package-lock.json and for requirements.txt, not for {starter.installer}"
    raise UnfitApplicationError(starter.manifest, what, "export requirements.txt, or add the other capabilities without deployment")


def _alone(starter: Starter) -> Architecture:
    """A system of this one service."""
    return Architecture.model_validate(
        {
            "apiVersion": "microservices-skill/v1",
            "system": {"name": starter.name, "domain": "other", "platform": {"runtime": "kubernetes", "broker": "none"}},
            "services": [{"name": starter.name, "language": str(starter.language), "responsibility": starter.name, "exposure": "public"}],
        }
    )


def _commands(starter: Starter, sources: Sources, *, has_tests: bool) -> Iterator[tuple[str, str]]:
    """The checks of the service, each with a title."""
    if starter.language is Language.TYPESCRIPT:
        yield "Install what is locked", "npm ci"
        scripts = json.loads(sources["package.json"]).get("scripts", {})
        yield from ((f"Run {name}", f"npm run {name}") for name in _SCRIPTS if name in scripts)
        return
    yield "Install", "python -m pip install --requirement requirements.txt"
    yield "Every module compiles", f"python -m compileall -q {starter.folder.partition('/')[0]}"
    if has_tests:
        yield "Install what tests need", "python -m pip install pytest asyncpg"
        yield "Tests", "python -m pytest tests"
