"""Tests of a service as a process, and the real servers that tests of its own need."""

from __future__ import annotations

from pathlib import PurePosixPath

from microservices_skill.adoption.parts import TREES
from microservices_skill.adoption.relocation import typescript_module
from microservices_skill.adoption.starter import Sources, Starter
from microservices_skill.adoption.views import tests_view
from microservices_skill.files import File, FileTree
from microservices_skill.model.system import Language
from microservices_skill.rendering import SUFFIX, render

TEMPLATES = {
    Language.PYTHON: ("testing/conftest.py.jinja", "testing/test_service.py.jinja"),
    Language.TYPESCRIPT: ("testing/servers.ts", "testing/service-process.ts.jinja", "testing/service.e2e-spec.ts.jinja"),
}
FOLDERS = {Language.PYTHON: "tests/service", Language.TYPESCRIPT: "test/service"}


def tested(starter: Starter, sources: Sources, *, has_runtime: bool) -> FileTree:
    """The files by their paths in the service; ``has_runtime`` where its process is started and stopped by our modules."""
    view = tests_view(starter, sources, has_runtime=has_runtime)
    found = {}
    for template in TEMPLATES[starter.language]:
        text = render(TREES[starter.language], template, view)
        name = PurePosixPath(template).name.removesuffix(SUFFIX)
        found[f"{FOLDERS[starter.language]}/{name}"] = File(
            text if starter.language is Language.PYTHON else typescript_module(text, suffix=starter.suffix)
        )
    return FileTree(found.items())
