"""Finds the application of a NestJS service: the file that starts it, its root module, and where modules go."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath

from microservices_skill.adoption.errors import ManyApplicationsError, NoApplicationError, UnfitApplicationError
from microservices_skill.adoption.naming import slug
from microservices_skill.adoption.starter import Installer, Sources, Starter, Wishes
from microservices_skill.model.system import Language

_CREATE = re.compile(r"NestFactory\.create(?:<[^(]*>)?\(\s*(\w+)")
_APP = re.compile(r"const\s+(\w+)(?:\s*:\s*[\w<>]+)?\s*=\s*await\s+NestFactory\.create")
_LISTEN = re.compile(r"\.listen\([^)\n]*?(\d{2,5})")
_PORT = 3000
_LOCKS = {"pnpm-lock.yaml": Installer.PNPM, "yarn.lock": Installer.YARN}


def nest_starter(folder: str, sources: Sources, wishes: Wishes) -> Starter:
    """The facts of a NestJS service.

    Raises:
        SkillError: there is no application, more than one, or it is not on Express.

    """
    package = json.loads(sources["package.json"])
    main = _chosen(folder, sources, wishes)
    text = sources[main]
    root_module = _CREATE.findall(text)[0]
    held = _APP.search(text)
    if held is None or "@nestjs/platform-fastify" in package.get("dependencies", {}):
        what = "does not hold the application as const app = await NestFactory.create(...)" if held is None else "is on Fastify"
        raise UnfitApplicationError(main, what, "modules are there for applications on Express that are held so")
    base = PurePosixPath(main).parent
    found = _LISTEN.search(text)
    place = str(PurePosixPath(wishes.into)) if wishes.into else str(base / "platform")
    return Starter(
        name=slug(wishes.name or str(package.get("name") or PurePosixPath(folder).name)),
        language=Language.TYPESCRIPT,
        installer=next((installer for lock, installer in _LOCKS.items() if lock in sources), Installer.NPM),
        main=main,
        app=held.group(1),
        root=str(base),
        module=_module_file(main, text, root_module, sources),
        folder=place,
        package=root_module,
        port=wishes.port or (int(found.group(1)) if found else _PORT),
        suffix=".js" if package.get("type") == "module" else "",
        manifest="package.json",
    )


def _chosen(folder: str, sources: Sources, wishes: Wishes) -> str:
    found = [path for path, text in sources.items() if path.endswith(".ts") and _CREATE.search(text)]
    if wishes.app:
        if wishes.app not in found:
            raise UnfitApplicationError(folder, f"{wishes.app} does not call NestFactory.create", f"known: {', '.join(found) or 'none'}")
        return wishes.app
    if len(found) > 1:
        raise ManyApplicationsError(folder, found)
    if not found:
        raise NoApplicationError(folder, "NestFactory.create(...) in a .ts file outside of tests", "--app src/main.ts")
    return found[0]


def _module_file(main: str, text: str, name: str, sources: Sources) -> str:
    imported = re.search(rf"""import\s*\{{[^}}]*\b{name}\b[^}}]*\}}\s*from\s*['"](\.[^'"]+)['"]""", text)
    path = str(PurePosixPath(main).parent / imported.group(1)).removesuffix(".js") + ".ts" if imported else ""
    if path not in sources:
        raise UnfitApplicationError(main, f"{name} is not imported from a file beside it", "import the root module by a relative path")
    return path
