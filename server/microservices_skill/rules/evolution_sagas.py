"""Whether a new version of an orchestrated saga can end the runs that the version before has begun.

A run knows its step by name and goes on from there in the new version's order; whoever took part in it keeps what it did.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from microservices_skill.model.messaging import Event, SagaStyle
from microservices_skill.model.orchestration import Orchestration, Part
from microservices_skill.rules.comparison import Comparison, value_types
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.rule import comparison_rule
from microservices_skill.rules.shapes import Change, Kind, Record, changes


@dataclass(frozen=True, slots=True)
class KeptStep:
    """A step in both versions: of one name, in one service, on one kind of entity."""

    at: str
    old: Part
    new: Part


@dataclass(frozen=True, slots=True)
class KeptSaga:
    """A saga that one coordinator runs for one kind of entity in both versions."""

    at: str
    old: Orchestration
    new: Orchestration

    @property
    def name(self) -> str:
        """Its name."""
        return self.new.saga.name

    @property
    def steps(self) -> tuple[KeptStep, ...]:
        """The steps of both versions, in the new one's order."""
        before = {part.step.name: part for part in self.old.parts}
        pairs = ((before.get(part.step.name), part) for part in self.new.parts)
        return tuple(KeptStep(self.place(new), old, new) for old, new in pairs if old is not None and _is_same(old, new))

    def place(self, part: Part) -> str:
        """The pointer of a step of the new version."""
        return f"{self.at}/steps/{self.new.saga.steps.index(part.step)}"


@comparison_rule("removed-saga", Severity.ERROR)
def removed_saga(comparison: Comparison) -> Iterator[Violation]:
    """An orchestrated saga is gone, or another coordinator or entity has taken it over.

    Why: runs that are open stay open: nothing takes in their replies, undoes what was done, or ends the entity's pending state.
    Fix: stop starting it first (take startsWith's operation away), let /sagas show that no run is open, then remove it.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 4: the state of a saga orchestrator is kept in its service
    """
    for index, old in _orchestrated(comparison):
        name = old.saga.name
        found = next((each for each in comparison.new.sagas if each.name == name), None)
        if found is not None and (
            found.style is not SagaStyle.ORCHESTRATED or any(each.saga is found for each in _kept_new(comparison, old))
        ):
            continue
        if found is None:
            yield Violation("/sagas", f"{name} of {old.coordinator.name} is gone (it was /sagas/{index})")
            continue
        at = f"/sagas/{comparison.new.sagas.index(found)}"
        now = f"{found.coordinator} for {found.entity or 'no entity'}"
        is_moved = (found.coordinator, found.entity) != (old.coordinator.name, old.entity.name)
        said = f"is run by {now}, was by {old.coordinator.name} for {old.entity.name}" if is_moved else "is no longer described completely"
        yield Violation(at, f"{name} {said}")


@comparison_rule("changed-saga-style", Severity.ERROR)
def changed_saga_style(comparison: Comparison) -> Iterator[Violation]:
    """An orchestrated saga became choreographed, or the other way round.

    Why: a run that one style has begun is not ended by the other: no coordinator knows it any more, or none has ever known it.
    Fix: add a saga under a new name that starts with an operation of its own; remove the old one when no run of it is open.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 4: choreography and orchestration
    """
    before = {saga.name: saga.style for saga in comparison.old.sagas}
    for index, saga in enumerate(comparison.new.sagas):
        was = before.get(saga.name, saga.style)
        if was is not saga.style:
            yield Violation(f"/sagas/{index}/style", f"{saga.name} is {saga.style}, was {was}")


@comparison_rule("removed-saga-step", Severity.ERROR)
def removed_saga_step(comparison: Comparison) -> Iterator[Violation]:
    """A step of an orchestrated saga is gone, or is carried out elsewhere or on something else.

    Why: a run that waits there is stuck, and one that fails later does not undo what the step did.
    Fix: keep the step until /sagas shows no run that was begun with it; a renamed step is a removed and an inserted one.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 4: compensating transactions
    """
    for saga in _sagas(comparison):
        kept = {step.old.step.name for step in saga.steps}
        now = {part.step.name: part for part in saga.new.parts}
        for part in saga.old.parts:
            name, was = part.step.name, f"{part.operation.id} of {part.service.name}"
            if name in kept:
                continue
            other = now.get(name)
            if other is None:
                yield Violation(f"{saga.at}/steps", f"{saga.name} has no step {name} any more ({was})")
            else:
                message = f"{name} of {saga.name} is {other.operation.id} of {other.service.name}, was {was}: another step under its name"
                yield Violation(saga.place(other), message)


@comparison_rule("inserted-saga-step", Severity.WARNING)
def inserted_saga_step(comparison: Comparison) -> Iterator[Violation]:
    """An orchestrated saga has a further step.

    Why: runs that have passed its place end without it, and its service must know the command before the coordinator sends it;
        an error where a later step works on what the new one makes, as open runs have nothing there.
    Fix: deploy the step's service first, and let open runs do without the step, or wait until /sagas shows none.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 4: saga orchestration
    """
    for saga in _sagas(comparison):
        before = {part.step.name for part in saga.old.parts}
        for part in saga.new.parts:
            if part.step.name in before:
                continue
            needing = [step.new.step.name for step in saga.steps if step.new.earlier == part.id]
            needed = f", and {', '.join(needing)} of a run that has passed it needs what it makes" if needing else ""
            message = f"{saga.name} has a further step {part.step.name} in {part.service.name}: deploy {part.service.name} first{needed}"
            yield Violation(saga.place(part), message, Severity.ERROR if needing else None)


@comparison_rule("reordered-saga-steps", Severity.ERROR)
def reordered_saga_steps(comparison: Comparison) -> Iterator[Violation]:
    """The steps of an orchestrated saga stand in another order.

    Why: a run goes on behind the step that it is at, so it leaves out what now stands before it, and does not undo what now stands
        after it.
    Fix: keep the order, or add a saga under a new name and remove the old one when /sagas shows no open run of it.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 4: saga orchestration
    """
    for saga in _sagas(comparison):
        was = {part.step.name: place for place, part in enumerate(saga.old.parts)}
        for former, step in pairwise(saga.steps):
            if was[step.new.step.name] < was[former.new.step.name]:
                yield Violation(step.at, f"{step.new.step.name} of {saga.name} stands after {former.new.step.name}, and stood before it")


@comparison_rule("moved-saga-pivot", Severity.ERROR)
def moved_saga_pivot(comparison: Comparison) -> Iterator[Violation]:
    """Another step of an orchestrated saga is its pivot.

    Why: a run between the two either turns back past what cannot be undone, or can no longer turn back where it could.
    Fix: keep the pivot, or add a saga under a new name and remove the old one when /sagas shows no open run of it.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 4: compensatable, pivot and retriable transactions
    """
    for saga in _sagas(comparison):
        was, became = _pivot(saga.old), _pivot(saga.new)
        if was.step.name != became.step.name and any(step.old.step.name == was.step.name for step in saga.steps):
            yield Violation(saga.place(became), f"the pivot of {saga.name} is {became.step.name}, was {was.step.name}")


@comparison_rule("dropped-saga-compensation", Severity.ERROR)
def dropped_saga_compensation(comparison: Comparison) -> Iterator[Violation]:
    """A step of an orchestrated saga could be undone and no longer can.

    Why: a run that is open has done the step, and leaves it done when it fails.
    Fix: keep the compensation until /sagas shows no open run that has done the step.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 4: compensating transactions
    """
    for saga in _sagas(comparison):
        for step in saga.steps:
            if step.old.undo is not None and step.new.undo is None:
                yield Violation(step.at, f"{step.new.step.name} of {saga.name} is undone by nothing, was by {step.old.undo.id}")


@comparison_rule("breaking-saga-message", Severity.ERROR)
def breaking_saga_message(comparison: Comparison) -> Iterator[Violation]:
    """A command of a saga changed so that the participant that runs does not understand it.

    Why: the participant holds it against the schema that it was built with and puts it aside; the run times out or is stuck.
    Fix: let the participant take the field both ways and deploy it first, or make it a step under a new name.
    Source: Confluent, Schema Evolution and Compatibility: forward compatibility, upgrade the consumers before the producer
    """
    yield from _changed_messages(comparison, Kind.GONE, Kind.RETYPED, Kind.GENERALISED, Kind.BECAME_OPTIONAL)


@comparison_rule("widened-saga-message", Severity.WARNING)
def widened_saga_message(comparison: Comparison) -> Iterator[Violation]:
    """A command of a saga may carry values that it never carried: a new enum value, a longer text.

    Why: the participant that runs holds it against the schema that it was built with, and puts the first such one aside.
    Fix: deploy the participant before the coordinator.
    Source: Confluent, Schema Evolution and Compatibility: forward compatibility, upgrade the consumers before the producer
    """
    yield from _changed_messages(comparison, Kind.WIDENED)


@comparison_rule("new-required-saga-field", Severity.WARNING)
def new_required_saga_field(comparison: Comparison) -> Iterator[Violation]:
    """A command of a saga must carry a field that commands under way do not have.

    Why: the new participant puts aside what the coordinator that runs has sent, and still sends.
    Fix: let the participant do without the field at first, or deploy the coordinator first and let queues drain.
    Source: Confluent, Schema Evolution and Compatibility: backward compatibility, only optional fields may be added
    """
    yield from _changed_messages(comparison, Kind.ADDED_REQUIRED, Kind.BECAME_REQUIRED)


def _changed_messages(comparison: Comparison, *kinds: Kind) -> Iterator[Violation]:
    for saga in _sagas(comparison):
        for step in saga.steps:
            for change in _changes(comparison, step.old.command, step.new.command):
                if change.kind in kinds:
                    message = f"{step.new.command.name}: {change.text}; {step.new.service.name} carries it out"
                    yield Violation(step.at, message)


def _changes(comparison: Comparison, old: Event, new: Event) -> Iterator[Change]:
    was = Record(old.payload, value_types(comparison.old.service(old.publisher)))
    return changes(was, Record(new.payload, value_types(comparison.new.service(new.publisher))))


def _sagas(comparison: Comparison) -> Iterator[KeptSaga]:
    """The sagas that both versions run, in the old one's order."""
    for _, old in _orchestrated(comparison):
        for new in _kept_new(comparison, old):
            yield KeptSaga(f"/sagas/{comparison.new.sagas.index(new.saga)}", old, new)


def _orchestrated(comparison: Comparison) -> Iterator[tuple[int, Orchestration]]:
    for each in comparison.old.orchestrations:
        yield comparison.old.sagas.index(each.saga), each


def _kept_new(comparison: Comparison, old: Orchestration) -> Iterator[Orchestration]:
    """The same saga in the new version: of its name, with its coordinator and its entity."""
    identity = (old.saga.name, old.coordinator.name, old.entity.name)
    return (each for each in comparison.new.orchestrations if (each.saga.name, each.coordinator.name, each.entity.name) == identity)


def _is_same(old: Part, new: Part) -> bool:
    return (old.service.name, old.operation.entity.name) == (new.service.name, new.operation.entity.name)


def _pivot(orchestration: Orchestration) -> Part:
    return next((part for part in orchestration.parts if part.step.pivot), orchestration.parts[-1])
