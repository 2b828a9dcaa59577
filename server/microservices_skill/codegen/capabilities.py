"""Which files of a generated service carry one capability, so that it can be brought up to date alone."""

from __future__ import annotations

from fnmatch import fnmatchcase

from microservices_skill.codegen.errors import UnknownCapabilityError
from microservices_skill.files import FileTree

CAPABILITIES: dict[str, tuple[str, ...]] = {
    "resilience": (
        "src/*/infrastructure/clients.py",
        "src/*/infrastructure/composition.py",
        "src/*/infrastructure/event_bus.py",
        "src/*/infrastructure/event_store.py",
        "src/*/infrastructure/http_client.py",
        "src/*/infrastructure/idempotency.py",
        "src/*/infrastructure/inbox.py",
        "src/*/infrastructure/outbox.py",
        "src/*/infrastructure/jetstream.py",
        "src/*/infrastructure/kafka*.py",
        "src/*/infrastructure/rabbitmq.py",
        "src/*/infrastructure/resilience.py",
        "src/*/infrastructure/saga_*.py",
        "src/*/infrastructure/views.py",
        "tests/integration/test_compositions.py",
        "tests/integration/test_event_store.py",
        "tests/integration/test_messaging.py",
        "tests/integration/test_saga_*.py",
        "tests/integration/test_views.py",
        "tests/unit/test_resilience.py",
        "src/infrastructure/compositions/*",
        "src/infrastructure/event-bus/*",
        "src/infrastructure/event-store/*",
        "src/infrastructure/http-client/*",
        "src/infrastructure/idempotency/*",
        "src/infrastructure/sagas/*",
        "src/infrastructure/views/*",
        "test/integration/compositions.test.ts",
        "test/integration/event-store.test.ts",
        "test/integration/messaging.test.ts",
        "test/integration/saga-*.test.ts",
        "test/integration/views.test.ts",
        "test/unit/resilience.test.ts",
    ),
    "observability": (
        "src/*/infrastructure/health.py",
        "src/*/infrastructure/http_metrics.py",
        "src/*/infrastructure/logger.py",
        "src/*/infrastructure/metrics.py",
        "src/*/infrastructure/series.py",
        "src/*/infrastructure/telemetry.py",
        "src/*/infrastructure/tracer.py",
        "src/*/middleware/logging.py",
        "src/*/middleware/request_id.py",
        "src/common/middleware/access-log.middleware.ts",
        "src/common/middleware/request-id.middleware.ts",
        "src/infrastructure/database/trace-statements.ts",
        "src/infrastructure/observability/*",
    ),
    "testing": ("tests/*", "test/*", "schemathesis.toml", "requirements-dev.txt", "vitest.config.ts"),
    "deployment": (
        ".dockerignore",
        ".env.example",
        ".github/*",
        "Dockerfile",
        "package-lock.json",
        "requirements.txt",
        "src/*/migrate.py",
        "src/*/migrations/env.py",
        "src/migrate.ts",
    ),
    "security": (
        "src/*/infrastructure/rate_limit.py",
        "src/*/infrastructure/security.py",
        "src/*/infrastructure/service_tokens.py",
        "src/*/middleware/audit.py",
        "src/*/middleware/body_limit.py",
        "src/*/middleware/security_headers.py",
        "tests/unit/test_security.py",
        "tests/unit/test_service_tokens.py",
        "src/common/audit.ts",
        "src/common/guards/*",
        "src/common/middleware/body-limit.middleware.ts",
        "src/infrastructure/rate-limit/*",
        "src/infrastructure/security/*",
        "test/unit/security.test.ts",
        "test/unit/service-tokens.test.ts",
    ),
}
"""Each capability's files as patterns below the service's folder."""


def files_of(tree: FileTree, capability: str) -> FileTree:
    """The files of a service's tree that carry a capability.

    Raises:
        UnknownCapabilityError: there is no capability of that name.
    """
    patterns = CAPABILITIES.get(capability)
    if patterns is None:
        raise UnknownCapabilityError(capability, tuple(sorted(CAPABILITIES)))
    return FileTree((path, file) for path, file in tree.items() if any(fnmatchcase(path, pattern) for pattern in patterns))
