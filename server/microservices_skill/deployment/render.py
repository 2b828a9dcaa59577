"""The files at the root of a generated system that run all of its services together."""

from __future__ import annotations

from collections.abc import Mapping

from microservices_skill.deployment import access, secret_scan
from microservices_skill.deployment.brokers import server_of
from microservices_skill.deployment.compose import compose
from microservices_skill.deployment.environment import places
from microservices_skill.deployment.observability import overlay
from microservices_skill.deployment.pipelines import render as pipelines
from microservices_skill.deployment.processes import procfile, variables
from microservices_skill.files import File, FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.system import Metrics

_IGNORED = "# Generated: what runs leave behind, and what may hold secrets.\n.env\n.run/\n"


def render(architecture: Architecture, folders: Mapping[str, str] | None = None, *, language: str = "") -> FileTree:
    """What runs the system on one machine, its pipelines, and the clients of its issuer.

    ``folders`` where services are not ``services/<name>``; ``language`` where all are generated in one, whatever the model says.
    """
    found, broker = places(architecture, folders), server_of(architecture.system.platform.broker)
    is_measured = architecture.system.platform.observability.metrics is not Metrics.NONE and bool(found)
    watching = [("docker-compose.observability.yml", File(overlay(found, are_traced=architecture.is_traced)))]
    here = FileTree(
        [
            *(watching if is_measured else []),
            ("Procfile", File(procfile(found))),
            (".env.example", File(variables(found, broker))),
            ("docker-compose.yml", File(compose(architecture.system.name, found, broker))),
            (".gitignore", File(_IGNORED)),
            (secret_scan.PATH, File(secret_scan.CONFIGURATION)),
            (access.PATH, File(access.clients(architecture, found))),
        ]
    )
    return here | pipelines.of_system(architecture, folders, language=language)
