"""The ways in which a saga can go, moment by moment: it succeeds, or one of its steps fails (Richardson, ch. 4)."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.explorer.nodes import service_id
from microservices_skill.explorer.page import Frame, SagaItem, Scenario
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.messaging import Saga, SagaStep, SagaStyle
from microservices_skill.model.naming import title
from microservices_skill.model.orchestration import STEP_TIMEOUT_MS, remote
from microservices_skill.model.types import format_duration


def sagas(architecture: Architecture) -> Iterator[SagaItem]:
    """Every saga with its scenarios."""
    for saga in architecture.sagas:
        yield SagaItem(saga.name, saga.description, saga.style, saga.coordinator, tuple(_Script(architecture, saga).scenarios()))


class _Script:
    """The moments of one saga."""

    def __init__(self, architecture: Architecture, saga: Saga) -> None:
        self._architecture = architecture
        self._saga = saga
        self._remote = remote(saga)
        self._pivot = next((place for place, step in enumerate(saga.steps) if step.pivot), len(saga.steps))

    def scenarios(self) -> Iterator[Scenario]:
        yield Scenario("Everything succeeds", (*self._until(len(self._saga.steps)), self._end(is_done=True)))
        for place in self._remote:
            name = self._saga.steps[place].name
            if place > self._pivot:
                yield Scenario(f"{name} fails, after the pivot", tuple(self._repeated(place)))
            else:
                yield Scenario(f"{name} fails", tuple(self._undone(place)))

    def _until(self, place: int) -> Iterator[Frame]:
        """The start, and the steps before a place."""
        saga = self._saga
        started = f"{self._named(saga.coordinator)} starts {saga.name}" + (f" by {saga.starts_with}" if saga.starts_with else "")
        yield self._at(saga.coordinator, "start", f"{started}{self._state(None)}")
        yield from (self._does(saga.steps[each]) for each in self._remote if each < place)

    def _does(self, step: SagaStep) -> Frame:
        return Frame("do", service_id(step.service), service_id(self._origin(step)), f"{self._asked(step)}{_marks(step)}")

    def _repeated(self, place: int) -> Iterator[Frame]:
        step = self._saga.steps[place]
        yield from self._until(place)
        silent = f"{self._named(step.service)} does not answer"
        said = f"{silent}: after the pivot nothing is undone, {step.name} is asked for again until it is done"
        yield self._at(step.service, "retry", said)
        yield from (self._does(self._saga.steps[each]) for each in self._remote if each >= place)
        yield self._end(is_done=True)

    def _undone(self, place: int) -> Iterator[Frame]:
        step = self._saga.steps[place]
        yield from self._until(place)
        waited = format_duration(step.timeout or STEP_TIMEOUT_MS)
        refusal = f" (it tells {step.refused_by})" if step.refused_by else ""
        yield self._at(step.service, "fail", f"{self._named(step.service)} refuses {step.name}{refusal}, or is silent for {waited}")
        for each in reversed([self._saga.steps[each] for each in self._remote if each < place]):
            if each.has_compensation:
                by = each.compensation or f"hearing {each.compensation_event}"
                text = f"{self._named(each.service)} undoes {each.name} by {by}"
                yield Frame("undo", service_id(each.service), service_id(self._undoer(each)), text)
        yield self._end(is_done=False)

    def _end(self, *, is_done: bool) -> Frame:
        saga = self._saga
        name = saga.succeeds_with if is_done else saga.fails_with
        outcome = "is complete" if is_done else "has failed, and what was done is undone"
        return self._at(saga.coordinator, "complete" if is_done else "undone", f"{saga.name} {outcome}{self._state(name, ended=True)}")

    def _state(self, transition: str | None, *, ended: bool = False) -> str:
        """What the saga's entity is at its start, or becomes by a transition."""
        coordinator = self._architecture.service(self._saga.coordinator)
        entity = coordinator.entity(self._saga.entity) if coordinator is not None and self._saga.entity else None
        if entity is None or entity.lifecycle is None:
            return ""
        if not ended:
            return f": {entity.name} is {entity.lifecycle.initial}"
        found = entity.lifecycle.transition(transition) if transition else None
        return f": {entity.name} becomes {found.to}" if found is not None else ""

    def _asked(self, step: SagaStep) -> str:
        if step.erases is not None:
            return f"{self._named(step.service)} erases personal data in {step.erases}"
        if self._saga.style is SagaStyle.CHOREOGRAPHED:
            told = f" and tells {step.done_by}" if step.done_by else ""
            return f"{self._named(step.service)} hears {step.event or 'what came before'}, does {step.name}{told}"
        return f"{self._named(self._saga.coordinator)} asks {self._named(step.service)} for {step.operation or step.name}"

    def _origin(self, step: SagaStep) -> str:
        return self._teller(step.event) if self._saga.style is SagaStyle.CHOREOGRAPHED else self._saga.coordinator

    def _undoer(self, step: SagaStep) -> str:
        return self._teller(step.compensation_event) if step.compensation_event is not None else self._saga.coordinator

    def _teller(self, event: str | None) -> str:
        found = self._architecture.event(event) if event is not None else None
        return found.publisher if found is not None else self._saga.coordinator

    def _named(self, name: str) -> str:
        """As the map names it."""
        service = self._architecture.service(name)
        return service.title if service is not None and service.title else title(name)

    @staticmethod
    def _at(service: str, kind: str, text: str) -> Frame:
        return Frame(kind, service_id(service), service_id(service), text)


def _marks(step: SagaStep) -> str:
    marks = [
        word for word, holds in (("pivot: from here there is no way back", step.pivot), ("repeated until done", step.retriable)) if holds
    ]
    return f" ({'; '.join(marks)})" if marks else ""
