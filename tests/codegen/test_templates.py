"""Templates stay dumb: they print, loop and test flags; everything else is a view's business."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from jinja2 import nodes

from microservices_skill.codegen.layouts.python import (
    DOMAIN_TEMPLATES,
    DOMAIN_TEST_TEMPLATES,
    SERVICE_TEMPLATES,
    TEST_TEMPLATES,
    TREE,
    Template,
)
from microservices_skill.codegen.rendering import SUFFIX, environment, templates_root
from microservices_skill.codegen.views.python_domain import DomainView
from microservices_skill.codegen.views.python_service import ServiceView
from microservices_skill.codegen.views.python_tests import DomainTests, SuiteView

TABLES: tuple[tuple[tuple[Template, ...], type], ...] = (
    (SERVICE_TEMPLATES, ServiceView),
    (DOMAIN_TEMPLATES, DomainView),
    (TEST_TEMPLATES, SuiteView),
    (DOMAIN_TEST_TEMPLATES, DomainTests),
)
RENDERED = [(template, view) for table, view in TABLES for template in table if template.path.endswith(SUFFIX)]


def parsed(template: Template) -> nodes.Template:
    return environment(TREE).parse((templates_root() / TREE / template.path).read_text(encoding="utf-8"))


def test_the_tables_name_every_template_on_disk_and_no_other() -> None:
    root = templates_root() / TREE
    on_disk = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {template.path for table, _ in TABLES for template in table} == on_disk


@pytest.mark.parametrize(("template", "view"), RENDERED, ids=[template.path for template, _ in RENDERED])
def test_a_template_holds_only_loops_flags_and_prints(template: Template, view: type) -> None:
    assert dataclasses.is_dataclass(view)
    forbidden = (nodes.Assign, nodes.Macro, nodes.Include, nodes.Import, nodes.CondExpr, nodes.BinExpr, nodes.Block)
    found = [type(node).__name__ for node in parsed(template).find_all(forbidden)]
    assert not found


def test_every_field_of_a_view_is_printed_somewhere() -> None:
    for table, view in TABLES:
        used = {name.name for template in table if template.path.endswith(SUFFIX) for name in parsed(template).find_all(nodes.Name)}
        decides_whether_a_file_is_made = {"has_published"} if view is ServiceView else set()
        assert {field.name for field in dataclasses.fields(view)} - used == decides_whether_a_file_is_made, view


def test_no_template_names_a_machine_or_a_registry() -> None:
    for path in Path(templates_root()).rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            text = path.read_text(encoding="utf-8")
            assert "pypi.org" not in text, path
            assert "files.pythonhosted" not in text, path
