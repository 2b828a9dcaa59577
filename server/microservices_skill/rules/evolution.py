"""Whether what others rely on still holds, compared with the architecture before."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model import wire
from microservices_skill.model.fields import Field
from microservices_skill.model.service import Endpoint, Service
from microservices_skill.rules.analysis import Analysis
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.rule import rule


@rule("removed-event", Severity.ERROR)
def removed_event(analysis: Analysis) -> Iterator[Violation]:
    """An event that was published is gone.

    Why: its subscribers, in and outside the system, break.
    Fix: keep the old version beside the new one until nobody reads it.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 5: Avoiding breaking changes
    """
    previous = analysis.previous
    if previous is None:
        return
    now = {(event.name, event.version) for event in analysis.architecture.events}
    before = {(event.name, event.version) for event in previous.events}
    for name, version in sorted(before - now):
        if not any(other == name and (other, number) in before for other, number in now):
            yield Violation("/events", f"{name} version {version} is gone")


@rule("breaking-event-change", Severity.ERROR)
def breaking_event_change(analysis: Analysis) -> Iterator[Violation]:
    """An event changed under the same version.

    Why: subscribers that read the old shape break.
    Fix: publish the change as a new version and keep the old one.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 5: Avoiding breaking changes
    """
    previous = analysis.previous
    if previous is None:
        return
    before = {(event.name, event.version): event for event in previous.events}
    for index, event in enumerate(analysis.architecture.events):
        old = before.get((event.name, event.version))
        for field in old.payload if old is not None else ():
            change = _change(field, event.field(field.name))
            if change is not None:
                yield Violation(f"/events/{index}/payload", f"{field.name} of {event.name} {change} in version {event.version}")


@rule("removed-endpoint", Severity.ERROR)
def removed_endpoint(analysis: Analysis) -> Iterator[Violation]:
    """An operation that was offered is gone.

    Why: its callers break.
    Fix: keep it until no caller is left.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 5: Avoiding breaking changes
    """
    previous = analysis.previous
    if previous is None:
        return
    for service in previous.services:
        index = analysis.position.get(service.name)
        offered = {endpoint.operation for endpoint in analysis.architecture.services[index].endpoints} if index is not None else set()
        for endpoint in service.endpoints:
            if endpoint.operation not in offered:
                yield Violation(
                    "/services" if index is None else f"/services/{index}/endpoints", f"{endpoint.operation} of {service.name} is gone"
                )


@rule("moved-endpoint", Severity.ERROR)
def moved_endpoint(analysis: Analysis) -> Iterator[Violation]:
    """An operation's path or method changed.

    Why: its callers still use the old one.
    Fix: add a new operation and keep the old one.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 5: Avoiding breaking changes
    """
    previous = analysis.previous
    if previous is None:
        return
    for index, service in enumerate(analysis.architecture.services):
        before = previous.service(service.name)
        for place, endpoint in enumerate(service.endpoints):
            old = before.endpoint(endpoint.operation) if before is not None else None
            if before is None or old is None:
                continue
            at = f"/services/{index}/endpoints/{place}"
            was, became = _route(before, old), _route(service, endpoint)
            if was != became:
                yield Violation(f"{at}/path", f"{endpoint.operation} was {was} and is {became}")


@rule("new-required-request-field", Severity.ERROR)
def new_required_request_field(analysis: Analysis) -> Iterator[Violation]:
    """An existing operation asks for a new required field.

    Why: callers that do not send it are refused.
    Fix: make the field required: false, or add a new operation.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 5: Avoiding breaking changes
    """
    previous = analysis.previous
    if previous is None:
        return
    for index, service in enumerate(analysis.architecture.services):
        before = previous.service(service.name)
        for place, endpoint in enumerate(service.endpoints):
            old = before.endpoint(endpoint.operation) if before is not None else None
            if before is None or old is None:
                continue
            at = f"/services/{index}/endpoints/{place}"
            sent = {field.name for field in _request(before, old)}
            for field in _request(service, endpoint):
                if field.required and field.name not in sent:
                    yield Violation(at, f"{endpoint.operation} now requires {field.name}")


@rule("breaking-response-change", Severity.ERROR)
def breaking_response_change(analysis: Analysis) -> Iterator[Violation]:
    """A response lost or changed a field.

    Why: callers that read it break.
    Fix: keep the field, and add the new one beside it.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 5: Avoiding breaking changes
    """
    previous = analysis.previous
    if previous is None:
        return
    for index, service in enumerate(analysis.architecture.services):
        before = previous.service(service.name)
        for place, endpoint in enumerate(service.endpoints):
            old = before.endpoint(endpoint.operation) if before is not None else None
            if before is None or old is None:
                continue
            at = f"/services/{index}/endpoints/{place}"
            entity, former = service.entity(endpoint.entity), before.entity(old.entity)
            for field in former.fields if entity is not None and former is not None else ():
                change = _change(field, entity.field(field.name) if entity is not None else None)
                if change is not None:
                    yield Violation(at, f"{field.name} in the response of {endpoint.operation} {change}")


def _change(old: Field, new: Field | None) -> str | None:
    if new is None:
        return "is gone"
    if (old.type, old.object, old.items, old.values) != (new.type, new.object, new.items, new.values):
        return f"changed its type from {old.type} to {new.type}" if old.type is not new.type else "changed its type"
    if old.required and not new.required:
        return "is no longer always there"
    return None


def _route(service: Service, endpoint: Endpoint) -> str:
    entity = service.entity(endpoint.entity)
    method = endpoint.method or wire.METHODS[endpoint.action][0]
    return f"{method} {endpoint.path or (wire.default_path(endpoint, entity) if entity is not None else '')}"


def _request(service: Service, endpoint: Endpoint) -> tuple[Field, ...]:
    found = [operation for operation in wire.operations(service) if operation.endpoint is endpoint]
    return found[0].request_fields if found else ()
