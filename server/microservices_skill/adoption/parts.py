"""Which files carry a capability in a service that exists: those that generated services have too, and a few that join them."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.model.system import Language

RUNTIME = ("resilience", "observability", "security")
"""What runs inside the service."""

CAPABILITIES = ("resilience", "observability", "testing", "deployment", "security")

NEEDED = {"deployment": ("observability",)}
"""What comes with a capability: a cluster asks a service for its health."""

TREES = {Language.PYTHON: "platform-python", Language.TYPESCRIPT: "platform-typescript"}
SHARED = {Language.PYTHON: "service-python", Language.TYPESCRIPT: "service-typescript"}


@dataclass(frozen=True, slots=True)
class Part:
    """A template, the file that it becomes, and the capabilities that need it."""

    template: str
    name: str
    of: tuple[str, ...] = RUNTIME
    is_shared: bool = False


def _shared(template: str, *of: str, name: str = "") -> Part:
    return Part(template, name or template.rpartition("/")[2].removesuffix(".jinja"), of or RUNTIME, is_shared=True)


def _own(template: str, *of: str) -> Part:
    return Part(template, template.rpartition("/")[2].removesuffix(".jinja"), of or RUNTIME)


_REFUSING = ("resilience", "security")

_PYTHON = "src/__package__"

PARTS: dict[Language, tuple[Part, ...]] = {
    Language.PYTHON: (
        _own("__init__.py.jinja"),
        _own("__main__.py.jinja"),
        _own("config.py.jinja"),
        _own("install.py.jinja"),
        _own("dependencies.py.jinja", "resilience"),
        _own("health.py", "observability"),
        _own("measuring.py.jinja", "observability"),
        _own("refusals.py.jinja", *_REFUSING),
        _shared(f"{_PYTHON}/infrastructure/http_metrics.py"),
        _shared(f"{_PYTHON}/infrastructure/identifiers.py"),
        _shared(f"{_PYTHON}/infrastructure/logger.py.jinja"),
        _shared(f"{_PYTHON}/infrastructure/resilience.py.jinja"),
        _shared(f"{_PYTHON}/middleware/audit.py.jinja"),
        _shared(f"{_PYTHON}/middleware/logging.py.jinja", name="access_log.py"),
        _shared(f"{_PYTHON}/middleware/request_id.py.jinja"),
        _shared(f"{_PYTHON}/middleware/problems.py", *_REFUSING),
        _shared(f"{_PYTHON}/infrastructure/http_client.py.jinja", "resilience"),
        _shared(f"{_PYTHON}/infrastructure/tracer.py.jinja", "observability"),
        _shared(f"{_PYTHON}/infrastructure/rate_limit.py.jinja", "security"),
        _shared(f"{_PYTHON}/infrastructure/security.py.jinja", "security"),
        _shared(f"{_PYTHON}/middleware/body_limit.py.jinja", "security"),
        _shared(f"{_PYTHON}/middleware/security_headers.py.jinja", "security"),
    ),
    Language.TYPESCRIPT: (
        _own("configuration.ts.jinja"),
        _own("install.ts.jinja"),
        _own("platform.module.ts.jinja"),
        _own("service-log.ts"),
        _own("service.ts.jinja"),
        _own("dependencies.ts", "resilience"),
        _own("health.controller.ts", "observability"),
        _own("readiness.ts", "observability"),
        _own("refusal.filter.ts.jinja", *_REFUSING),
        _shared("src/common/audit.ts"),
        _shared("src/common/middleware/access-log.middleware.ts"),
        _shared("src/common/middleware/request-id.middleware.ts"),
        _shared("src/common/problems.ts"),
        _shared("src/common/request-context.ts"),
        _shared("src/common/request.ts"),
        _shared("src/infrastructure/database/clock.ts"),
        _shared("src/infrastructure/http-client/resilience.ts"),
        _shared("src/infrastructure/observability/http-metrics.ts"),
        _shared("src/infrastructure/observability/logger.ts"),
        _shared("src/infrastructure/service-state.ts"),
        _shared("src/common/send-problem.ts", *_REFUSING),
        _shared("src/infrastructure/http-client/dependency-client.ts", "resilience"),
        _shared("src/infrastructure/observability/telemetry.ts", "observability"),
        _shared("src/common/decorators/access.decorator.ts", "security"),
        _shared("src/common/guards/auth.guard.ts", "security"),
        _shared("src/common/guards/rate-limit.guard.ts", "security"),
        _shared("src/common/middleware/security-headers.middleware.ts", "security"),
        _shared("src/infrastructure/rate-limit/limiter.ts", "security"),
        _shared("src/infrastructure/security/token-verifier.ts", "security"),
    ),
}


def with_needed(capabilities: frozenset[str]) -> frozenset[str]:
    """The capabilities and what comes with them."""
    return capabilities | {each for name in capabilities for each in NEEDED.get(name, ())}


def parts_of(language: Language, capabilities: frozenset[str]) -> tuple[Part, ...]:
    """The files of the capabilities."""
    return tuple(part for part in PARTS[language] if capabilities & set(part.of))
