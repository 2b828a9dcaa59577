"""Architecture to file tree: the entry points of code generation."""

from __future__ import annotations

from collections.abc import Callable

from microservices_skill.codegen.errors import UnknownServiceError, UnsupportedLanguageError
from microservices_skill.codegen.python import python_service
from microservices_skill.codegen.typescript import typescript_service
from microservices_skill.evolution.history import RECORD, History, dump, first
from microservices_skill.evolution.tables import schema_of
from microservices_skill.files import File, FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.service import Service
from microservices_skill.model.system import Language

_GENERATORS = {Language.TYPESCRIPT: typescript_service, Language.PYTHON: python_service}
SUPPORTED = tuple(_GENERATORS)

Generator = Callable[[Architecture, Service, History], FileTree]


def demand_generatable(architecture: Architecture, name: str) -> tuple[Service, Generator]:
    """The service of that name, and what generates it.

    Raises:
        UnknownServiceError: there is no such service.
        UnsupportedLanguageError: no code is generated for its language yet.
    """
    service = architecture.service(name)
    if service is None:
        raise UnknownServiceError(name, tuple(sorted(architecture.services_by_name)))
    generator = _GENERATORS.get(service.language)
    if generator is None:
        raise UnsupportedLanguageError(name, service.language, SUPPORTED)
    return service, generator


def generate_service(architecture: Architecture, name: str, history: History | None = None) -> FileTree:
    """One service, with paths relative to its own folder; its migrations are those of ``history``, or one that makes all.

    Raises:
        UnknownServiceError: there is no such service.
        UnsupportedLanguageError: no code is generated for its language yet.
        UnderivableError: the model does not say where a value comes from.
    """
    service, generator = demand_generatable(architecture, name)
    history = history or first(schema_of(architecture, service))
    return generator(architecture, service, history) | FileTree([(RECORD, File(dump(history), continues=True))])


def generate_system(architecture: Architecture) -> FileTree:
    """All services, each below ``services/<name>``.

    Raises:
        UnsupportedLanguageError: no code is generated for a service's language yet.
        UnderivableError: the model does not say where a value comes from.
    """
    trees = (generate_service(architecture, service.name).under(f"services/{service.name}") for service in architecture.services)
    return FileTree(pair for tree in trees for pair in tree.items())
