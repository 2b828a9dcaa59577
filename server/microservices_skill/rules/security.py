"""Who may do what, and where sensitive data goes."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model import wire
from microservices_skill.model.fields import Classification
from microservices_skill.model.service import Action, Exposure
from microservices_skill.model.system import AuthKind, Regulation
from microservices_skill.rules.analysis import Analysis
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.rule import rule
from microservices_skill.rules.texts import secret_in, texts

_RANK = {each: rank for rank, each in enumerate(Classification)}


@rule("unauthenticated-write", Severity.ERROR)
def unauthenticated_write(analysis: Analysis) -> Iterator[Violation]:
    """A public endpoint changes data without authentication.

    Why: anyone on the internet may write.
    Fix: set auth: true and a scope.
    Source: OWASP API Security Top 10 (2023), API2: Broken Authentication
    """
    for index, service in enumerate(analysis.architecture.services):
        for place, endpoint in enumerate(service.endpoints):
            at = f"/services/{index}/endpoints/{place}"
            if service.exposure is not Exposure.PUBLIC:
                continue
            if endpoint.action.is_mutation and not endpoint.auth:
                yield Violation(f"{at}/auth", f"anyone may call {endpoint.operation} of {service.name}")


@rule("unauthenticated-read", Severity.WARNING)
def unauthenticated_read(analysis: Analysis) -> Iterator[Violation]:
    """A public endpoint shows data without authentication.

    Why: it is open to everyone and to every scraper.
    Fix: set auth: true, or accept the risk for data meant for all.
    Source: OWASP API Security Top 10 (2023), API2: Broken Authentication
    """
    for index, service in enumerate(analysis.architecture.services):
        for place, endpoint in enumerate(service.endpoints):
            at = f"/services/{index}/endpoints/{place}"
            if service.exposure is not Exposure.PUBLIC:
                continue
            if not endpoint.action.is_mutation and not endpoint.auth:
                yield Violation(f"{at}/auth", f"anyone may call {endpoint.operation} of {service.name}")


@rule("missing-scope", Severity.WARNING)
def missing_scope(analysis: Analysis) -> Iterator[Violation]:
    """A public endpoint asks for no scope.

    Why: every valid token may call it.
    Fix: set scope, such as orders:write.
    Source: OWASP API Security Top 10 (2023), API5: Broken Function Level Authorization
    """
    for index, service in enumerate(analysis.architecture.services):
        for place, endpoint in enumerate(service.endpoints):
            at = f"/services/{index}/endpoints/{place}"
            if service.exposure is not Exposure.PUBLIC:
                continue
            if endpoint.auth and endpoint.scope is None:
                yield Violation(at, f"every token may call {endpoint.operation} of {service.name}")


@rule("missing-rate-limit", Severity.WARNING)
def missing_rate_limit(analysis: Analysis) -> Iterator[Violation]:
    """A public endpoint has no rate limit.

    Why: one client can take all capacity.
    Fix: set rateLimit.
    Source: OWASP API Security Top 10 (2023), API4: Unrestricted Resource Consumption
    """
    for index, service in enumerate(analysis.architecture.services):
        for place, endpoint in enumerate(service.endpoints):
            at = f"/services/{index}/endpoints/{place}"
            if service.exposure is not Exposure.PUBLIC:
                continue
            if endpoint.rate_limit is None:
                yield Violation(at, f"{endpoint.operation} of {service.name} takes any number of requests")


@rule("no-authentication", Severity.ERROR)
def no_authentication(analysis: Analysis) -> Iterator[Violation]:
    """The platform has no authentication but a service is public.

    Why: nobody's identity is known, so nothing can be allowed or refused.
    Fix: set system.platform.auth: jwt.
    Source: OWASP API Security Top 10 (2023), API2: Broken Authentication
    """
    public = [service.name for service in analysis.architecture.services if service.exposure is Exposure.PUBLIC]
    if public and analysis.architecture.system.platform.auth is AuthKind.NONE:
        yield Violation("/system/platform/auth", f"auth: none, but {', '.join(public[:5])} is public")


@rule("public-without-gateway", Severity.WARNING)
def public_without_gateway(analysis: Analysis) -> Iterator[Violation]:
    """A public service stands on the internet without a gateway.

    Why: each service must do TLS, limits and routing alone.
    Fix: set system.platform.gateway: true.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 8: API gateway
    """
    gateway = analysis.architecture.system.platform.gateway
    if not gateway and any(service.exposure is Exposure.PUBLIC for service in analysis.architecture.services):
        yield Violation("/system/platform/gateway", "public services and gateway: false")


@rule("underclassified-event", Severity.ERROR)
def underclassified_event(analysis: Analysis) -> Iterator[Violation]:
    """An event carries data more sensitive than its classification.

    Why: the broker, its logs and its readers treat it too lightly.
    Fix: raise the event's classification, or leave the field out.
    Source: OWASP ASVS 4.0.3, V8: Data Protection
    """
    for index, event in enumerate(analysis.architecture.events):
        for place, field in enumerate(event.payload):
            if _RANK[field.classification] > max(_RANK[event.classification], _RANK[Classification.INTERNAL]):
                yield Violation(
                    f"/events/{index}/payload/{place}", f"{field.name} is {field.classification}, {event.name} only {event.classification}"
                )


@rule("declassified-payload", Severity.WARNING)
def declassified_payload(analysis: Analysis) -> Iterator[Violation]:
    """A payload field is classified below the entity's field that it is taken from.

    Why: sensitive data leaves its service unmarked.
    Fix: give the payload field the entity field's classification.
    Source: OWASP ASVS 4.0.3, V8: Data Protection
    """
    for index, event in enumerate(analysis.architecture.events):
        publisher = analysis.architecture.service(event.publisher)
        entities = {emission.entity.name for emission in analysis.emissions.get(event.name, ())} | {event.entity or ""}
        for place, field in enumerate(event.payload):
            for entity in publisher.entities if publisher is not None else ():
                origin = entity.field(field.source or field.name) if entity.name in entities else None
                if origin is not None and origin.classification.is_sensitive and _RANK[origin.classification] > _RANK[field.classification]:
                    yield Violation(
                        f"/events/{index}/payload/{place}",
                        f"{field.name} is {field.classification}, {entity.name}.{origin.name} {origin.classification}",
                    )


@rule("spread-card-data", Severity.ERROR)
def spread_card_data(analysis: Analysis) -> Iterator[Violation]:
    """Card data is in more than one service under PCI DSS.

    Why: every service that touches it is in scope of the audit.
    Fix: keep card data in one service and pass a token.
    Source: PCI DSS 4.0, scope of requirements
    """
    if Regulation.PCI_DSS not in analysis.architecture.system.requirements.regulations:
        return
    holders: dict[int, str] = {}
    for index, service in enumerate(analysis.architecture.services):
        fields = [each.fields for each in service.entities] + [each.fields for each in service.value_types]
        if any(field.classification is Classification.CARD for each in fields for field in each):
            holders[index] = f"/services/{index}"
    for event in analysis.architecture.events:
        if any(field.classification is Classification.CARD for field in event.payload):
            for name in (event.publisher, *analysis.architecture.subscribers(event.name)):
                holders.setdefault(analysis.position[name], f"/services/{analysis.position[name]}")
    for index, at in sorted(holders.items()) if len(holders) > 1 else ():
        yield Violation(at, f"{analysis.architecture.services[index].name} is one of {len(holders)} services with card data")


@rule("personal-data-in-event-stream", Severity.WARNING)
def personal_data_in_event_stream(analysis: Analysis) -> Iterator[Violation]:
    """An event-sourced entity holds personal data.

    Why: its events are never changed, so what a person has a right to have erased stays for ever.
    Fix: keep such data in an entity with persistence: state that this one refers to by its id.
    Source: Regulation (EU) 2016/679 (GDPR), art. 17: right to erasure
    """
    for index, service in enumerate(analysis.architecture.services):
        for place, entity in enumerate(service.entities):
            for number, field in enumerate(entity.fields if entity.is_event_sourced else ()):
                if field.classification.is_sensitive:
                    at = f"/services/{index}/entities/{place}/fields/{number}"
                    yield Violation(at, f"{field.name} of {entity.name} is {field.classification} and would stay in its stream for ever")


@rule("shared-sensitive-event", Severity.WARNING)
def shared_sensitive_event(analysis: Analysis) -> Iterator[Violation]:
    """A sensitive event leaves the system.

    Why: its readers are outside the team's control.
    Fix: send identifiers only, or accept the risk with the agreement that covers it.
    Source: Regulation (EU) 2016/679 (GDPR), art. 28
    """
    for index, event in enumerate(analysis.architecture.events):
        if event.classification.is_sensitive and event.external_consumers:
            yield Violation(f"/events/{index}/externalConsumers", f"{event.name} is {event.classification} and read outside the system")


@rule("secret-in-payload", Severity.ERROR)
def secret_in_payload(analysis: Analysis) -> Iterator[Violation]:
    """An event carries a secret.

    Why: it is copied to the broker, the outbox and every subscriber.
    Fix: leave it out; pass a reference to a secret store.
    Source: OWASP Secrets Management Cheat Sheet
    """
    for index, event in enumerate(analysis.architecture.events):
        for place, field in enumerate(event.payload):
            if field.classification is Classification.SECRET:
                yield Violation(f"/events/{index}/payload/{place}", f"{field.name} of {event.name} is a secret")


@rule("secret-in-response", Severity.ERROR)
def secret_in_response(analysis: Analysis) -> Iterator[Violation]:
    """An endpoint's response shows a secret.

    Why: callers, caches and logs keep a copy.
    Fix: move the secret to a secret store or an entity without endpoints.
    Source: OWASP API Security Top 10 (2023), API3: Broken Object Property Level Authorization
    """
    for index, service in enumerate(analysis.architecture.services):
        shown = {endpoint.entity for endpoint in service.endpoints if endpoint.action is not Action.DELETE}
        kept = [(f"entities/{place}", entity.name, entity.fields) for place, entity in enumerate(service.entities)]
        kept += [(f"views/{place}", view.name, view.fields) for place, view in enumerate(service.views)]
        for at, name, fields in kept:
            for number, field in enumerate(fields):
                if name in shown and field.classification is Classification.SECRET:
                    yield Violation(f"/services/{index}/{at}/fields/{number}", f"{field.name} of {name} is a secret and in responses")


@rule("sensitive-filter", Severity.WARNING)
def sensitive_filter(analysis: Analysis) -> Iterator[Violation]:
    """A list is filtered by sensitive data.

    Why: values in a URL end up in logs and histories.
    Fix: filter by an identifier, or take the field out of filters.
    Source: OWASP ASVS 4.0.3, V8.3.1
    """
    for index, service in enumerate(analysis.architecture.services):
        for place, endpoint in enumerate(service.endpoints):
            at = f"/services/{index}/endpoints/{place}"
            entity = wire.subject(service, endpoint)
            for number, name in enumerate(endpoint.filters):
                field = entity.field(name) if entity is not None else None
                if field is not None and field.classification.is_sensitive:
                    yield Violation(f"{at}/filters/{number}", f"{name} is {field.classification} and would stand in URLs")


@rule("secret-literal", Severity.ERROR)
def secret_literal(analysis: Analysis) -> Iterator[Violation]:
    """A text holds what looks like a secret.

    Why: the document is in git and in every generated file.
    Fix: remove it, revoke it, and read it from the environment.
    Source: OWASP Secrets Management Cheat Sheet
    """
    for at, text in texts(analysis.architecture):
        kind = secret_in(text)
        if kind is not None:
            yield Violation(at, f"the text holds what looks like {kind}")
