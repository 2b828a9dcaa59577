"""The files that test, build and release a system or one of its services."""

from __future__ import annotations

from collections.abc import Mapping

from microservices_skill.deployment.pipelines import facts, service, system, updates
from microservices_skill.files import File, FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.service import Service
from microservices_skill.model.system import Runtime
from microservices_skill.rendering import source

SCRIPTS = ("canary.py", "changes.py", "cluster.py", "images.py", "prometheus.py", "release.py")


def of_system(architecture: Architecture, folders: Mapping[str, str] | None = None, *, language: str = "") -> FileTree:
    """The workflow, Dependabot's settings, and the scripts that release with what they know of the system.

    ``folders`` where services are not ``services/<name>``; ``language`` where all are generated in one, whatever the model says.
    """
    found = facts.facts(architecture, folders)
    on_kubernetes = architecture.system.platform.runtime is Runtime.KUBERNETES
    workflow = system.workflow(found, is_on_kubernetes=on_kubernetes, language=language)
    scripts = [(f"deploy/scripts/{name}", File(source("system", f"deploy/scripts/{name}"))) for name in SCRIPTS] if found.built else []
    return FileTree(
        [
            (".github/workflows/system.yml", File(workflow)),
            (".github/dependabot.yml", File(updates.of_system(found))),
            ("deploy/release.json", File(facts.document(found))),
            *scripts,
        ]
    )


def of_service(architecture: Architecture, of: Service) -> FileTree:
    """The same for a service that has a repository of its own, with paths relative to it; nothing where we do not build it."""
    if of.language not in facts.BUILT:
        return FileTree()
    return FileTree(
        [
            (
                ".github/workflows/service.yml",
                File(service.workflow(architecture.system.name, of.name, of.language, architecture.system.platform.broker)),
            ),
            (".github/dependabot.yml", File(updates.of_service(of.language))),
        ]
    )
