"""Whether callers of the version before are still served: what an operation asks of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from microservices_skill.model import wire
from microservices_skill.model.entity import Invariant
from microservices_skill.model.fields import Field
from microservices_skill.model.service import Period, RateLimit
from microservices_skill.rules.comparison import Comparison, KeptOperation, value_types
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.rule import comparison_rule
from microservices_skill.rules.shapes import Change, Kind, Record, changes

_SECONDS = {Period.SECOND: 1, Period.MINUTE: 60, Period.HOUR: 3600}


@comparison_rule("removed-endpoint", Severity.ERROR)
def removed_endpoint(comparison: Comparison) -> Iterator[Violation]:
    """An operation that was offered is gone, or has another id.

    Why: its callers break the moment the service is deployed; a warning where it is internal and nobody calls it.
    Fix: keep it until no caller is left in the model before; a new id is a new operation beside it.
    Source: Google AIP-180, Backwards compatibility: existing components must not be removed
    """
    for kept in comparison.services:
        offered = {endpoint.operation for endpoint in kept.new.endpoints}
        for place, endpoint in enumerate(kept.old.endpoints):
            if endpoint.operation not in offered:
                was = f"{kept.was_at}/endpoints/{place}"
                audience = comparison.askers(kept.new.name, endpoint.operation)
                yield audience.violation(f"{kept.at}/endpoints", f"{endpoint.operation} of {kept.new.name} is gone (it was {was})")


@comparison_rule("moved-endpoint", Severity.ERROR)
def moved_endpoint(comparison: Comparison) -> Iterator[Violation]:
    """An operation's path or method changed.

    Why: its callers still use the old one; the name of a path parameter is not seen by them and may change.
    Fix: add a new operation and keep the old one.
    Source: Google AIP-180, Backwards compatibility: HTTP paths and methods must not change
    """
    for kept in comparison.operations:
        if _route(kept.old) != _route(kept.new):
            was, became = (f"{operation.method} {operation.path}" for operation in (kept.old, kept.new))
            yield kept.audience.violation(f"{kept.at}/path", f"{kept.new.id} was {was} and is {became}")


@comparison_rule("new-required-request-field", Severity.ERROR)
def new_required_request_field(comparison: Comparison) -> Iterator[Violation]:
    """An existing operation asks for a field, or a body, that callers need not send until now.

    Why: callers that do not send it are refused.
    Fix: make the field required: false, or add a new operation.
    Source: Google AIP-180, Backwards compatibility: no new required field in an existing request
    """
    for kept in comparison.operations:
        found = [change.text for change in _request_changes(kept) if change.kind in (Kind.ADDED_REQUIRED, Kind.BECAME_REQUIRED)]
        if not found and kept.new.has_body and not kept.old.has_body:
            found = ["a body must now be there"]
        for text in found:
            yield kept.audience.violation(kept.at, f"the request of {kept.new.id}: {text}")


@comparison_rule("tightened-request", Severity.ERROR)
def tightened_request(comparison: Comparison) -> Iterator[Violation]:
    """An existing operation refuses what it took.

    Why: callers still send it: a field or filter that is gone, a value of the old type, one beyond the new limit.
    Fix: keep taking the old form, and add a field or an operation for the stricter one.
    Source: Google AIP-180, Backwards compatibility: types, validation and semantics of a request must not tighten
    """
    kinds = (Kind.GONE, Kind.RETYPED, Kind.NARROWED)
    for kept in comparison.operations:
        refused = [f"the request of {kept.new.id}: {change.text}" for change in _request_changes(kept) if change.kind in kinds]
        filters = changes(_record(kept.old.filters, kept), _record(kept.new.filters, kept))
        refused += [f"the filters of {kept.new.id}: {change.text}" for change in filters if change.kind in kinds]
        if kept.old.has_body and kept.new.has_body:
            known = {_truth(each) for each in kept.old.entity.invariants}
            new = [each for each in kept.new.entity.invariants if _truth(each) not in known]
            refused += [f"the request of {kept.new.id} must now keep the invariant {each.name}" for each in new]
        for message in refused:
            yield kept.askers.violation(kept.at, message)


@comparison_rule("new-required-header", Severity.ERROR)
def new_required_header(comparison: Comparison) -> Iterator[Violation]:
    """An existing operation demands If-Match or Idempotency-Key that callers need not send until now.

    Why: callers that do not send it are refused with 428 or 400.
    Fix: add a new operation that demands it, and move the callers one by one.
    Source: Google AIP-180, Backwards compatibility: no new requirement on an existing request
    """
    for kept in comparison.operations:
        headers = (
            ("If-Match", kept.old.requires_if_match, kept.new.requires_if_match),
            ("Idempotency-Key", kept.old.needs_idempotency_key, kept.new.needs_idempotency_key),
        )
        for name, before, now in headers:
            if now and not before:
                yield kept.audience.violation(kept.at, f"{kept.new.id} now demands {name}")


@comparison_rule("lost-idempotence", Severity.ERROR)
def lost_idempotence(comparison: Comparison) -> Iterator[Violation]:
    """An operation that could be repeated safely no longer can.

    Why: callers repeat it after a timeout, as they were told they may; the work is then done twice.
    Fix: keep idempotent: true, or add a new operation that callers do not repeat.
    Source: Michael Nygard, Release It!, 2nd ed. (2018), ch. 5: Timeouts and retries
    """
    for kept in comparison.operations:
        if kept.old.endpoint.idempotent and not kept.new.endpoint.idempotent:
            yield kept.audience.violation(f"{kept.at}/idempotent", f"{kept.new.id} is no longer idempotent")


@comparison_rule("new-scope-needed", Severity.ERROR)
def new_scope_needed(comparison: Comparison) -> Iterator[Violation]:
    """An existing operation asks for a token, or a scope, that callers need not have until now.

    Why: tokens that were enough are refused with 401 or 403 until every caller is granted the scope.
    Fix: grant the scope to every caller before the operation demands it; then accept this finding with that reason.
    Source: OWASP API Security Top 10 (2023), API5; RFC 6750, section 3.1: insufficient_scope
    """
    for kept in comparison.operations:
        old, new = kept.old.endpoint, kept.new.endpoint
        if new.auth and not old.auth:
            yield kept.audience.violation(f"{kept.at}/auth", f"{new.operation} now needs a token")
        if new.auth and new.scope is not None and new.scope != (old.scope if old.auth else None):
            yield kept.audience.violation(f"{kept.at}/scope", f"{new.operation} now needs the scope {new.scope}, was {old.scope or 'none'}")


@comparison_rule("lowered-rate-limit", Severity.WARNING)
def lowered_rate_limit(comparison: Comparison) -> Iterator[Violation]:
    """A client may call an existing operation less often than before.

    Why: clients at the old rate are refused with 429.
    Fix: tell the clients and look at their present rate before the limit is lowered.
    Source: Michael Nygard, Release It!, 2nd ed. (2018), ch. 5: Shed load
    """
    for kept in comparison.operations:
        old, new = kept.old.endpoint.rate_limit, kept.new.endpoint.rate_limit
        if new is not None and (old is None or new.requests * _SECONDS[old.per] < old.requests * _SECONDS[new.per]):
            yield kept.audience.violation(f"{kept.at}/rateLimit", f"{kept.new.id} takes {_rate(new)}, was {_rate(old)}")


def _route(operation: wire.Operation) -> tuple[str, str]:
    return operation.method, re.sub(r"\{[^}]*\}", "{}", operation.path)


def _request_changes(kept: KeptOperation) -> Iterator[Change]:
    old = Record(kept.old.request_fields, value_types(kept.service.old))
    return changes(old, Record(kept.new.request_fields, value_types(kept.service.new)))


def _record(fields: tuple[Field, ...], kept: KeptOperation) -> Record:
    return Record(fields, value_types(kept.service.new))


def _truth(invariant: Invariant) -> tuple[str, str, str | None, int | None]:
    return invariant.field, invariant.operator, invariant.other, invariant.value


def _rate(limit: RateLimit | None) -> str:
    return "no limit" if limit is None else f"{limit.requests} per {limit.per}"
