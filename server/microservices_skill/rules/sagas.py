"""Whether business transactions across services can be completed or undone."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model import choreography
from microservices_skill.model.messaging import Saga, SagaStep, SagaStyle
from microservices_skill.model.orchestration import obstacles
from microservices_skill.rules.analysis import Analysis
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.rule import rule


@rule("saga-step-without-compensation", Severity.ERROR)
def saga_step_without_compensation(analysis: Analysis) -> Iterator[Violation]:
    """A saga step cannot be undone although later steps can fail.

    Why: a failure leaves the business transaction half done.
    Fix: name compensation or compensationEvent, or move the step after the pivot.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 4
    """
    for index, saga in enumerate(analysis.architecture.sagas):
        pivot = next((place for place, step in enumerate(saga.steps) if step.pivot), len(saga.steps) - 1)
        for place, step in enumerate(saga.steps[:pivot]):
            if not step.has_compensation and not _only_reads(analysis, step):
                yield Violation(f"/sagas/{index}/steps/{place}", f"{step.name} of {saga.name} has no compensation")


@rule("saga-step-not-idempotent", Severity.ERROR)
def saga_step_not_idempotent(analysis: Analysis) -> Iterator[Violation]:
    """A saga step is not idempotent.

    Why: steps are delivered at least once; a repeat would act twice.
    Fix: make the step idempotent, for instance by an idempotency key.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 3 and 4
    """
    for index, saga in enumerate(analysis.architecture.sagas):
        for place, step in enumerate(saga.steps):
            at = f"/sagas/{index}/steps/{place}"
            if not step.idempotent:
                yield Violation(f"{at}/idempotent", f"{step.name} of {saga.name} is not idempotent")


@rule("saga-step-without-timeout", Severity.WARNING)
def saga_step_without_timeout(analysis: Analysis) -> Iterator[Violation]:
    """A saga step has no timeout.

    Why: a lost answer leaves the saga waiting for ever.
    Fix: set timeout on the step.
    Source: Michael Nygard, Release It!, 2nd ed. (2018), ch. 5: Timeouts
    """
    for index, saga in enumerate(analysis.architecture.sagas):
        for place, step in enumerate(saga.steps):
            at = f"/sagas/{index}/steps/{place}"
            if not step.timeout:
                yield Violation(f"{at}/timeout", f"{step.name} of {saga.name} may wait for ever")


@rule("saga-without-pivot", Severity.WARNING)
def saga_without_pivot(analysis: Analysis) -> Iterator[Violation]:
    """A saga has no pivot.

    Why: nobody knows from which step on it must go forward rather than back.
    Fix: mark the go/no-go step with pivot: true.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 4
    """
    for index, saga in enumerate(analysis.architecture.sagas):
        if len(saga.steps) > 1 and not any(step.pivot for step in saga.steps):
            yield Violation(f"/sagas/{index}/steps", f"{saga.name} has no pivot")


@rule("saga-with-many-pivots", Severity.WARNING)
def saga_with_many_pivots(analysis: Analysis) -> Iterator[Violation]:
    """A saga has more than one pivot.

    Why: only one step can be the point of no return.
    Fix: keep pivot: true on that one step.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 4
    """
    for index, saga in enumerate(analysis.architecture.sagas):
        pivots = [step.name for step in saga.steps if step.pivot]
        if len(pivots) > 1:
            yield Violation(f"/sagas/{index}/steps", f"{saga.name} has pivots {', '.join(pivots)}")


@rule("saga-step-not-retriable", Severity.WARNING)
def saga_step_not_retriable(analysis: Analysis) -> Iterator[Violation]:
    """A step after the pivot is not retriable.

    Why: after the point of no return the saga can only repeat until it succeeds.
    Fix: make the step retriable: true, or move it before the pivot.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 4
    """
    for index, saga in enumerate(analysis.architecture.sagas):
        pivot = next((place for place, step in enumerate(saga.steps) if step.pivot), len(saga.steps))
        for place, step in enumerate(saga.steps):
            if place > pivot and not step.retriable and not step.pivot:
                yield Violation(f"/sagas/{index}/steps/{place}", f"{step.name} of {saga.name} comes after the pivot and is not retriable")


@rule("saga-step-without-action", Severity.ERROR)
def saga_step_without_action(analysis: Analysis) -> Iterator[Violation]:
    """A saga step names neither an operation nor an event.

    Why: nothing starts the step.
    Fix: name the participant's operation or event.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 4
    """
    for index, saga in enumerate(analysis.architecture.sagas):
        for place, step in enumerate(saga.steps):
            at = f"/sagas/{index}/steps/{place}"
            if step.operation is None and step.event is None and step.erases is None:
                yield Violation(at, f"{step.name} of {saga.name} names neither operation nor event")


@rule("saga-cycle", Severity.WARNING)
def saga_cycle(analysis: Analysis) -> Iterator[Violation]:
    """A saga's participant calls back to its coordinator.

    Why: coordinator and participant wait for each other.
    Fix: let the participant answer by its response or by an event.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 4
    """
    for index, saga in enumerate(analysis.architecture.sagas):
        if saga.style is not SagaStyle.ORCHESTRATED:
            continue
        start = analysis.position[saga.coordinator]
        for place, step in enumerate(saga.steps):
            participant = analysis.position[step.service]
            apart = analysis.component[participant] != analysis.component[start]
            if step.operation is not None and apart and start in analysis.callees[participant]:
                yield Violation(f"/sagas/{index}/steps/{place}", f"{step.service} calls back to the coordinator {saga.coordinator}")


@rule("local-saga", Severity.INFO)
def local_saga(analysis: Analysis) -> Iterator[Violation]:
    """A saga stays inside one service.

    Why: a local transaction gives the same with full isolation.
    Fix: use one transaction and remove the saga.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 4
    """
    for index, saga in enumerate(analysis.architecture.sagas):
        if {step.service for step in saga.steps} == {saga.coordinator}:
            yield Violation(f"/sagas/{index}", f"every step of {saga.name} is in {saga.coordinator}")


@rule("saga-timeout-too-short", Severity.WARNING)
def saga_timeout_too_short(analysis: Analysis) -> Iterator[Violation]:
    """A saga times out before its steps may.

    Why: it is undone while a step is still within its time.
    Fix: raise the saga's timeout above the sum of its steps'.
    Source: Michael Nygard, Release It!, 2nd ed. (2018), ch. 5: Timeouts
    """
    for index, saga in enumerate(analysis.architecture.sagas):
        total = sum(step.timeout or 0 for step in saga.steps)
        if saga.timeout is not None and total > saga.timeout:
            yield Violation(f"/sagas/{index}/timeout", f"the steps of {saga.name} may take {total} ms, its timeout is {saga.timeout} ms")


@rule("long-choreography", Severity.INFO)
def long_choreography(analysis: Analysis) -> Iterator[Violation]:
    """A choreographed saga has more than 4 steps.

    Why: no single place shows the process or where it stands.
    Fix: orchestrate it.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 4
    """
    for index, saga in enumerate(analysis.architecture.sagas):
        if saga.style is SagaStyle.CHOREOGRAPHED and len(saga.steps) > 4:
            yield Violation(f"/sagas/{index}/style", f"{saga.name} is choreographed over {len(saga.steps)} steps")


@rule("incomplete-orchestration", Severity.WARNING)
def incomplete_orchestration(analysis: Analysis) -> Iterator[Violation]:
    """An orchestrated saga says where it starts, but leaves open what else it needs to be generated.

    Why: the coordinator cannot be generated, so nothing completes or undoes the business transaction.
    Fix: name entity, startsWith, succeedsWith and failsWith, and for each step an operation whose values the entity fills.
    Source: This project's generators: a saga runs from one entity of its coordinator;
        Chris Richardson, Microservices Patterns (2018), ch. 4: orchestration
    """
    for index, saga in enumerate(analysis.architecture.sagas):
        if saga.style is SagaStyle.ORCHESTRATED and (saga.entity or saga.starts_with):
            for at, said in obstacles(analysis.architecture.services_by_name, saga):
                yield Violation(f"/sagas/{index}{at}", f"{saga.name} {said}" if not at.startswith("/steps/") else f"{saga.name}: {said}")


@rule("incomplete-choreography", Severity.WARNING)
def incomplete_choreography(analysis: Analysis) -> Iterator[Violation]:
    """A choreographed saga says how it ends or by what it is followed, but leaves open what else it needs to be watched.

    Why: no service knows where a run stands; a silent participant leaves it half done, and no operator hears of it.
    Fix: name entity, startsWith, succeedsWith and failsWith; let one step of the coordinator decide; give each other step an
        event, doneBy and, before the decision, compensationEvent and undoneBy, with the participant's subscriptions.
    Source: This project's generators: a choreographed saga is watched by the service that starts it;
        Chris Richardson, Microservices Patterns (2018), ch. 4: choreography
    """
    newest = {name: versions[-1] for name, versions in analysis.architecture.events_by_name.items()}
    for index, saga in enumerate(analysis.architecture.sagas):
        wants = saga.succeeds_with or saga.fails_with or any(step.is_watched for step in saga.steps)
        if saga.style is SagaStyle.CHOREOGRAPHED and wants:
            for at, said in choreography.obstacles(analysis.architecture.services_by_name, newest, saga):
                yield Violation(f"/sagas/{index}{at}", f"{saga.name} {said}" if not at.startswith("/steps/") else f"{saga.name}: {said}")


@rule("uncovered-strong-consistency", Severity.ERROR)
def uncovered_strong_consistency(analysis: Analysis) -> Iterator[Violation]:
    """Data must agree across services at once, but no saga covers it.

    Why: without one transaction or a saga the services will disagree after a failure.
    Fix: move the data into one service, or define a saga with covers naming the data.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 4
    """
    covered = {line.casefold() for saga in analysis.architecture.sagas for line in saga.covers}
    for index, need in enumerate(analysis.architecture.system.requirements.strong_consistency):
        together = any(set(need.services) <= _members(saga) for saga in analysis.architecture.sagas)
        if len(set(need.services)) > 1 and not together and need.data.casefold() not in covered:
            yield Violation(
                f"/system/requirements/strongConsistency/{index}", f"no saga covers {need.data} across {', '.join(need.services)}"
            )


def _members(saga: Saga) -> set[str]:
    return {saga.coordinator, *(step.service for step in saga.steps)}


def _only_reads(analysis: Analysis, step: SagaStep) -> bool:
    service = analysis.architecture.service(step.service)
    endpoint = service.endpoint(step.operation) if service is not None and step.operation is not None else None
    return endpoint is not None and not endpoint.action.is_mutation
