"""The files of a generated NestJS service: every template of the tree, and what is special about some."""

from __future__ import annotations

from microservices_skill.codegen.layouts.template import (
    Template,
    calls,
    coordinates,
    hears,
    in_pacts,
    in_sagas,
    is_orchestrated,
    keeps,
    keeps_runs,
    participates,
    reacts,
    refuses,
    shows,
    takes_part,
    tells_or_hears,
    watches,
)

TREE = "service-typescript"

SPECIAL = {
    template.path: template
    for template in (
        Template("src/domains/incoming.ts.jinja", hears),
        Template("src/domains/refusals.ts.jinja", refuses),
        Template("src/domains/saga-definitions.ts.jinja", keeps_runs),
        Template("src/domains/saga-handlers.ts.jinja", is_orchestrated),
        Template("src/domains/saga-messages.ts.jinja", is_orchestrated),
        Template("src/domains/sagas.module.ts.jinja", in_sagas),
        Template("src/domains/view-rows.entity.ts.jinja", shows),
        Template("src/domains/views.controller.ts.jinja", shows),
        Template("src/domains/views.dto.ts.jinja", shows),
        Template("src/domains/views.module.ts.jinja", shows),
        Template("src/domains/views.ts.jinja", shows),
        Template("src/infrastructure/http-client/clients.ts.jinja", calls),
        Template("src/infrastructure/event-bus/publish-again.ts", watches),
        Template("src/infrastructure/sagas/choreography.ts", watches),
        Template("src/infrastructure/sagas/orchestrator.ts", coordinates),
        Template("src/infrastructure/sagas/progress.ts", watches),
        Template("src/infrastructure/sagas/saga-commands.ts", coordinates),
        Template("src/infrastructure/sagas/saga-keeper.ts", keeps_runs),
        Template("src/infrastructure/sagas/saga-message.ts", is_orchestrated),
        Template("src/infrastructure/sagas/saga-outcome.ts", in_sagas),
        Template("src/infrastructure/sagas/saga-participant.ts", participates),
        Template("src/infrastructure/sagas/saga-participation.ts", takes_part),
        Template("src/infrastructure/sagas/saga-participation.entity.ts", takes_part),
        Template("src/infrastructure/sagas/saga-reactions.ts", reacts),
        Template("src/infrastructure/sagas/saga-run.entity.ts", keeps_runs),
        Template("src/infrastructure/sagas/saga-runs.ts", keeps_runs),
        Template("src/infrastructure/sagas/saga-step.entity.ts", watches),
        Template("src/infrastructure/sagas/saga.controller.ts", keeps_runs),
        Template("src/infrastructure/sagas/saga.ts", coordinates),
        Template("src/infrastructure/sagas/savepoint.ts", in_sagas),
        Template("src/infrastructure/views/rebuild.ts", shows),
        Template("src/infrastructure/views/view-row.entity.ts", shows),
        Template("src/infrastructure/views/view.ts", shows),
        Template("src/infrastructure/views/views.ts", shows),
        Template("src/rebuild.ts", shows),
        Template("src/infrastructure/sagas/watch.ts", watches),
        Template("src/infrastructure/sagas/watcher.ts", watches),
        Template("src/domains/__domain__/__domain__.rules.ts.jinja", owned=False),
        Template("test/fixtures/factories.ts.jinja", keeps),
        Template("test/contract/events.test.ts.jinja", tells_or_hears),
        Template("test/contract/pacts.test.ts.jinja", in_pacts),
        Template("test/fixtures/pacts.ts", in_pacts),
        Template("test/integration/saga-orchestrator.test.ts", coordinates),
        Template("test/integration/saga-participant.test.ts", participates),
        Template("test/integration/views.test.ts.jinja", shows),
        Template("test/integration/saga-reactions.test.ts", reacts),
        Template("test/integration/saga-watcher.test.ts", watches),
    )
}
"""The templates that are not rendered for every service, or that belong to people afterwards."""
