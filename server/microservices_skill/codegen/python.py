"""Renders a FastAPI service from its layout and views."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from microservices_skill.codegen.imports import tidy
from microservices_skill.codegen.layouts.python import (
    DOMAIN_TEMPLATES,
    DOMAIN_TEST_TEMPLATES,
    INITIAL_MIGRATION,
    LATER_MIGRATION,
    SERVICE_TEMPLATES,
    TEST_TEMPLATES,
    TREE,
)
from microservices_skill.codegen.layouts.template import Template
from microservices_skill.codegen.views.python_domain import DomainView
from microservices_skill.codegen.views.python_service import ServiceView
from microservices_skill.codegen.views.python_tables import InitialView, MigrationView
from microservices_skill.codegen.views.python_tests import SuiteView, domain_tests
from microservices_skill.evolution.history import History
from microservices_skill.files import File, FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.service import Service
from microservices_skill.rendering import SUFFIX, render

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def python_service(architecture: Architecture, service: Service, history: History) -> FileTree:
    """Every file of one FastAPI service."""
    return FileTree((*_files(architecture, service, history), *_migrations(service, history)))


def _files(architecture: Architecture, service: Service, history: History) -> Iterator[tuple[str, File]]:
    view = ServiceView.of(architecture, service, history)
    for template in SERVICE_TEMPLATES:
        if template.when(view):
            yield _file(template, view, service.package, "")
    tests = SuiteView.of(architecture, service)
    for template in TEST_TEMPLATES:
        if template.when(view):
            yield _file(template, tests, service.package, "")
    for entity in service.entities:
        domain = DomainView.of(architecture, service, entity)
        for template in DOMAIN_TEMPLATES:
            if entity.is_event_sourced or not template.sourced:
                yield _file(template, domain, service.package, domain.domain)
        of_domain = domain_tests(architecture, service, entity)
        for template in DOMAIN_TEST_TEMPLATES:
            yield _file(template, of_domain, service.package, domain.domain)


def _migrations(service: Service, history: History) -> Iterator[tuple[str, File]]:
    path, file = _file(INITIAL_MIGRATION, InitialView.of(history), service.package, "")
    yield path, replace(file, frozen=True)
    for migration, before in zip(history.migrations[1:], history.schemas[1:], strict=False):
        path, file = _file(LATER_MIGRATION, MigrationView.of(migration, before), service.package, "")
        yield path.replace("__migration__", migration.title), replace(file, frozen=True)


def _file(template: Template, view: DataclassInstance, package: str, domain: str) -> tuple[str, File]:
    path = template.path.removesuffix(SUFFIX).replace("__package__", package).replace("__domain__", domain)
    text = render(TREE, template.path, view)
    if path.endswith(".py") and template.path.endswith(SUFFIX):
        text = tidy(text, package=package)
    return path, File(text, owned=template.owned)
