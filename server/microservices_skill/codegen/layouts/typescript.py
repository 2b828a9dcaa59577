"""The files of a generated NestJS service: every template of the tree, and what is special about some."""

from __future__ import annotations

from microservices_skill.codegen.layouts.template import (
    Template,
    calls,
    coordinates,
    hears,
    in_pacts,
    in_sagas,
    participates,
    tells_or_hears,
)

TREE = "service-typescript"

SPECIAL = {
    template.path: template
    for template in (
        Template("src/domains/incoming.ts.jinja", hears),
        Template("src/domains/saga-definitions.ts.jinja", coordinates),
        Template("src/domains/saga-handlers.ts.jinja", in_sagas),
        Template("src/domains/saga-messages.ts.jinja", in_sagas),
        Template("src/domains/sagas.module.ts.jinja", in_sagas),
        Template("src/infrastructure/http-client/clients.ts.jinja", calls),
        Template("src/infrastructure/sagas/orchestrator.ts", coordinates),
        Template("src/infrastructure/sagas/saga-message.ts", in_sagas),
        Template("src/infrastructure/sagas/saga-participant.ts", participates),
        Template("src/infrastructure/sagas/saga-participation.entity.ts", participates),
        Template("src/infrastructure/sagas/saga-run.entity.ts", coordinates),
        Template("src/infrastructure/sagas/saga-runs.ts", coordinates),
        Template("src/infrastructure/sagas/saga.controller.ts", coordinates),
        Template("src/infrastructure/sagas/saga.ts", coordinates),
        Template("src/infrastructure/sagas/savepoint.ts", in_sagas),
        Template("src/domains/__domain__/__domain__.rules.ts.jinja", owned=False),
        Template("test/contract/events.test.ts.jinja", tells_or_hears),
        Template("test/contract/pacts.test.ts.jinja", in_pacts),
        Template("test/fixtures/pacts.ts", in_pacts),
        Template("test/integration/saga-orchestrator.test.ts", coordinates),
        Template("test/integration/saga-participant.test.ts", participates),
    )
}
"""The templates that are not rendered for every service, or that belong to people afterwards."""
