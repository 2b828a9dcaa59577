"""Templates stay dumb: they print, loop and test flags; everything else is a view's business."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from jinja2 import nodes

from microservices_skill.adoption import parts, testing, views
from microservices_skill.codegen.layouts import python, typescript
from microservices_skill.codegen.views import (
    python_domain,
    python_service,
    python_tables,
    python_tests,
    typescript_domain,
    typescript_service,
    typescript_tables,
    typescript_tests,
)
from microservices_skill.model.system import Language
from microservices_skill.rendering import SUFFIX, environment, templates_root

TABLES: dict[tuple[str, type], list[str]] = {
    (python.TREE, python_service.ServiceView): [template.path for template in python.SERVICE_TEMPLATES],
    (python.TREE, python_tables.InitialView): [python.INITIAL_MIGRATION.path],
    (python.TREE, python_tables.MigrationView): [python.LATER_MIGRATION.path],
    (typescript.TREE, typescript_tables.InitialView): [typescript.INITIAL_MIGRATION.path],
    (typescript.TREE, typescript_tables.MigrationView): [typescript.LATER_MIGRATION.path],
    (python.TREE, python_domain.DomainView): [template.path for template in python.DOMAIN_TEMPLATES],
    (python.TREE, python_tests.SuiteView): [template.path for template in python.TEST_TEMPLATES],
    (python.TREE, python_tests.DomainTests): [template.path for template in python.DOMAIN_TEST_TEMPLATES],
}
for path in sorted(environment(typescript.TREE).list_templates()):
    if path in (typescript.INITIAL_MIGRATION.path, typescript.LATER_MIGRATION.path):
        continue
    is_test, is_domain = path.startswith("test/"), "__domain__" in path
    view: type = (
        (typescript_tests.DomainTests if is_test else typescript_domain.DomainView)
        if is_domain
        else (typescript_tests.SuiteView if is_test else typescript_service.ServiceView)
    )
    TABLES.setdefault((typescript.TREE, view), []).append(path)
JOINING = {Language.PYTHON: views.PythonView, Language.TYPESCRIPT: views.TypescriptView}
IMAGED = {Language.PYTHON: views.PythonImageView, Language.TYPESCRIPT: views.TypescriptImageView}
TESTED = {Language.PYTHON: views.PythonTestsView, Language.TYPESCRIPT: views.TypescriptTestsView}
for language, joined in JOINING.items():
    own = [part.template for part in parts.PARTS[language] if not part.is_shared]
    TABLES[parts.TREES[language], joined] = own
    TABLES[parts.TREES[language], IMAGED[language]] = ["image/.dockerignore.jinja", "image/Dockerfile.jinja"]
    TABLES[parts.TREES[language], TESTED[language]] = [*testing.TEMPLATES[language]]
RENDERED = [(tree, path, view) for (tree, view), paths in TABLES.items() for path in paths if path.endswith(SUFFIX)]


def parsed(tree: str, path: str) -> nodes.Template:
    return environment(tree).parse((templates_root() / tree / path).read_text(encoding="utf-8"))


def test_the_tables_name_every_template_on_disk_and_no_other() -> None:
    for tree in (python.TREE, typescript.TREE, *parts.TREES.values()):
        root = templates_root() / tree
        on_disk = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
        assert {path for (of, _), paths in TABLES.items() if of == tree for path in paths} == on_disk
    assert set(typescript.SPECIAL) <= {path for (of, _), paths in TABLES.items() if of == typescript.TREE for path in paths}


@pytest.mark.parametrize(("tree", "path", "view"), RENDERED, ids=[f"{tree}/{path}" for tree, path, _ in RENDERED])
def test_a_template_holds_only_loops_flags_and_prints(tree: str, path: str, view: type) -> None:
    assert dataclasses.is_dataclass(view)
    forbidden = (nodes.Assign, nodes.Macro, nodes.Include, nodes.Import, nodes.CondExpr, nodes.BinExpr, nodes.Block)
    found = [type(node).__name__ for node in parsed(tree, path).find_all(forbidden)]
    assert not found


def test_every_field_of_a_view_is_printed_somewhere() -> None:
    for (tree, view), paths in TABLES.items():
        used = {name.name for path in paths if path.endswith(SUFFIX) for name in parsed(tree, path).find_all(nodes.Name)}
        decides_whether_a_file_is_made = (
            {"has_published", "has_clients", "has_pacts", "has_scopes"} if view.__name__ == "ServiceView" else set()
        )
        assert {field.name for field in dataclasses.fields(view)} - used <= decides_whether_a_file_is_made, view


def test_no_template_names_a_machine_or_a_registry() -> None:
    for path in Path(templates_root()).rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            text = path.read_text(encoding="utf-8")
            for host in ("pypi.org", "files.pythonhosted", "registry.npmjs", '"resolved"'):
                assert host not in text, path
