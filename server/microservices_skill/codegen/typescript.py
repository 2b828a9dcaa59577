"""Renders a NestJS service from its layout and views."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from microservices_skill.codegen.layouts.template import Template
from microservices_skill.codegen.layouts.typescript import INITIAL_MIGRATION, LATER_MIGRATION, SPECIAL, TREE
from microservices_skill.codegen.typescript_imports import tidy
from microservices_skill.codegen.views.typescript_domain import DomainView
from microservices_skill.codegen.views.typescript_service import ServiceView
from microservices_skill.codegen.views.typescript_tables import InitialView, MigrationView, name_of
from microservices_skill.codegen.views.typescript_tests import SuiteView, domain_tests
from microservices_skill.evolution.history import History
from microservices_skill.files import File, FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.service import Service
from microservices_skill.rendering import SUFFIX, environment, render

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

DOMAIN = "__domain__"


def typescript_service(architecture: Architecture, service: Service, history: History) -> FileTree:
    """Every file of one NestJS service."""
    return FileTree((*_files(architecture, service, history), *_migrations(history)))


@lru_cache(maxsize=1)
def _templates() -> tuple[Template, ...]:
    others = set(environment(TREE).list_templates()) - {INITIAL_MIGRATION.path, LATER_MIGRATION.path}
    return tuple(SPECIAL.get(path, Template(path)) for path in sorted(others))


def _files(architecture: Architecture, service: Service, history: History) -> Iterator[tuple[str, File]]:
    view, suite = ServiceView.of(architecture, service, history), SuiteView.of(architecture, service)
    for template in _templates():
        if DOMAIN not in template.path and template.when(view):
            yield _file(template, suite if template.path.startswith("test/") else view, "")
    for entity in service.entities:
        domain, tests = DomainView.of(architecture, service, entity), domain_tests(architecture, service, entity)
        for template in _templates():
            if DOMAIN in template.path and (entity.is_event_sourced or not template.sourced):
                yield _file(template, tests if template.path.startswith("test/") else domain, domain.domain)


def _migrations(history: History) -> Iterator[tuple[str, File]]:
    path, file = _file(INITIAL_MIGRATION, InitialView.of(history), "")
    yield path, replace(file, frozen=True)
    for migration, before in zip(history.migrations[1:], history.schemas[1:], strict=False):
        path, file = _file(LATER_MIGRATION, MigrationView.of(migration, before), "")
        yield path.replace("__migration__", name_of(migration).file), replace(file, frozen=True)


def _file(template: Template, view: DataclassInstance, domain: str) -> tuple[str, File]:
    path = template.path.removesuffix(SUFFIX).replace(DOMAIN, domain)
    text = render(TREE, template.path, view)
    if path.endswith(".ts") and template.path.endswith(SUFFIX):
        text = tidy(text)
    return path, File(text, owned=template.owned)
