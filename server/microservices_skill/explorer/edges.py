"""What flows between the nodes: calls that are waited for, events and commands over the broker, and who keeps data where."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.explorer.nodes import callee_id, service_id, store_id
from microservices_skill.explorer.page import Edge, Link
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.messaging import SagaStyle
from microservices_skill.model.types import format_duration
from microservices_skill.rules.analysis import Analysis, Call

Pairs = dict[tuple[str, str], list[str]]


def edges(architecture: Architecture) -> Iterator[Edge]:
    """Every edge: calls in the order of the document, then events and commands, one for each pair, then stores."""
    yield from (_call(architecture, call) for call in Analysis(architecture).all_calls)
    yield from (Edge(*pair, Link.EVENT, tuple(names)) for pair, names in _events(architecture).items())
    yield from (Edge(*pair, Link.COMMAND, tuple(names)) for pair, names in _commands(architecture).items())
    for service in architecture.services:
        yield from (Edge(service_id(service.name), store_id(store), Link.STORE, ()) for store in service.stores)


def _call(architecture: Architecture, call: Call) -> Edge:
    found = call.dependency
    facts = [
        ("Protocol", str(found.protocol)),
        ("Timeout", format_duration(found.timeout) if found.timeout else "none"),
        ("Attempts", str(call.attempts)),
        ("Circuit breaker", f"after {found.circuit_breaker.failures} failures" if found.circuit_breaker is not None else "none"),
        ("Bulkhead", f"{found.bulkhead} at once" if found.bulkhead is not None else "none"),
        ("If it fails", "the caller fails, too" if call.is_hard else f"{found.fallback}, the caller goes on"),
    ]
    return Edge(
        source=service_id(architecture.services[call.caller].name),
        target=callee_id(architecture, found.to),
        kind=Link.CALL,
        what=found.operations,
        about=found.purpose,
        timeout=found.timeout or 0,
        attempts=call.attempts,
        patience=call.patience or 0,
        is_hard=call.is_hard,
        facts=tuple(facts),
    )


def _events(architecture: Architecture) -> Pairs:
    found: Pairs = {}
    for name in sorted(architecture.events_by_name):
        publisher = architecture.events_by_name[name][-1].publisher
        for subscriber in architecture.subscribers(name):
            found.setdefault((service_id(publisher), service_id(subscriber)), []).append(name)
    return found


def _commands(architecture: Architecture) -> Pairs:
    """A coordinator's commands; the replies travel back the same way and are not drawn."""
    found: Pairs = {}
    for saga in architecture.sagas:
        for step in saga.steps:
            if saga.style is SagaStyle.ORCHESTRATED and step.service != saga.coordinator:
                steps = found.setdefault((service_id(saga.coordinator), service_id(step.service)), [])
                steps.append(f"{step.operation or step.name} ({saga.name})")
    return found
