"""The modules of capabilities, as files in one folder of a service that exists."""

from __future__ import annotations

from microservices_skill.adoption.parts import PARTS, SHARED, TREES, Part, parts_of
from microservices_skill.adoption.relocation import python_module, typescript_module
from microservices_skill.adoption.starter import Starter
from microservices_skill.adoption.views import SharedView, view_of
from microservices_skill.files import File, FileTree
from microservices_skill.model.system import Language
from microservices_skill.rendering import render

_RENAMED = {
    part.template.rpartition("/")[2].removesuffix(".jinja").removesuffix(".py"): part.name.removesuffix(".py")
    for part in PARTS[Language.PYTHON]
}


def modules(starter: Starter, capabilities: frozenset[str]) -> FileTree:
    """The files below the service's folder, by their path in the service."""
    return FileTree(
        (f"{starter.folder}/{part.name}", _file(starter, part, capabilities)) for part in parts_of(starter.language, capabilities)
    )


def _file(starter: Starter, part: Part, capabilities: frozenset[str]) -> File:
    if part.is_shared:
        text = render(SHARED[starter.language], part.template, SharedView(starter.package))
    else:
        text = render(TREES[starter.language], part.template, view_of(starter, capabilities))
    if starter.language is Language.PYTHON:
        return File(python_module(text, package=starter.package, renamed=_RENAMED))
    return File(typescript_module(text, suffix=starter.suffix))
