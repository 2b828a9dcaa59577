"""What differs between generated services of different languages: how one is prepared, migrated and started."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from tests.generated.architectures import ROOT, on_broker, read_example

from microservices_skill.codegen.generate import generate_service
from microservices_skill.model.system import BrokerKind, Language

NODE_VERSION = "24.21.0"
NODE_AT_LEAST = (24, 11)


class Toolchain(Protocol):
    """What runs services of one language."""

    def prepare(self, folder: Path) -> None:
        """Make a written service ready to start."""
        ...

    def environment(self, folder: Path) -> dict[str, str]:
        """What its processes need beside its settings."""
        ...

    def start_command(self, folder: Path) -> list[str]:
        """What serves."""
        ...

    def migrate_command(self, folder: Path) -> list[str]:
        """What brings its database up to date."""
        ...

    def tool_command(self, folder: Path, name: str) -> list[str]:
        """What runs a tool that stands beside it: ``rebuild`` of views, ``streams`` of events."""
        ...


@dataclass(frozen=True)
class PythonToolchain:
    """An environment with exactly what a generated service locks, each file checked by its hash."""

    home: Path

    @classmethod
    def install(cls, cache: Path, lock: str) -> PythonToolchain:
        """Make it, where it is not there for this lock."""
        home = cache / f"python-{_digest(sys.version, lock)}"
        with _alone(cache):
            if not (home / "installed").exists():
                shutil.rmtree(home, ignore_errors=True)
                subprocess.run([sys.executable, "-m", "venv", home], check=True)
                (home / "requirements-dev.txt").write_text(lock, encoding="utf-8")
                pip = [str(home / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--require-hashes"]
                subprocess.run([*pip, "-r", str(home / "requirements-dev.txt")], check=True)
                (home / "installed").touch()
        return cls(home)

    def prepare(self, folder: Path) -> None:
        """Nothing is compiled."""

    def environment(self, folder: Path) -> dict[str, str]:
        """Its sources and the environment's tools."""
        return {"PYTHONPATH": str(folder / "src"), "PATH": f"{self.home / 'bin'}{os.pathsep}{os.environ['PATH']}"}

    def start_command(self, folder: Path) -> list[str]:
        """Its package."""
        return [str(self.home / "bin" / "python"), "-m", _package(folder)]

    def migrate_command(self, folder: Path) -> list[str]:
        """Its package's migrations."""
        return [str(self.home / "bin" / "python"), "-m", f"{_package(folder)}.migrate"]

    def tool_command(self, folder: Path, name: str) -> list[str]:
        """A module of its package."""
        return [str(self.home / "bin" / "python"), "-m", f"{_package(folder)}.{name}"]


def _package(folder: Path) -> str:
    return next(each.name for each in (folder / "src").iterdir() if (each / "main.py").exists())


@dataclass(frozen=True)
class TypescriptToolchain:
    """Node, and one ``npm ci`` of the lock that every generated service shares."""

    bin: Path
    cache: Path

    @classmethod
    def install(cls, cache: Path) -> TypescriptToolchain:
        """Find Node or install it from npm."""
        with _alone(cache):
            return cls(_node(), cache)

    def prepare(self, folder: Path) -> None:
        """Install by its lock, and compile."""
        (folder / "node_modules").symlink_to(self._modules(folder))
        self.npm(folder, "run", "build")

    def environment(self, folder: Path) -> dict[str, str]:
        """Node, and the tools of the service."""
        return {"PATH": os.pathsep.join([str(self.bin), str(folder / "node_modules" / ".bin"), os.environ["PATH"]])}

    def start_command(self, folder: Path) -> list[str]:
        """What ``npm start`` runs, without npm between us and the process."""
        return self._script(folder, "start")

    def migrate_command(self, folder: Path) -> list[str]:
        """What ``npm run migrate`` runs."""
        return self._script(folder, "migrate")

    def tool_command(self, folder: Path, name: str) -> list[str]:
        """What ``npm run`` runs under that name."""
        return self._script(folder, name)

    def npm(self, folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run npm in a folder; fails with what it said."""
        done = subprocess.run(
            ["npm", *arguments],
            cwd=folder,
            env={**os.environ, **self.environment(folder), **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"npm {' '.join(arguments)}\n{(done.stdout + done.stderr)[-6000:]}"
        return done

    def _script(self, folder: Path, name: str) -> list[str]:
        package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        return shlex.split(package["scripts"][name])

    def _modules(self, folder: Path) -> Path:
        """The modules of the service's lock, installed once for all services that share it."""
        name = json.loads((folder / "package.json").read_text(encoding="utf-8"))["name"]
        lock = (folder / "package-lock.json").read_text(encoding="utf-8").replace(f'"name": "{name}"', '"name": "service"')
        home = self.cache / f"typescript-{_digest(str(self.bin), lock)}"
        with _alone(self.cache):
            if not (home / "installed").exists():
                shutil.rmtree(home, ignore_errors=True)
                home.mkdir(parents=True)
                for each in ("package.json", "package-lock.json", ".npmrc"):
                    if (folder / each).exists():
                        shutil.copy(folder / each, home)
                self.npm(home, "ci", "--no-fund", "--no-audit", "--loglevel=error")
                (home / "installed").touch()
        return home / "node_modules"


def python_lock(name: str, broker: BrokerKind = BrokerKind.RABBITMQ) -> str:
    """A lock of FastAPI services on a broker."""
    return generate_service(on_broker(read_example("shop"), broker), "inventory")[name].text


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Two workers never install into one place at once."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def _node() -> Path:
    """The folder of a Node that is new enough: the machine's own, or npm's ``node`` package."""
    found = shutil.which("node")
    if found is not None and _version(Path(found)) >= NODE_AT_LEAST:
        return Path(found).parent
    home = ROOT / ".tools" / "node"
    node = home / "node_modules" / "node" / "bin" / "node"
    if not node.exists():
        home.mkdir(parents=True, exist_ok=True)
        (home / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        install = ["npm", "install", "--no-fund", "--no-audit", "--loglevel=error", "--save-exact", f"node@{NODE_VERSION}"]
        subprocess.run(install, cwd=home, check=True, timeout=600, stdin=subprocess.DEVNULL)
    assert _version(node) >= NODE_AT_LEAST
    return node.parent


def _version(node: Path) -> tuple[int, int]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
    match = re.match(r"v(\d+)\.(\d+)", said)
    assert match is not None, said
    return int(match[1]), int(match[2])


@dataclass
class Toolchains:
    """The toolchain of each language, for services on one broker, made when it is first needed and kept as long as its lock stays."""

    home: Path = ROOT / ".tools" / "services"
    broker: BrokerKind = BrokerKind.RABBITMQ

    def on(self, broker: BrokerKind) -> Toolchains:
        """The toolchains for services on another broker."""
        return self if broker is self.broker else Toolchains(self.home, broker)

    def __getitem__(self, language: Language) -> Toolchain:
        """The toolchain of a language."""
        return self.python if language is Language.PYTHON else self.typescript

    @cached_property
    def python(self) -> PythonToolchain:
        """For FastAPI services."""
        lock = python_lock("requirements-dev.txt", self.broker)
        return PythonToolchain.install(self.home, lock)

    @cached_property
    def typescript(self) -> TypescriptToolchain:
        """For NestJS services."""
        return TypescriptToolchain.install(self.home)
