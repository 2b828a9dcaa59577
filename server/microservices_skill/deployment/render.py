"""The files at the root of a generated system that run all of its services together."""

from __future__ import annotations

from collections.abc import Mapping

from microservices_skill.deployment import access, secret_scan
from microservices_skill.deployment.compose import compose
from microservices_skill.deployment.environment import places
from microservices_skill.deployment.processes import procfile, variables
from microservices_skill.files import File, FileTree
from microservices_skill.model.architecture import Architecture

_IGNORED = "# Generated: what runs leave behind, and what may hold secrets.\n.env\n.run/\n"


def render(architecture: Architecture, folders: Mapping[str, str] | None = None) -> FileTree:
    """What starts the system, and the issuer's clients; ``folders`` where services are not ``services/<name>``."""
    found = places(architecture, folders)
    return FileTree(
        [
            ("Procfile", File(procfile(found))),
            (".env.example", File(variables(found))),
            ("docker-compose.yml", File(compose(architecture.system.name, found))),
            (".gitignore", File(_IGNORED)),
            (secret_scan.PATH, File(secret_scan.CONFIGURATION)),
            (access.PATH, File(access.clients(architecture, found))),
        ]
    )
