"""Which file of a generated service keeps which promise of its security, by language; nothing where no code is generated."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.model.service import Service
from microservices_skill.model.system import Language


@dataclass(frozen=True, slots=True)
class Safeguards:
    """Paths below the service's folder."""

    tokens: str
    own_tokens: str
    audit: str
    limits: str
    body_limit: str
    headers: str
    settings: str
    logs: str
    idempotency: str
    inbox: str
    outbox: str
    calls: str
    problems: str
    image: str = "Dockerfile"
    lock: str = ""


def safeguards_of(service: Service) -> Safeguards | None:
    """The safeguards of a service; nothing where its code is not generated."""
    match service.language:
        case Language.TYPESCRIPT:
            return _TYPESCRIPT
        case Language.PYTHON:
            return _python(f"src/{service.package}")
        case _:
            return None


_TYPESCRIPT = Safeguards(
    tokens="src/infrastructure/security/token-verifier.ts",
    own_tokens="src/infrastructure/security/service-tokens.ts",
    audit="src/common/audit.ts",
    limits="src/infrastructure/rate-limit/limiter.ts",
    body_limit="src/common/middleware/body-limit.middleware.ts",
    headers="src/common/middleware/security-headers.middleware.ts",
    settings="src/config/configuration.ts",
    logs="src/infrastructure/observability/logger.ts",
    idempotency="src/infrastructure/idempotency/idempotency.ts",
    inbox="src/infrastructure/event-bus/inbox.ts",
    outbox="src/infrastructure/event-bus/outbox.ts",
    calls="src/infrastructure/http-client/dependency-client.ts",
    problems="src/common/filters/problem.filter.ts",
    lock="package-lock.json",
)


def _python(source: str) -> Safeguards:
    return Safeguards(
        tokens=f"{source}/infrastructure/security.py",
        own_tokens=f"{source}/infrastructure/service_tokens.py",
        audit=f"{source}/middleware/audit.py",
        limits=f"{source}/infrastructure/rate_limit.py",
        body_limit=f"{source}/middleware/body_limit.py",
        headers=f"{source}/middleware/security_headers.py",
        settings=f"{source}/config.py",
        logs=f"{source}/infrastructure/logger.py",
        idempotency=f"{source}/infrastructure/idempotency.py",
        inbox=f"{source}/infrastructure/inbox.py",
        outbox=f"{source}/infrastructure/outbox.py",
        calls=f"{source}/infrastructure/http_client.py",
        problems=f"{source}/middleware/exception_handlers.py",
        lock="requirements.txt",
    )
