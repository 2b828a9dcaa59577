"""Finds out what a service is: its language, and the facts of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from microservices_skill.adoption.errors import MonorepoError, NoServiceError, TwoServicesError
from microservices_skill.adoption.nest_starter import nest_starter
from microservices_skill.adoption.python_starter import python_starter
from microservices_skill.adoption.starter import Sources, Starter, Wishes
from microservices_skill.model.system import Language

_FASTAPI = re.compile(r"""(^|["'\s])fastapi\b""", re.MULTILINE | re.IGNORECASE)


def starter_of(folder: str, sources: Sources, wishes: Wishes) -> Starter:
    """What the service in ``folder`` is.

    Raises:
        SkillError: it is none, two, or many, or its application cannot be found.

    """
    for sign in _signs_of_many(sources):
        raise MonorepoError(folder, sign)
    found = languages_of(sources)
    if wishes.language:
        found = [Language(wishes.language)] if Language(wishes.language) in found else []
    if not found:
        raise NoServiceError(folder)
    if len(found) > 1:
        raise TwoServicesError(folder)
    read = python_starter if found[0] is Language.PYTHON else nest_starter
    return read(folder, sources, wishes)


def languages_of(sources: Sources) -> list[Language]:
    """The languages that the listed packages speak of."""
    manifests = "\n".join(sources.get(path, "") for path in ("requirements.txt", "pyproject.toml", "requirements.in"))
    found = [Language.PYTHON] if _FASTAPI.search(manifests) else []
    package = _json(sources.get("package.json", ""))
    return [*found, Language.TYPESCRIPT] if "@nestjs/core" in package.get("dependencies", {}) else found


def _signs_of_many(sources: Sources) -> Iterator[str]:
    if "pnpm-workspace.yaml" in sources:
        yield "pnpm-workspace.yaml"
    if "workspaces" in _json(sources.get("package.json", "")):
        yield "workspaces in package.json"
    if "[tool.uv.workspace]" in sources.get("pyproject.toml", ""):
        yield "tool.uv.workspace in pyproject.toml"
    nest = _json(sources.get("nest-cli.json", ""))
    if nest.get("monorepo"):
        yield "monorepo in nest-cli.json"


def _json(text: str) -> dict[str, dict[str, object]]:
    """A document, or nothing where it is none."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
