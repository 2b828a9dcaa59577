"""Choreographed sagas, derived once for all languages: who reacts to what, and how the coordinator sees it (Richardson, ch. 4).

Nobody commands: each step starts with an event of the step before it, up to the coordinator's own step, which decides.
The coordinator only watches. It knows a run by the id of its entity, which every event of the saga carries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from microservices_skill.model.entity import Entity, Transition
from microservices_skill.model.fields import FieldType
from microservices_skill.model.messaging import Event, Saga, SagaStep, SagaStyle
from microservices_skill.model.orchestration import framed, remote
from microservices_skill.model.service import Service, Subscription, SubscriptionAction

REASON = "reason"
"""The payload field of a refusal that says why."""

_COMPOSED = (FieldType.OBJECT, FieldType.LIST, FieldType.MONEY)


@dataclass(frozen=True, slots=True)
class Reaction:
    """What one participant does for one step: a subscription carries it out, and one takes it back."""

    saga: Saga
    step: SagaStep
    service: Service
    entity: Entity
    does: Subscription
    undoes: Subscription | None
    trigger: Event
    undo_trigger: Event | None
    done: Event
    refused: Event | None
    undone: Event | None
    after: str | None
    correlation: str

    @property
    def id(self) -> str:
        """The step's name across all sagas."""
        return f"{self.saga.name}.{self.step.name}"

    @property
    def refusal(self) -> Event | None:
        """The event by which the reaction itself says no; a refusal may also be told later, by a transition."""
        return self.refused if self.refused is not None and _fillable(self.refused, self.trigger) else None

    @property
    def nothing_to_undo(self) -> tuple[str, ...]:
        """The states of its entity in which the step is undone, or was refused."""
        lifecycle = self.entity.lifecycle
        if lifecycle is None or self.undoes is None:
            return ()
        refused = self.step.refused_by
        ending = {each.to for each in lifecycle.transitions if refused is not None and refused in each.publishes}
        undone = {each.to for each in lifecycle.transitions if each.name == self.undoes.transition}
        return tuple(state for state in lifecycle.states if state in undone | ending)


@dataclass(frozen=True, slots=True)
class Choreography:
    """A saga that its coordinator watches: its entity, the step that decides, and the reactions of the participants, in order."""

    saga: Saga
    coordinator: Service
    entity: Entity
    correlation: str
    decision: SagaStep
    reactions: tuple[Reaction, ...]

    @property
    def watched(self) -> tuple[tuple[Event, str, str], ...]:
        """What the coordinator listens for: an event, the step that it tells of, and what it says of it."""
        return tuple(
            (event, each.step.name, outcome)
            for each in self.reactions
            for event, outcome in ((each.done, "done"), (each.refused, "refused"), (each.undone, "undone"))
            if event is not None
        )


def told_from(event: Event, trigger: Event) -> tuple[str, ...]:
    """The payload fields of ``event`` that ``trigger`` has too, by which it is told where there is no entity to tell of."""
    return tuple(field.name for field in event.payload if field.name != REASON and trigger.field(field.name) is not None)


def choreographies(services: Mapping[str, Service], events: Mapping[str, Event], sagas: Sequence[Saga]) -> tuple[Choreography, ...]:
    """The choreographed sagas that are described completely; ``obstacles`` says why another is not."""
    complete = (saga for saga in sagas if saga.style is SagaStyle.CHOREOGRAPHED and not any(obstacles(services, events, saga)))
    return tuple(_choreography(services, events, saga) for saga in complete)


def obstacles(services: Mapping[str, Service], events: Mapping[str, Event], saga: Saga) -> Iterator[tuple[str, str]]:
    """What keeps a saga from being watched: the place below it, and what is missing there."""
    found = framed(services, saga)
    yield from found.obstacles
    if found.entity is None or found.obstacles:
        return
    script = _Script(services, events, saga, found.entity)
    deciding = [place for place in remote(saga) if saga.steps[place].service == saga.coordinator]
    if len(deciding) != 1:
        yield "/steps", f"needs exactly one step of {saga.coordinator} after the first: the one by which {saga.succeeds_with} decides"
        return
    for place in remote(saga):
        faults = script.decision(place) if place == deciding[0] else script.step(place, is_decided=place > deciding[0])
        yield from ((f"/steps/{place}{at}", said) for at, said in faults)
    if remote(saga) == (deciding[0],):
        yield "/steps", "has no step in another service"
    yield from script.shared()


@dataclass(frozen=True, slots=True)
class _Script:
    """A saga beside all that it names."""

    services: Mapping[str, Service]
    events: Mapping[str, Event]
    saga: Saga
    entity: Entity

    @property
    def correlation(self) -> str:
        return self.saga.correlation or self.entity.reference

    def before(self, place: int) -> str | None:
        """The event that tells that the step before is done: of the first, those of the operation that starts the saga."""
        places = remote(self.saga)
        position = places.index(place)
        return self.saga.steps[places[position - 1]].done_by if position > 0 else None

    def published_by(self, transition: str | None) -> tuple[str, ...]:
        """What an ending transition of the entity publishes."""
        found = _transition(self.entity, transition)
        return found.publishes if found is not None else ()

    def started(self) -> tuple[str, ...]:
        """What the operation that starts the saga publishes."""
        start = self.services[self.saga.coordinator].endpoint(self.saga.starts_with or "")
        return start.publishes if start is not None else ()

    def leads_to(self, place: int, *, is_decided: bool) -> tuple[str, ...]:
        """The events that may start a step."""
        if is_decided:
            later = [self.saga.steps[each] for each in remote(self.saga) if each < place]
            decided = next(index for index, each in enumerate(later) if each.service == self.saga.coordinator)
            return (*self.published_by(self.saga.succeeds_with), *(each.done_by for each in later[decided:] if each.done_by is not None))
        told = self.before(place)
        return (told,) if told is not None else self.started()

    def decision(self, place: int) -> Iterator[tuple[str, str]]:
        step = self.saga.steps[place]
        leading = self.leads_to(place, is_decided=False)
        if step.event is None or step.event not in leading:
            yield "/event", f"{step.name} must follow from the step before it: {_one_of(leading)}"
        heard = self.services[self.saga.coordinator].subscriptions
        if not any(
            each.event == step.event and each.entity == self.entity.name and each.transition == self.saga.succeeds_with for each in heard
        ):
            yield "/event", f"{self.saga.coordinator} has no subscription to {step.event or 'it'} that makes {self.saga.succeeds_with}"

    def step(self, place: int, *, is_decided: bool) -> Iterator[tuple[str, str]]:
        step = self.saga.steps[place]
        leading = self.leads_to(place, is_decided=is_decided)
        if step.event is None or step.event not in leading:
            yield "/event", f"{step.name} must follow from what came before: {_one_of(leading)}"
            return
        if step.done_by is None:
            yield "/doneBy", f"{step.name} names no event that tells that it is done"
            return
        does = self.does(step)
        if does is None:
            yield "/event", f"{step.service} has no subscription to {step.event} with an entity that publishes {step.done_by}"
            return
        if not is_decided:
            yield from self.undoing(step, does)
        told = (("event", step.event), ("doneBy", step.done_by), ("refusedBy", step.refused_by))
        yield from self.correlated((*told, ("undoneBy", step.undone_by), ("compensationEvent", step.compensation_event)))
        yield from self.refusing(step, does)

    def undoing(self, step: SagaStep, does: Subscription) -> Iterator[tuple[str, str]]:
        """Before the decision whatever was done must be undone, and told to be: also where there was nothing to undo."""
        failing = self.published_by(self.saga.fails_with)
        if step.compensation_event is None or step.compensation_event not in failing:
            yield "/compensationEvent", f"{step.name} comes before the decision: let it be undone on {_one_of(failing)}"
            return
        if step.undone_by is None:
            yield "/undoneBy", f"{step.name} names no event that tells that it is undone"
            return
        if self.undoes(step, does) is None:
            wanted = f"with a transition of {does.entity} that publishes {step.undone_by}"
            yield "/compensationEvent", f"{step.service} has no subscription to {step.compensation_event} {wanted}"
        undone, trigger = self.events.get(step.undone_by), self.events.get(step.compensation_event)
        if undone is not None and trigger is not None and not _fillable(undone, trigger):
            yield "/undoneBy", f"{undone.name} is also told where nothing was done: what {trigger.name} does not carry must be optional"

    def refusing(self, step: SagaStep, does: Subscription) -> Iterator[tuple[str, str]]:
        service = self.services[step.service]
        entity = service.entity(does.entity)
        refused, trigger = self.events.get(step.refused_by or ""), self.events.get(step.event or "")
        if refused is None or trigger is None or entity is None or _fillable(refused, trigger):
            return
        if refused.name not in service.events_of(entity):
            yield "/refusedBy", f"nothing tells {refused.name}: what {trigger.name} does not carry must be optional"

    def correlated(self, named: Sequence[tuple[str, str | None]]) -> Iterator[tuple[str, str]]:
        for key, name in named:
            event = self.events.get(name or "")
            field = event.field(self.correlation) if event is not None else None
            if event is not None and (field is None or field.type is not FieldType.UUID or not field.required):
                yield f"/{key}", f"{event.name} does not carry {self.correlation}, the id by which the events of {self.saga.name} are known"
            elif event is not None and event.ordering_key != self.correlation:
                yield f"/{key}", f"{event.name} must have orderingKey {self.correlation}, so that what comes later is not heard before it"

    def shared(self) -> Iterator[tuple[str, str]]:
        """A subscription that carries out two steps, or takes back two, could not tell them apart."""
        seen: dict[tuple[str, str, str], str] = {}
        for place in remote(self.saga):
            step = self.saga.steps[place]
            does = self.does(step) if step.service != self.saga.coordinator else None
            undoes = self.undoes(step, does) if does is not None else None
            for key, subscription in (("event", does), ("compensationEvent", undoes)):
                if subscription is None:
                    continue
                other = seen.setdefault((step.service, subscription.event, subscription.entity), step.name)
                if other != step.name:
                    yield f"/steps/{place}/{key}", f"{other} and {step.name} have one subscription to {subscription.event}"

    def does(self, step: SagaStep) -> Subscription | None:
        """The subscription that carries a step out: that of the entity that tells of it."""
        service = self.services[step.service]
        heard = (each for each in service.subscriptions if each.event == step.event)
        for each in heard:
            entity = service.entity(each.entity)
            if entity is not None and step.done_by in service.events_of(entity):
                return each
        return None

    def undoes(self, step: SagaStep, does: Subscription) -> Subscription | None:
        """The subscription that takes it back: a transition of that entity, which tells of it."""
        service = self.services[step.service]
        entity = service.entity(does.entity)
        for each in service.subscriptions:
            if each.event == step.compensation_event and each.entity == does.entity and each.action is SubscriptionAction.TRANSITION:
                transition = _transition(entity, each.transition) if entity is not None else None
                if transition is not None and step.undone_by in transition.publishes:
                    return each
        return None

    def reaction(self, place: int, decision: SagaStep, *, is_decided: bool) -> Reaction:
        step = self.saga.steps[place]
        service, does = self.services[step.service], self.does(step)
        assert does is not None, "obstacles come first"
        undoes = self.undoes(step, does) if not is_decided else None
        entity = next(each for each in service.entities if each.name == does.entity)
        steps = [self.saga.steps[each] for each in remote(self.saga) if each < place]
        told = next((each.name for each in steps if each.done_by == step.event), None)
        return Reaction(
            saga=self.saga,
            step=step,
            service=service,
            entity=entity,
            does=does,
            undoes=undoes,
            trigger=self.events[does.event],
            undo_trigger=self.events[undoes.event] if undoes is not None else None,
            done=self.events[step.done_by or ""],
            refused=self.events[step.refused_by] if step.refused_by is not None else None,
            undone=self.events[step.undone_by] if undoes is not None and step.undone_by is not None else None,
            after=told or (decision.name if is_decided else None),
            correlation=self.correlation,
        )


def _choreography(services: Mapping[str, Service], events: Mapping[str, Event], saga: Saga) -> Choreography:
    coordinator = services[saga.coordinator]
    entity = next(each for each in coordinator.entities if each.name == saga.entity)
    script = _Script(services, events, saga, entity)
    places = remote(saga)
    deciding = next(place for place in places if saga.steps[place].service == saga.coordinator)
    decision = saga.steps[deciding]
    reactions = tuple(script.reaction(place, decision, is_decided=place > deciding) for place in places if place != deciding)
    return Choreography(saga, coordinator, entity, script.correlation, decision, reactions)


def _transition(entity: Entity, name: str | None) -> Transition | None:
    return entity.lifecycle.transition(name) if entity.lifecycle is not None and name is not None else None


def _fillable(event: Event, trigger: Event) -> bool:
    """Whether what ``trigger`` carries is enough to tell ``event``."""
    taken = told_from(event, trigger)
    return all(field.name in taken and field.type not in _COMPOSED for field in event.payload if field.required and field.name != REASON)


def _one_of(names: Sequence[str]) -> str:
    return f"on {' or '.join(names)}" if names else "which tells nothing yet"
