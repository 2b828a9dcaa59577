"""Whether a service still stands where others look for it, and promises what it promised."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model.service import Exposure
from microservices_skill.model.types import format_duration
from microservices_skill.rules.comparison import Comparison
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.rule import comparison_rule


@comparison_rule("removed-service", Severity.ERROR)
def removed_service(comparison: Comparison) -> Iterator[Violation]:
    """A service that others call is gone.

    Why: callers outside the system, and those that still name it, reach nothing; a warning where the new model calls it no more.
    Fix: move its callers first and deploy them, then remove it; a new name is a new service beside it.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 5: Avoiding breaking changes
    """
    called = {dependency.to for service in comparison.new.services for dependency in service.dependencies}
    for index, service in enumerate(comparison.old.services):
        if service.name in comparison.position:
            continue
        audience = comparison.dependents(service.name)
        if audience.is_nobody and not service.endpoints:
            continue
        severity = None if audience.outside or service.name in called else Severity.WARNING
        yield Violation("/services", f"{service.name} is gone (it was /services/{index}); {audience}", severity)


@comparison_rule("no-longer-public", Severity.ERROR)
def no_longer_public(comparison: Comparison) -> Iterator[Violation]:
    """A public service became internal.

    Why: callers outside the system no longer reach it.
    Fix: keep exposure: public until they have moved, and offer what they need elsewhere.
    Source: Google AIP-180, Backwards compatibility: existing components must not be removed
    """
    for kept in comparison.services:
        if kept.old.exposure is Exposure.PUBLIC and kept.new.exposure is Exposure.INTERNAL and kept.old.endpoints:
            yield Violation(f"{kept.at}/exposure", f"{kept.new.name} was public and is internal")


@comparison_rule("deployment-order", Severity.INFO)
def deployment_order(comparison: Comparison) -> Iterator[Violation]:
    """A service uses what its neighbour does not offer until the new version is deployed.

    Why: deployed first, it calls an operation that is not there, or waits for an event or a field that nobody sends.
    Fix: deploy the neighbour first, or let the service bear its absence.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 5: Avoiding breaking changes
    """
    for index, service in enumerate(comparison.new.services):
        for place, dependency in enumerate(service.dependencies):
            callee = comparison.old.service(dependency.to)
            if callee is None:
                continue
            for operation in dependency.operations:
                if callee.endpoint(operation) is None:
                    message = f"{service.name} calls {operation} of {callee.name}, which is new: deploy {callee.name} first"
                    yield Violation(f"/services/{index}/dependencies/{place}/operations", message)
        for place, subscription in enumerate(service.subscriptions):
            old, new = comparison.old.event(subscription.event), comparison.new.event(subscription.event)
            if old is None or new is None or old.version != new.version:
                continue
            mappings = (*subscription.set, *((subscription.match,) if subscription.match is not None else ()))
            for name in dict.fromkeys(mapping.source for mapping in mappings):
                if old.field(name) is None and new.field(name) is not None:
                    message = f"{service.name} reads {name} of {new.name}, which is new: deploy {new.publisher} first"
                    yield Violation(f"/services/{index}/subscriptions/{place}", message)


@comparison_rule("lowered-slo", Severity.WARNING)
def lowered_slo(comparison: Comparison) -> Iterator[Violation]:
    """A service or an operation promises less than before.

    Why: callers reckoned their own promises and timeouts with the old one.
    Fix: tell the callers, and check their timeouts and promises against the new one.
    Source: Google, Site Reliability Engineering (2016), ch. 4: Service Level Objectives
    """
    for kept in comparison.services:
        old, new = kept.old.slo, kept.new.slo
        if new.availability < old.availability:
            message = f"{kept.new.name} promises {new.availability:g} % availability, was {old.availability:g} %"
            yield Violation(f"{kept.at}/slo/availability", message)
        if new.p99 > old.p99:
            yield Violation(f"{kept.at}/slo/p99", f"{kept.new.name} promises {_slower(old.p99, new.p99)}")
    for operation in comparison.operations:
        was, became = operation.old.endpoint.p99, operation.new.endpoint.p99
        if was is not None and became is not None and became > was:
            yield Violation(f"{operation.at}/p99", f"{operation.new.id} promises {_slower(was, became)}")


def _slower(was: int, became: int) -> str:
    return f"a p99 of {format_duration(became)}, was {format_duration(was)}"
