"""Where each service of a running system is found: its port, its database, its address, and the variables that say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from microservices_skill.files import safe_path
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.naming import snake
from microservices_skill.model.service import Service
from microservices_skill.model.system import Language

FIRST_PORT = 8001
DATABASE_LIMIT = 63
"""PostgreSQL cuts longer names without a word."""


def variable(name: str, suffix: str) -> str:
    """The environment variable of a service: ``variable("order", "PORT")`` is ``ORDER_PORT``."""
    return f"{snake(name).upper()}_{suffix}"


@dataclass(frozen=True, slots=True)
class Place:
    """A service of a running system: its folder, its port in the model's order, its database, and whom it calls."""

    name: str
    folder: str
    package: str
    language: Language
    port: int
    database: str
    calls: tuple[str, ...]
    external: tuple[str, ...]

    @property
    def process(self) -> str:
        """The name of its process: its folder's name."""
        return self.folder.rpartition("/")[2]


def places(architecture: Architecture, folders: Mapping[str, str] | None = None) -> tuple[Place, ...]:
    """Every service; ``folders`` where they are not ``services/<name>``."""
    found = folders or {}
    return tuple(
        _place(architecture, service, found.get(service.name, f"services/{service.name}"), FIRST_PORT + index)
        for index, service in enumerate(architecture.services)
    )


def _place(architecture: Architecture, service: Service, folder: str, port: int) -> Place:
    targets = tuple(dict.fromkeys(each.to for each in service.dependencies))
    return Place(
        name=service.name,
        folder=safe_path(folder),
        package=service.package,
        language=service.language,
        port=port,
        database=f"{snake(architecture.system.name)}_{snake(service.name)}"[:DATABASE_LIMIT],
        calls=tuple(name for name in targets if name in architecture.services_by_name),
        external=tuple(name for name in targets if name not in architecture.services_by_name),
    )
