"""The files of a generated FastAPI service: what is rendered, when, and who owns it afterwards."""

from __future__ import annotations

from microservices_skill.codegen.layouts.template import (
    Template,
    calls,
    composes,
    coordinates,
    hears,
    in_pacts,
    in_sagas,
    is_handling,
    is_orchestrated,
    is_routed,
    keeps_runs,
    keeps_streams,
    needs_tokens,
    on_kafka,
    on_nats,
    on_rabbitmq,
    participates,
    reacts,
    refuses,
    shows,
    takes_part,
    tells_or_hears,
    watches,
)

TREE = "service-python"

_SOURCE = "src/__package__"

SERVICE_TEMPLATES = (
    Template(".dockerignore"),
    Template(".env.example.jinja"),
    Template(".gitignore"),
    Template("Dockerfile.jinja"),
    Template("Makefile.jinja"),
    Template("README.md.jinja"),
    Template("pyproject.toml.jinja"),
    Template("requirements-dev.txt.jinja"),
    Template("requirements.txt.jinja"),
    Template("schemathesis.toml.jinja"),
    Template(f"{_SOURCE}/__init__.py.jinja"),
    Template(f"{_SOURCE}/__main__.py.jinja"),
    Template(f"{_SOURCE}/config.py.jinja"),
    Template(f"{_SOURCE}/domains/__init__.py"),
    Template(f"{_SOURCE}/domains/composition_routes.py.jinja", composes),
    Template(f"{_SOURCE}/domains/compositions.py.jinja", composes),
    Template(f"{_SOURCE}/domains/incoming.py.jinja", hears),
    Template(f"{_SOURCE}/domains/refusals.py.jinja", refuses),
    Template(f"{_SOURCE}/domains/saga_definitions.py.jinja", keeps_runs),
    Template(f"{_SOURCE}/domains/saga_handlers.py.jinja", is_handling),
    Template(f"{_SOURCE}/domains/saga_messages.py.jinja", is_orchestrated),
    Template(f"{_SOURCE}/domains/values.py.jinja"),
    Template(f"{_SOURCE}/domains/view_routes.py.jinja", shows),
    Template(f"{_SOURCE}/domains/views.py.jinja", shows),
    Template(f"{_SOURCE}/infrastructure/__init__.py"),
    Template(f"{_SOURCE}/infrastructure/clients.py.jinja", calls),
    Template(f"{_SOURCE}/infrastructure/composition.py.jinja", composes),
    Template(f"{_SOURCE}/infrastructure/consumers.py.jinja"),
    Template(f"{_SOURCE}/infrastructure/database.py.jinja"),
    Template(f"{_SOURCE}/infrastructure/event_bus.py.jinja"),
    Template(f"{_SOURCE}/infrastructure/event_store.py.jinja", keeps_streams),
    Template(f"{_SOURCE}/infrastructure/health.py.jinja"),
    Template(f"{_SOURCE}/infrastructure/housekeeping.py.jinja"),
    Template(f"{_SOURCE}/infrastructure/http_client.py.jinja"),
    Template(f"{_SOURCE}/infrastructure/idempotency.py.jinja"),
    Template(f"{_SOURCE}/infrastructure/inbox.py.jinja"),
    Template(f"{_SOURCE}/infrastructure/jetstream.py.jinja", on_nats),
    Template(f"{_SOURCE}/infrastructure/kafka.py.jinja", on_kafka),
    Template(f"{_SOURCE}/infrastructure/kafka_client.py.jinja", on_kafka),
    Template(f"{_SOURCE}/infrastructure/kafka_lanes.py.jinja", on_kafka),
    Template(f"{_SOURCE}/infrastructure/logger.py.jinja"),
    Template(f"{_SOURCE}/infrastructure/metrics.py"),
    Template(f"{_SOURCE}/infrastructure/outbox.py.jinja"),
    Template(f"{_SOURCE}/infrastructure/rabbitmq.py.jinja", on_rabbitmq),
    Template(f"{_SOURCE}/infrastructure/rate_limit.py.jinja"),
    Template(f"{_SOURCE}/infrastructure/resilience.py.jinja"),
    Template(f"{_SOURCE}/infrastructure/saga_message.py.jinja", in_sagas),
    Template(f"{_SOURCE}/infrastructure/saga_orchestrator.py.jinja", coordinates),
    Template(f"{_SOURCE}/infrastructure/saga_participant.py.jinja", participates),
    Template(f"{_SOURCE}/infrastructure/saga_participation.py.jinja", takes_part),
    Template(f"{_SOURCE}/infrastructure/saga_reaction.py.jinja", reacts),
    Template(f"{_SOURCE}/infrastructure/saga_routes.py.jinja", keeps_runs),
    Template(f"{_SOURCE}/infrastructure/saga_runs.py.jinja", keeps_runs),
    Template(f"{_SOURCE}/infrastructure/saga_watcher.py.jinja", watches),
    Template(f"{_SOURCE}/infrastructure/security.py.jinja"),
    Template(f"{_SOURCE}/infrastructure/series.py.jinja"),
    Template(f"{_SOURCE}/infrastructure/service_tokens.py.jinja", needs_tokens),
    Template(f"{_SOURCE}/infrastructure/tables.py.jinja"),
    Template(f"{_SOURCE}/infrastructure/topology.py.jinja", is_routed),
    Template(f"{_SOURCE}/infrastructure/tracer.py.jinja"),
    Template(f"{_SOURCE}/infrastructure/views.py.jinja", shows),
    Template(f"{_SOURCE}/main.py.jinja"),
    Template(f"{_SOURCE}/middleware/__init__.py"),
    Template(f"{_SOURCE}/middleware/audit.py.jinja"),
    Template(f"{_SOURCE}/middleware/body_limit.py.jinja"),
    Template(f"{_SOURCE}/middleware/exception_handlers.py.jinja"),
    Template(f"{_SOURCE}/middleware/logging.py.jinja"),
    Template(f"{_SOURCE}/middleware/preconditions.py.jinja"),
    Template(f"{_SOURCE}/middleware/request_id.py.jinja"),
    Template(f"{_SOURCE}/middleware/security_headers.py.jinja"),
    Template(f"{_SOURCE}/migrate.py.jinja"),
    Template(f"{_SOURCE}/migrations/env.py.jinja"),
    Template(f"{_SOURCE}/migrations/script.py.mako"),
    Template(f"{_SOURCE}/rebuild.py.jinja", shows),
    Template(f"{_SOURCE}/streams.py.jinja", keeps_streams),
    Template(f"{_SOURCE}/transport.py"),
)
"""Rendered once a service with a ``ServiceView``."""

INITIAL_MIGRATION = Template(f"{_SOURCE}/migrations/versions/0001_initial.py.jinja")
"""Rendered once a service with an ``InitialView``."""

LATER_MIGRATION = Template(f"{_SOURCE}/migrations/versions/__migration__.py.jinja")
"""Rendered once each later migration with a ``MigrationView``."""

_DOMAIN = f"{_SOURCE}/domains/__domain__"

DOMAIN_TEMPLATES = (
    Template(f"{_DOMAIN}/__init__.py.jinja"),
    Template(f"{_DOMAIN}/events.py.jinja"),
    Template(f"{_DOMAIN}/models.py.jinja"),
    Template(f"{_DOMAIN}/repository.py.jinja"),
    Template(f"{_DOMAIN}/routes.py.jinja"),
    Template(f"{_DOMAIN}/rules.py.jinja", owned=False),
    Template(f"{_DOMAIN}/schemas.py.jinja"),
    Template(f"{_DOMAIN}/service.py.jinja"),
    Template(f"{_DOMAIN}/upcasters.py.jinja", owned=False, sourced=True),
)
"""Rendered once an entity with a ``DomainView``."""

TEST_TEMPLATES = (
    Template("tests/__init__.py"),
    Template("tests/conftest.py.jinja"),
    Template("tests/contract/__init__.py"),
    Template("tests/contract/hooks.py"),
    Template("tests/contract/test_events.py.jinja", tells_or_hears),
    Template("tests/contract/test_openapi.py.jinja"),
    Template("tests/contract/test_pacts.py.jinja", in_pacts),
    Template("tests/fixtures/__init__.py"),
    Template("tests/fixtures/factories.py.jinja"),
    Template("tests/fixtures/messaging.py.jinja"),
    Template("tests/fixtures/pacts.py.jinja", in_pacts),
    Template("tests/integration/__init__.py"),
    Template("tests/integration/test_compositions.py.jinja", composes),
    Template("tests/integration/test_event_store.py.jinja", keeps_streams),
    Template("tests/integration/test_jetstream.py.jinja", on_nats),
    Template("tests/integration/test_kafka.py.jinja", on_kafka),
    Template("tests/integration/test_messaging.py.jinja"),
    Template("tests/integration/test_rabbitmq.py.jinja", on_rabbitmq),
    Template("tests/integration/test_saga_orchestrator.py.jinja", coordinates),
    Template("tests/integration/test_saga_participant.py.jinja", participates),
    Template("tests/integration/test_saga_reaction.py.jinja", reacts),
    Template("tests/integration/test_saga_watcher.py.jinja", watches),
    Template("tests/integration/test_service.py.jinja"),
    Template("tests/integration/test_views.py.jinja", shows),
    Template("tests/unit/__init__.py"),
    Template("tests/unit/test_resilience.py.jinja"),
    Template("tests/unit/test_security.py.jinja"),
    Template("tests/unit/test_service_tokens.py.jinja", needs_tokens),
    Template("tests/unit/test_transport.py.jinja"),
    Template("tests/unit/test_values.py.jinja"),
)
"""Rendered once a service with a ``SuiteView``."""

DOMAIN_TEST_TEMPLATES = (
    Template("tests/integration/test___domain___api.py.jinja"),
    Template("tests/unit/test___domain__.py.jinja"),
)
"""Rendered once an entity with a ``DomainTests``."""
