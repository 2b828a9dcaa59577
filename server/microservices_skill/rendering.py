"""Renders templates with views: strict about names, dumb about everything else."""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SUFFIX = ".jinja"


@lru_cache(maxsize=1)
def templates_root() -> Path:
    """Where the templates are: inside the installed package, or beside ``server/`` in a checkout."""
    packaged = Path(str(resources.files("microservices_skill"))) / "_templates"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "templates"


@lru_cache(maxsize=4)
def environment(tree: str) -> Environment:
    """The Jinja environment of one template tree. Output is source code, so nothing is escaped for HTML."""
    return Environment(
        loader=FileSystemLoader(templates_root() / tree),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - views quote text for the language that they print
    )


def render(tree: str, template: str, view: DataclassInstance) -> str:
    """The text of a template; one without the suffix is copied as it is."""
    if not template.endswith(SUFFIX):
        return source(tree, template)
    return environment(tree).get_template(template).render(context(view))


@lru_cache(maxsize=256)
def source(tree: str, template: str) -> str:
    """What stands in a template, as it is."""
    return (templates_root() / tree / template).read_text(encoding="utf-8")


def context(view: DataclassInstance) -> dict[str, Any]:
    """The names that a template sees: the fields of its view."""
    return {field.name: getattr(view, field.name) for field in dataclasses.fields(view)}
