"""What happens in time: events between services, and sagas with their compensations."""

from __future__ import annotations

from itertools import takewhile

from microservices_skill.diagrams.escaping import alias, label
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.messaging import Saga, SagaStep, SagaStyle


def events(architecture: Architecture) -> str:
    """Who tells whom what."""
    lines = ["flowchart LR"]
    lines += [f'  {alias(service.name)}["{label(service.name)}"]' for service in architecture.services]
    for name in sorted(architecture.events_by_name):
        event = architecture.events_by_name[name][-1]
        for subscriber in architecture.subscribers(name):
            lines.append(f'  {alias(event.publisher)} -- "{label(name)}" --> {alias(subscriber)}')
        for index, consumer in enumerate(event.external_consumers):
            outside = f"outside_{alias(name)}_{index}"
            lines.append(f'  {alias(event.publisher)} -- "{label(name)}" --> {outside}(["{label(consumer)}"])')
    return "\n".join(lines) + "\n"


def saga(architecture: Architecture, found: Saga) -> str:
    """The steps of a saga, and their compensations in reverse: commanded by the coordinator, or following from events."""
    participants = list(dict.fromkeys([found.coordinator, *(step.service for step in found.steps)]))
    lines = ["sequenceDiagram"]
    lines += [f"  participant {alias(name)} as {label(name)}" for name in participants]
    lines.append(f"  Note over {alias(found.coordinator)}: {label(found.starts_with or found.name)}")
    lines += [line for step in found.steps for line in _step(architecture, found, step)]
    before = list(takewhile(lambda step: not step.pivot, found.steps))
    undone = [step for step in reversed(before) if step.has_compensation]
    if undone:
        lines.append("  alt a step up to the pivot fails")
        for step in undone:
            what = step.compensation or step.compensation_event or ""
            lines.append(f"    {alias(found.coordinator)}->>{alias(step.service)}: undo {label(step.name)} by {label(what)}")
        lines.append("  end")
    return "\n".join(lines) + "\n"


def _step(architecture: Architecture, found: Saga, step: SagaStep) -> list[str]:
    what = step.operation or step.event or (f"erase {step.erases}" if step.erases is not None else step.name)
    pivot = " (pivot)" if step.pivot else ""
    event = architecture.event(step.event) if step.event is not None and found.style is SagaStyle.CHOREOGRAPHED else None
    sender = event.publisher if event is not None else found.coordinator
    arrow = "-)" if step.event is not None else "->>"
    lines = [f"  {alias(sender)}{arrow}{alias(step.service)}: {label(step.name)} by {label(what)}{pivot}"]
    if step.done_by is not None:
        lines.append(f"  {alias(step.service)}--){alias(found.coordinator)}: {label(step.done_by)}")
    return lines
