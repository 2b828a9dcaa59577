"""Finds the application of a FastAPI service: the module, the object, and the package that its modules go into."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from microservices_skill import syntax
from microservices_skill.adoption.errors import ManyApplicationsError, NoApplicationError, UnfitApplicationError
from microservices_skill.adoption.naming import slug
from microservices_skill.adoption.starter import Installer, Sources, Starter, Wishes
from microservices_skill.model.system import Language

_NAME = re.compile(r'^\[project\][^\[]*?^name\s*=\s*"([^"]+)"', re.MULTILINE | re.DOTALL)
_PORT = 8000
_FOLDER = "service_platform"
"""Not ``platform``: where a script beside it is started by its path, that would hide Python's own module."""


@dataclass(frozen=True, slots=True)
class Application:
    """A ``FastAPI()`` that is given a name at the top of a module."""

    path: str
    name: str
    ends_at: int
    """The last line of the statement, from 1."""


def python_starter(folder: str, sources: Sources, wishes: Wishes) -> Starter:
    """The facts of a FastAPI service.

    Raises:
        SkillError: there is no application, or more than one.

    """
    found = _chosen(folder, sources, wishes)
    root, module = _module_of(found.path, sources)
    place = str(PurePosixPath(wishes.into) if wishes.into else PurePosixPath(found.path).parent / _FOLDER)
    package = _dotted(place, root)
    if not all(part.isidentifier() for part in package.split(".")):
        raise UnfitApplicationError(
            place, "is no name of a package", "give --into a folder whose names are letters, digits and underscores"
        )
    return Starter(
        name=slug(wishes.name or _project_name(sources) or PurePosixPath(folder).name),
        language=Language.PYTHON,
        installer=_installer(sources),
        main=found.path,
        app=found.name,
        root=root,
        module=module,
        folder=place,
        package=package,
        port=wishes.port or _PORT,
        manifest="requirements.txt" if "requirements.txt" in sources else "pyproject.toml",
    )


def applications(path: str, text: str) -> Iterator[Application]:
    """The applications of one module."""
    try:
        tree = syntax.parse(text)
    except SyntaxError:
        return
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target if isinstance(node, ast.AnnAssign) else None
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(target, ast.Name) and isinstance(value, ast.Call) and _called(value) == "FastAPI":
            yield Application(path, target.id, node.end_lineno or node.lineno)


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _chosen(folder: str, sources: Sources, wishes: Wishes) -> Application:
    found = [each for path, text in sources.items() if path.endswith(".py") for each in applications(path, text)]
    named = {f"{_module_of(each.path, sources)[1]}:{each.name}": each for each in found}
    if wishes.app:
        if wishes.app not in named:
            fix = f"known: {', '.join(named)}" if named else "name it at the top of a module: app = FastAPI()"
            raise UnfitApplicationError(folder, f"there is no {wishes.app} = FastAPI(...) at the top of a module", fix)
        return named[wishes.app]
    if len(named) > 1:
        raise ManyApplicationsError(folder, list(named))
    if not named:
        raise NoApplicationError(
            folder, "a statement such as app = FastAPI() at the top of a module, outside of tests", "--app module:name"
        )
    return found[0]


def _module_of(path: str, sources: Sources) -> tuple[str, str]:
    """The folder that a module is imported from, and its dotted name there."""
    place = PurePosixPath(path)
    names, here = [place.stem], place.parent
    while str(here) != "." and str(here / "__init__.py") in sources:
        names.insert(0, here.name)
        here = here.parent
    return str(here), ".".join(names)


def _dotted(place: str, root: str) -> str:
    inner = PurePosixPath(place).relative_to(root) if root != "." and PurePosixPath(place).is_relative_to(root) else PurePosixPath(place)
    return ".".join(inner.parts)


def _installer(sources: Sources) -> Installer:
    if "uv.lock" in sources:
        return Installer.UV
    return Installer.POETRY if "poetry.lock" in sources else Installer.PIP


def _project_name(sources: Sources) -> str:
    found = _NAME.search(sources.get("pyproject.toml", ""))
    return found.group(1) if found else ""
