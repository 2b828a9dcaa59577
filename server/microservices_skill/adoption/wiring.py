"""What a person does once to take the modules into use: lines, packages, settings, and how it is seen to work."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from microservices_skill.adoption.packages import commands, runtime_packages
from microservices_skill.adoption.parts import RUNTIME
from microservices_skill.adoption.patching import wired_main, wired_module, wired_python, wired_requirements
from microservices_skill.adoption.starter import Installer, Sources, Starter
from microservices_skill.model.system import Language

PATCH = "wiring.patch"


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the environment."""

    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Check:
    """A request that proves the wiring: what it must answer."""

    path: str
    status: int = 0
    header: str = ""


@dataclass(frozen=True, slots=True)
class Wiring:
    """The steps: ``patch`` is for ``git apply``, the rest for a shell and a deployment."""

    patch: str
    install: tuple[str, ...]
    start: str
    variables: tuple[Variable, ...]
    checks: tuple[Check, ...]
    is_done: bool
    """Whether the lines of the patch are in place already."""


def wiring_of(starter: Starter, capabilities: frozenset[str], sources: Sources) -> Wiring:
    """The steps for a service; where its lines are in place, the patch is the one that was applied.

    Raises:
        SkillError: the application is made in a way that cannot be wired by lines.

    """
    patch = "".join(_diffs(starter, capabilities, sources))
    before = sources.get(f"{starter.folder}/{PATCH}", "")
    return Wiring(
        patch=patch or before,
        install=commands(starter, capabilities),
        start=_start(starter) if capabilities & set(RUNTIME) else "",
        variables=tuple(_variables(starter, capabilities)),
        checks=tuple(_checks(capabilities)),
        is_done=not patch,
    )


def _diffs(starter: Starter, capabilities: frozenset[str], sources: Sources) -> Iterator[str]:
    if not capabilities & set(RUNTIME):
        return
    if starter.language is Language.TYPESCRIPT:
        changed = [(starter.main, wired_main(sources[starter.main], starter))]
        changed.append((starter.module, wired_module(sources[starter.module], starter)))
    else:
        changed = [(starter.main, wired_python(sources[starter.main], starter))]
        listed = sources.get("requirements.txt", "")
        if starter.installer is Installer.PIP and listed and "--hash=" not in listed:
            changed.append(("requirements.txt", wired_requirements(listed, runtime_packages(starter.language, capabilities))))
    for path, text in changed:
        yield _diff(path, sources[path], text)


def _diff(path: str, old: str, new: str) -> str:
    """One file's lines, as git applies them."""
    lines = difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{path}", f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _start(starter: Starter) -> str:
    if starter.language is Language.TYPESCRIPT:
        return ""
    return f"PYTHONPATH={starter.root} python -m {starter.package}" if starter.root != "." else f"python -m {starter.package}"


def _variables(starter: Starter, capabilities: frozenset[str]) -> Iterator[Variable]:
    if not capabilities & set(RUNTIME):
        return
    yield Variable("LOG_LEVEL", "DEBUG, INFO (where nothing is set), WARNING or ERROR")
    yield Variable("REQUEST_DEADLINE_S", "seconds that a request may take, where its caller says nothing; 30")
    yield Variable("SHUTDOWN_GRACE_S", "seconds that requests in hand may still take after SIGTERM; 20")
    if starter.language is Language.PYTHON:
        yield Variable("HOST, PORT", f"where to listen; 127.0.0.1 and {starter.port}")
    if "resilience" in capabilities:
        yield Variable("<NAME>_URL", "the address of each service that is called by dependency(name), such as STOCK_URL")
    if "observability" in capabilities:
        yield Variable("OTEL_EXPORTER_OTLP_ENDPOINT", "the collector that traces go to (http, port 4318); without it they only name logs")
        yield Variable("ENVIRONMENT", "the deployment that traces name")
    if "security" in capabilities:
        yield Variable("AUTH_JWKS_URL", "where the issuer's keys are; production does not start without, elsewhere everybody is let in")
        yield Variable("AUTH_ISSUER", "the issuer that tokens must name")
        yield Variable("AUTH_AUDIENCE", f"whom tokens must be for; {starter.name}")
        yield Variable("RATE_LIMIT_STORAGE", "a redis:// URL that all replicas count in; without it each counts for itself")
        yield Variable("MAX_BODY_BYTES", "the largest body; 1048576")
        yield Variable("SECRETS_DIR", "a folder whose files hold values that the environment does not, by their names in small letters")


def _checks(capabilities: frozenset[str]) -> Iterator[Check]:
    if capabilities & set(RUNTIME):
        yield Check("/", header="X-Request-ID")
    if "observability" in capabilities:
        yield Check("/health/live", 200)
        yield Check("/health/ready", 200)
        yield Check("/metrics", 200)
    if "security" in capabilities:
        yield Check("/", header="X-Content-Type-Options")
