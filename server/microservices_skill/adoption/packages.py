"""Which packages the modules import, in the versions that generated services lock."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from functools import lru_cache

from microservices_skill.adoption.starter import Installer, Starter
from microservices_skill.model.system import Language
from microservices_skill.rendering import templates_root

_EVERY = "every"
_PYTHON: Mapping[str, Sequence[str]] = {
    _EVERY: ("opentelemetry-api", "prometheus-client", "pydantic-settings", "structlog", "uvicorn"),
    "resilience": ("httpx2", "stamina"),
    "observability": (
        "httpx2",
        "opentelemetry-exporter-otlp-proto-http",
        "opentelemetry-instrumentation-httpx",
        "opentelemetry-sdk",
    ),
    "security": ("httpx2", "limits", "pyjwt[crypto]", "redis"),
}
_TYPESCRIPT: Mapping[str, Sequence[str]] = {
    _EVERY: ("@opentelemetry/api", "cockatiel", "pino", "prom-client", "zod"),
    "resilience": (),
    "observability": (
        "@opentelemetry/context-async-hooks",
        "@opentelemetry/core",
        "@opentelemetry/exporter-trace-otlp-http",
        "@opentelemetry/resources",
        "@opentelemetry/sdk-trace",
    ),
    "security": ("ioredis", "jose", "rate-limiter-flexible"),
}
_TESTING = {Language.PYTHON: ("asyncpg", "pytest"), Language.TYPESCRIPT: ("pg", "@types/pg")}

_ADD = {
    Installer.PIP: "python -m pip install",
    Installer.UV: "uv add",
    Installer.POETRY: "poetry add",
    Installer.NPM: "npm install --save-exact",
    Installer.PNPM: "pnpm add --save-exact",
    Installer.YARN: "yarn add --exact",
}
_ADD_FOR_TESTS = {
    Installer.PIP: "python -m pip install",
    Installer.UV: "uv add --dev",
    Installer.POETRY: "poetry add --group dev",
    Installer.NPM: "npm install --save-dev --save-exact",
    Installer.PNPM: "pnpm add --save-dev --save-exact",
    Installer.YARN: "yarn add --dev --exact",
}


def runtime_packages(language: Language, capabilities: frozenset[str]) -> tuple[str, ...]:
    """What runs with the service, each with its version."""
    lists = _PYTHON if language is Language.PYTHON else _TYPESCRIPT
    chosen = capabilities & lists.keys()
    names = {name for each in chosen for name in lists[each]} | (set(lists[_EVERY]) if chosen else set())
    return tuple(_pinned(language, name) for name in sorted(names))


def test_packages(language: Language, capabilities: frozenset[str]) -> tuple[str, ...]:
    """What only its tests need, each with its version."""
    return tuple(_pinned(language, name) for name in _TESTING[language]) if "testing" in capabilities else ()


def commands(starter: Starter, capabilities: frozenset[str]) -> tuple[str, ...]:
    """What installs them."""
    found = (
        (_ADD, runtime_packages(starter.language, capabilities)),
        (_ADD_FOR_TESTS, test_packages(starter.language, capabilities)),
    )
    return tuple(f"{add[starter.installer]} {shlex.join(packages)}" for add, packages in found if packages)


def _pinned(language: Language, name: str) -> str:
    sign = "==" if language is Language.PYTHON else "@"
    return f"{name}{sign}{_versions(language)[name]}"


@lru_cache(maxsize=2)
def _versions(language: Language) -> Mapping[str, str]:
    """The versions that the templates of generated services name."""
    if language is Language.PYTHON:
        text = (templates_root() / "service-python" / "requirements-dev.txt.jinja").read_text(encoding="utf-8")
        return dict(re.findall(r"^([a-z0-9-]+(?:\[\w+\])?)==([^\s\\;]+)", text, re.MULTILINE))
    text = (templates_root() / "service-typescript" / "package.json.jinja").read_text(encoding="utf-8")
    return dict(re.findall(r'^\s*"(@?[a-z][\w./-]*)": "(\d[^"]*)"', text, re.MULTILINE))
