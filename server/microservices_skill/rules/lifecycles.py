"""Whether the states of entities can be entered and left."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.rules.analysis import Analysis
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.rule import rule


@rule("unreachable-state", Severity.WARNING)
def unreachable_state(analysis: Analysis) -> Iterator[Violation]:
    """No transition leads to a state.

    Why: code and tests for it are dead, or a transition is missing.
    Fix: add a transition to it, or remove it.
    Source: OMG, Unified Modeling Language 2.5.1, ch. 14
    """
    for index, service in enumerate(analysis.architecture.services):
        for place, entity in enumerate(service.entities):
            lifecycle = entity.lifecycle
            if lifecycle is None:
                continue
            at = f"/services/{index}/entities/{place}/lifecycle"
            reached, frontier = {lifecycle.initial}, [lifecycle.initial]
            while frontier:
                state = frontier.pop()
                ahead = {each.to for each in lifecycle.transitions if state in each.sources} - reached
                reached |= ahead
                frontier += sorted(ahead)
            for number, state in enumerate(lifecycle.states):
                if state not in reached:
                    yield Violation(f"{at}/states/{number}", f"{entity.name} can never become {state}")


@rule("untriggered-transition", Severity.WARNING)
def untriggered_transition(analysis: Analysis) -> Iterator[Violation]:
    """No endpoint, subscription or saga triggers a transition.

    Why: the entity gets stuck before it.
    Fix: add an endpoint or subscription with action: transition, name it in a saga, or remove it.
    Source: OMG, Unified Modeling Language 2.5.1, ch. 14
    """
    for index, service in enumerate(analysis.architecture.services):
        for place, entity in enumerate(service.entities):
            lifecycle = entity.lifecycle
            if lifecycle is None:
                continue
            at = f"/services/{index}/entities/{place}/lifecycle"
            triggers = {each.transition for each in service.endpoints if each.entity == entity.name}
            triggers |= {each.transition for each in service.subscriptions if each.entity == entity.name}
            triggers |= {name for saga in analysis.architecture.orchestrations if saga.entity is entity for name in saga.locking}
            for number, transition in enumerate(lifecycle.transitions):
                if transition.name not in triggers:
                    yield Violation(f"{at}/transitions/{number}", f"nothing triggers {transition.name} of {entity.name}")


@rule("endless-lifecycle", Severity.INFO)
def endless_lifecycle(analysis: Analysis) -> Iterator[Violation]:
    """A lifecycle has no final state.

    Why: what never ends can never be archived or deleted safely.
    Fix: mark the end with a state that nothing leaves.
    Source: OMG, Unified Modeling Language 2.5.1, ch. 14
    """
    for index, service in enumerate(analysis.architecture.services):
        for place, entity in enumerate(service.entities):
            lifecycle = entity.lifecycle
            if lifecycle is None:
                continue
            at = f"/services/{index}/entities/{place}/lifecycle"
            left = {source for transition in lifecycle.transitions for source in transition.sources}
            if lifecycle.transitions and left >= set(lifecycle.states):
                yield Violation(f"{at}/states", f"every state of {entity.name} can be left")
