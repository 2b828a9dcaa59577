"""Whether APIs can be called again, in parts and in later versions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from microservices_skill.model import wire
from microservices_skill.model.service import Action, Method
from microservices_skill.rules.analysis import Analysis
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.rule import rule

_VERSIONED = re.compile(r"^/v[0-9]+(/|$)")


@rule("non-idempotent-write", Severity.WARNING)
def non_idempotent_write(analysis: Analysis) -> Iterator[Violation]:
    """A POST or PUT is not idempotent.

    Why: a client that lost the answer cannot safely ask again.
    Fix: set idempotent: true and use an Idempotency-Key.
    Source: RFC 9110, section 9.2.2; Sam Newman, Building Microservices, 2nd ed. (2021), ch. 12
    """
    for index, service in enumerate(analysis.architecture.services):
        for place, endpoint in enumerate(service.endpoints):
            at = f"/services/{index}/endpoints/{place}"
            method = endpoint.method or wire.METHODS[endpoint.action][0]
            if method in (Method.POST, Method.PUT) and not endpoint.idempotent:
                yield Violation(f"{at}/idempotent", f"{method} {endpoint.operation} of {service.name} is not idempotent")


@rule("unversioned-path", Severity.WARNING)
def unversioned_path(analysis: Analysis) -> Iterator[Violation]:
    """A path has no version.

    Why: a breaking change then breaks every client at once.
    Fix: begin the path with /v1.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 5
    """
    for index, service in enumerate(analysis.architecture.services):
        for place, endpoint in enumerate(service.endpoints):
            at = f"/services/{index}/endpoints/{place}"
            if endpoint.path is not None and not _VERSIONED.match(endpoint.path):
                yield Violation(f"{at}/path", f"{endpoint.path} names no version")


@rule("unbounded-list", Severity.WARNING)
def unbounded_list(analysis: Analysis) -> Iterator[Violation]:
    """A list is not paginated.

    Why: its answer grows with the data until it times out.
    Fix: set paginated: true.
    Source: OWASP API Security Top 10 (2023), API4: Unrestricted Resource Consumption
    """
    for index, service in enumerate(analysis.architecture.services):
        for place, endpoint in enumerate(service.endpoints):
            at = f"/services/{index}/endpoints/{place}"
            if endpoint.action is Action.LIST and not endpoint.paginated:
                yield Violation(f"{at}/paginated", f"{endpoint.operation} of {service.name} returns everything at once")


@rule("unnamed-operations", Severity.INFO)
def unnamed_operations(analysis: Analysis) -> Iterator[Violation]:
    """A dependency does not say which operations it uses.

    Why: contract tests and the effect of a change cannot be derived.
    Fix: list the callee's operations.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 9: consumer-driven contract tests
    """
    for call in analysis.all_calls:
        if call.callee is not None and not call.dependency.operations:
            yield Violation(
                call.at, f"{analysis.architecture.services[call.caller].name} does not say what it calls of {call.dependency.to}"
            )
