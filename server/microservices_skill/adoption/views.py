"""What the templates print of a service that exists."""

from __future__ import annotations

import re
from dataclasses import dataclass

from microservices_skill.adoption.starter import Sources, Starter
from microservices_skill.codegen.quoting import py_str, ts_str
from microservices_skill.model.system import Language

_START = re.compile(r'"start:prod":\s*"node ([\w./-]+)"')


@dataclass(frozen=True, slots=True)
class SharedView:
    """What modules of generated services print: here nothing of a model."""

    package: str
    has_compositions: bool = False
    sensitive_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PythonView:
    """What the modules that join a FastAPI application print."""

    name: str
    service_name: str
    package: str
    application: str
    port: int
    has_resilience: bool
    has_observability: bool
    has_security: bool
    has_refusals: bool


@dataclass(frozen=True, slots=True)
class TypescriptView:
    """What the modules that join a NestJS application print."""

    service_name: str
    has_resilience: bool
    has_observability: bool
    has_security: bool
    has_refusals: bool


def view_of(starter: Starter, capabilities: frozenset[str]) -> PythonView | TypescriptView:
    """What is printed of a service."""
    flags = {f"has_{name}": name in capabilities for name in ("resilience", "observability", "security")}
    flags["has_refusals"] = bool(capabilities & {"resilience", "security"})
    if starter.language is Language.TYPESCRIPT:
        return TypescriptView(service_name=ts_str(starter.name), **flags)
    return PythonView(
        name=starter.name,
        service_name=py_str(starter.name),
        package=starter.package,
        application=py_str(f"{starter.module}:{starter.app}"),
        port=starter.port,
        **flags,
    )


@dataclass(frozen=True, slots=True)
class PythonImageView:
    """What the image of a FastAPI service is made of."""

    name: str
    package: str
    python_path: str
    copied: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TypescriptImageView:
    """What the image of a NestJS service is made of."""

    name: str
    entry: str
    copied: tuple[str, ...]


_BUILT_FROM = ("nest-cli.json", "tsconfig.build.json", "tsconfig.json")


def image_view(starter: Starter, sources: Sources) -> PythonImageView | TypescriptImageView:
    """What is printed of a service's image."""
    if starter.language is Language.PYTHON:
        names = {path.partition("/")[0] for path in sources if path.endswith(".py")} | {starter.folder.partition("/")[0]}
        root = "/app" if starter.root == "." else f"/app/{starter.root}"
        return PythonImageView(starter.name, starter.package, root, tuple(sorted(names)))
    copied = [*(name for name in _BUILT_FROM if name in sources), starter.root]
    return TypescriptImageView(starter.name, _entry(sources), tuple(copied))


@dataclass(frozen=True, slots=True)
class PythonTestsView:
    """What the tests of a FastAPI service as a process print."""

    package: str
    application: str
    has_runtime: bool


@dataclass(frozen=True, slots=True)
class TypescriptTestsView:
    """What the tests of a NestJS service as a process print."""

    entry: str
    has_runtime: bool


def tests_view(starter: Starter, sources: Sources, *, has_runtime: bool) -> PythonTestsView | TypescriptTestsView:
    """What is printed of the tests of a service as a process."""
    if starter.language is Language.PYTHON:
        return PythonTestsView(starter.package, py_str(f"{starter.module}:{starter.app}"), has_runtime)
    return TypescriptTestsView(ts_str(_entry(sources)), has_runtime)


def _entry(sources: Sources) -> str:
    """The compiled file that starts a NestJS service."""
    started = _START.search(sources["package.json"])
    return (started.group(1).removesuffix(".js") if started else "dist/main") + ".js"
