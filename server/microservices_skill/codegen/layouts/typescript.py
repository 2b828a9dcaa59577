"""The files of a generated NestJS service: every template of the tree, and what is special about some."""

from __future__ import annotations

from microservices_skill.codegen.layouts.template import Template, calls, hears, tells_or_hears

TREE = "service-typescript"

SPECIAL = {
    template.path: template
    for template in (
        Template("src/domains/incoming.ts.jinja", hears),
        Template("src/infrastructure/http-client/clients.ts.jinja", calls),
        Template("src/domains/__domain__/__domain__.rules.ts.jinja", owned=False),
        Template("test/contract/events.test.ts.jinja", tells_or_hears),
    )
}
"""The templates that are not rendered for every service, or that belong to people afterwards."""
