"""Plain starters, as FastAPI's documentation and ``nest new`` make them: copied, given capabilities, wired, installed, run."""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.generated.architectures import ROOT
from tests.generated.languages import TypescriptToolchain
from tests.generated.processes import START_LIMIT_S, Running

from microservices_skill.adoption.starter import Wishes
from microservices_skill.app.adding import add
from microservices_skill.app.generation import Capability
from microservices_skill.model.system import Language

STARTERS = ROOT / "tests" / "starters"
CACHE = ROOT / ".tools" / "starters"
SOURCES = {Language.PYTHON: "fastapi", Language.TYPESCRIPT: "nestjs"}
FOLDERS = {Language.PYTHON: "app/service_platform", Language.TYPESCRIPT: "src/platform"}
CALLING = {
    Language.PYTHON: [
        ("app/routers/items.py", "\nrouter =", "\nfrom app.service_platform.dependencies import dependency\n\nrouter ="),
        (
            "app/routers/items.py",
            (
                '    async with httpx.AsyncClient(base_url=os.environ["STOCK_URL"]) as client:\n'
                '        answer = await client.get(f"/items/{item_id}")\n'
            ),
            '    answer = await dependency("stock").call("GET", f"/items/{item_id}")\n',
        ),
    ],
    Language.TYPESCRIPT: [
        ("src/app.service.ts", "\n\n@Injectable", "\nimport { dependency } from './platform/dependencies.js';\n\n@Injectable"),
        (
            "src/app.service.ts",
            "await fetch(`${process.env.STOCK_URL}/items/${item}`)",
            "await dependency('stock').call('GET', `/items/${item}`)",
        ),
    ],
}
"""How a call to a neighbour is put under ``resilience``, as WIRING.md says."""

GUARDING = {
    Language.PYTHON: [
        (
            "app/routers/items.py",
            "\nrouter =",
            (
                "\nfrom fastapi import Depends, Security\n"
                "from app.service_platform.rate_limit import rate_limit\nfrom app.service_platform.security import authenticate\n\nrouter ="
            ),
        ),
        (
            "app/routers/items.py",
            '@router.put("/{item_id}")',
            (
                '@router.put(\n    "/{item_id}",\n'
                '    dependencies=[Security(authenticate, scopes=["items:write"]), Depends(rate_limit("update_item", "5/minute"))],\n)'
            ),
        ),
    ],
    Language.TYPESCRIPT: [
        (
            "src/app.controller.ts",
            "import { AppService }",
            "import { Authenticated, RateLimit } from './platform/access.decorator.js';\nimport { AppService }",
        ),
        (
            "src/app.controller.ts",
            "  @Put('items/:item')",
            "  @Put('items/:item')\n  @Authenticated('items:write')\n  @RateLimit('updateItem', 5, 'minute')",
        ),
    ],
}
"""How an operation is put under ``security``, as WIRING.md says."""

SAYING = {
    Language.PYTHON: [
        (
            "app/routers/items.py",
            "\nrouter =",
            (
                "\nimport structlog\nfrom app.service_platform.health import ready_when\n\n\nasync def is_open() -> bool:\n"
                '    return "CLOSED" not in os.environ\n\n\nready_when("shop", is_open)\nrouter ='
            ),
        ),
        (
            "app/routers/items.py",
            "    fake_items_db[item_id] = item\n",
            '    fake_items_db[item_id] = item\n    structlog.get_logger("items").info("item.updated", item=item)\n',
        ),
    ],
    Language.TYPESCRIPT: [
        ("src/app.controller.ts", "Get, Param", "Get, Logger, Param"),
        (
            "src/app.controller.ts",
            "\n\n@Controller",
            (
                "\nimport { readyWhen } from './platform/readiness.js';\n\n"
                "readyWhen('shop', async () => process.env.CLOSED === undefined);\n\n@Controller"
            ),
        ),
        (
            "src/app.controller.ts",
            "    return { item_id: item, ...body };",
            "    new Logger('items').log(body);\n    return { item_id: item, ...body };",
        ),
    ],
}
"""Code that logs what it was sent, and says what readiness depends on."""


@dataclass
class Starter:
    """A copy of a starter."""

    language: Language
    folder: Path
    source: str = ""
    command: list[str] = field(default_factory=list)
    """What starts it, where it is not what the steps or its own scripts say."""

    def add(self, *capabilities: Capability) -> Starter:
        """Add capabilities and apply the patch of the last, which is that of all."""
        for each in capabilities:
            add(self.folder, each, wishes=Wishes(name="starter"))
        if self.patch.exists():
            self.run("git", "apply", str(self.patch.relative_to(self.folder)))
        return self

    def edit(self, edits: list[tuple[str, str, str]]) -> Starter:
        """Change texts as a person would."""
        for name, old, new in edits:
            path = self.folder / name
            text = path.read_text(encoding="utf-8")
            assert old in text, (name, old)
            path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return self

    @property
    def patch(self) -> Path:
        """The lines that take the modules into use."""
        return self.folder / FOLDERS[self.language] / "wiring.patch"

    @property
    def wiring(self) -> dict[str, Any]:
        """The steps, for programs."""
        return json.loads((self.folder / FOLDERS[self.language] / "wiring.json").read_text(encoding="utf-8"))

    def install(self, fastapi: str = "fastapi") -> Starter:
        """Install the starter's own packages, and then exactly what the steps say."""
        if self.language is Language.TYPESCRIPT:
            shutil.copytree(_modules(self.source), self.folder / "node_modules", symlinks=True, copy_function=os.link)
        else:
            subprocess.run([sys.executable, "-m", "venv", self.folder / ".venv"], check=True)
            self.run("python", "-m", "pip", "install", "-qq", "--disable-pip-version-check", fastapi, "httpx", "uvicorn", "mypy")
        for command in self.wiring["install"]:
            self.run(*shlex.split(command))
        return self

    def check(self) -> Starter:
        """What the starter's own checks say; of a Python starter, which has none, what a strict type checker says of the modules."""
        if self.language is Language.PYTHON:
            self.run("python", "-m", "mypy", "--strict", FOLDERS[self.language])
            return self
        self.run("npm", "run", "build")
        assert "0 warnings and 0 errors" in self.run("npm", "run", "lint")
        self.run("npm", "test")
        self.run("npm", "run", "test:e2e")
        return self

    def run(self, *command: str, **settings: str) -> str:
        """What a command says; it must succeed."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, **self.environment(self.folder), **settings},
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"{command}\n{(done.stdout + done.stderr)[-6000:]}"
        return done.stdout + done.stderr

    def environment(self, folder: Path) -> dict[str, str]:
        """Its tools."""
        own = [str(folder / ".venv" / "bin")] if self.language is Language.PYTHON else [str(_node().bin), str(folder / "node_modules/.bin")]
        return {"PATH": os.pathsep.join([*own, os.environ["PATH"]]), "PYTHONDONTWRITEBYTECODE": "1"}

    def prepare(self, _folder: Path) -> None:
        """It is prepared by ``install``."""

    def start_command(self, folder: Path) -> list[str]:
        """What the steps say, or the starter's own script."""
        if self.command:
            return [str(folder / ".venv/bin/python"), *self.command[1:]] if self.language is Language.PYTHON else self.command
        if self.language is Language.PYTHON:
            return [str(folder / ".venv/bin/python"), *shlex.split(self.wiring["start"])[1:]]
        return ["node", "dist/main.js"]

    def migrate_command(self, folder: Path) -> list[str]:
        """It has no database."""
        raise NotImplementedError(folder)

    def tool_command(self, folder: Path, name: str) -> list[str]:
        """It has no tools."""
        raise NotImplementedError(folder, name)

    @contextmanager
    def running(self, *, command: list[str] | None = None, **settings: str) -> Iterator[Running]:
        """The service as a process that answers."""
        self.command = command or []
        service = Served(self, self.folder, settings)
        try:
            yield service.start()
        finally:
            service.end()


class Served(Running):
    """A starter as a process: it may have no health to ask for."""

    def start(self) -> Running:
        """Start, and wait until it answers anything."""
        with (self.folder / "service.log").open("wb") as log:
            command = self.toolchain.start_command(self.folder)
            self.process = subprocess.Popen(command, cwd=self.folder, env=self._environment(), stdout=log, stderr=log)
        ends = time.monotonic() + START_LIMIT_S
        while self.is_alive and self.call("GET", "/").status == 0:
            assert time.monotonic() < ends, self.log[-6000:]
            time.sleep(0.05)
        assert self.is_alive, self.log[-6000:]
        return self


def starter(language: Language, folder: Path, source: str = "") -> Starter:
    """A fresh copy."""
    source = source or SOURCES[language]
    shutil.copytree(STARTERS / source, folder, dirs_exist_ok=True)
    return Starter(language, folder, source)


def _node() -> TypescriptToolchain:
    return TypescriptToolchain.install(ROOT / ".tools" / "services")


def _modules(source: str) -> Path:
    """The packages of a plain NestJS starter, installed once for all copies."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        home = CACHE / source
        listed = STARTERS / source / "package.json"
        made_of = home / "package.json"
        if not (home / "installed").exists() or made_of.read_text(encoding="utf-8") != listed.read_text(encoding="utf-8"):
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            shutil.copy(listed, home)
            _node().npm(home, "install", "--no-fund", "--no-audit", "--no-package-lock", "--loglevel=error")
            (home / "installed").touch()
    return home / "node_modules"
