"""What the views of every language derive alike from choreographed sagas: who watches, who reacts, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from microservices_skill.codegen.errors import UnderivableError
from microservices_skill.codegen.views.shared import heard_by, identity_field
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.choreography import REASON, Choreography, Reaction
from microservices_skill.model.entity import Entity
from microservices_skill.model.messaging import Event
from microservices_skill.model.naming import kebab
from microservices_skill.model.orchestration import REASON_LENGTH, SAGA_TIMEOUT_MS, STEP_TIMEOUT_MS
from microservices_skill.model.service import Action, Service, Subscription


@dataclass(frozen=True, slots=True)
class WatchedStep:
    """A step as its watcher sees it: what it comes after, and which of the watcher's own events start and undo it."""

    name: str
    timeout_ms: int
    after: str | None
    starts_on: str | None
    undone_on: str | None
    is_pivot: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What an event tells the watcher: of which saga and step, and how."""

    choreography: Choreography
    event: Event
    step: str
    outcome: str

    @property
    def consumer(self) -> str:
        """The name under which it is taken in once."""
        return f"{self.choreography.saga.name}.{self.step}.{self.outcome}"

    @property
    def has_reason(self) -> bool:
        """Whether the event says why."""
        return self.event.field(REASON) is not None


@dataclass(frozen=True, slots=True)
class SagaMarks:
    """What operations have to do with sagas: which each starts, or starts to watch; which wait for one, and which make one fail."""

    starts: Mapping[str, str]
    watches: Mapping[str, str]
    locked: frozenset[str]
    turns: Mapping[str, str]


def watched_by(architecture: Architecture, service: Service) -> tuple[Choreography, ...]:
    """The sagas that a service watches."""
    return tuple(each for each in architecture.choreographies if each.coordinator.name == service.name)


def reactions_of(architecture: Architecture, service: Service) -> tuple[Reaction, ...]:
    """The steps of choreographed sagas that a service does."""
    return tuple(each for saga in architecture.choreographies for each in saga.reactions if each.service.name == service.name)


def done_by(architecture: Architecture, service: Service, subscription: Subscription) -> Reaction | None:
    """The step that a subscription does."""
    return next((each for each in reactions_of(architecture, service) if each.does is subscription), None)


def undone_by(architecture: Architecture, service: Service, subscription: Subscription) -> Reaction | None:
    """The step that a subscription takes back."""
    return next((each for each in reactions_of(architecture, service) if each.undoes is subscription), None)


def given_up_state(architecture: Architecture, service: Service, subscription: Subscription) -> str | None:
    """The state of a failed entity, where the subscription would decide its saga otherwise."""
    for each in watched_by(architecture, service):
        lifecycle = each.entity.lifecycle
        if lifecycle is not None and subscription.entity == each.entity.name and subscription.transition == each.saga.succeeds_with:
            failing = lifecycle.transition(each.saga.fails_with or "")
            return failing.to if failing is not None else None
    return None


def seen_by(architecture: Architecture, service: Service) -> tuple[Seen, ...]:
    """What a service listens for to follow its sagas."""
    watched = watched_by(architecture, service)
    return tuple(Seen(each, event, step, outcome) for each in watched for event, step, outcome in each.watched)


def heard_events(architecture: Architecture, service: Service) -> dict[str, Event]:
    """Every event that a service hears, by name: to react to it, or to follow its sagas."""
    reacting = {event.name: event for event, _ in heard_by(architecture, service)}
    return reacting | {each.event.name: each.event for each in seen_by(architecture, service)}


def promised_events(architecture: Architecture, service: Service) -> tuple[tuple[Event, Service], ...]:
    """Every event of another that a service hears, or shows in a view, whole as its publisher tells it, in name order.

    Of each event the newest version comes first, and then the older ones that live.
    """
    names = {*heard_events(architecture, service), *(source.event for view in service.views for source in view.sources)}
    events = (event for name in sorted(names) for event in reversed(architecture.events_by_name.get(name, ())))
    return tuple((event, publisher) for event in events if (publisher := architecture.service(event.publisher)) is not None)


def steps_of(choreography: Choreography) -> tuple[WatchedStep, ...]:
    """The steps of a saga in order, with the watcher's own."""
    saga = choreography.saga
    by_name = {each.step.name: each for each in choreography.reactions}
    before = [each.step.name for each in choreography.reactions if each.step.done_by == choreography.decision.event]
    found = []
    for step in saga.steps:
        reaction = by_name.get(step.name)
        if reaction is None and step.name != choreography.decision.name:
            continue
        starting, undoing = (reaction.trigger, reaction.undo_trigger) if reaction is not None else (None, None)
        found.append(
            WatchedStep(
                name=step.name,
                timeout_ms=int(step.timeout or STEP_TIMEOUT_MS),
                after=reaction.after if reaction is not None else next(iter(before), None),
                starts_on=_own(choreography, starting),
                undone_on=_own(choreography, undoing),
                is_pivot=step.pivot and step.name != choreography.decision.name,
            )
        )
    return tuple(found)


def timeout_of(choreography: Choreography) -> int:
    """How long the way to the decision may take, in milliseconds."""
    return int(choreography.saga.timeout or SAGA_TIMEOUT_MS)


def subject_of(choreography: Choreography) -> str:
    """What the ordering keys of the entity's events begin with."""
    return kebab(choreography.entity.name)


def own_events(watched: Iterable[Choreography]) -> dict[str, Entity]:
    """The events of the watchers themselves that start or undo steps, with their entities."""
    return {
        name: each.entity for each in watched for step in steps_of(each) for name in (step.starts_on, step.undone_on) if name is not None
    }


def refusals_of(architecture: Architecture, service: Service) -> tuple[tuple[Event, Reaction], ...]:
    """The refusals that no entity tells: of what was not made.

    Raises:
        UnderivableError: one lives in several versions.
    """
    found: dict[str, tuple[Event, Reaction]] = {}
    for each in reactions_of(architecture, service):
        if each.refusal is not None and each.refusal.name not in service.events_of(each.entity):
            _demand_one_version(architecture, each.refusal)
            found.setdefault(each.refusal.name, (each.refusal, each))
    return tuple(found[name] for name in sorted(found))


def _demand_one_version(architecture: Architecture, refusal: Event) -> None:
    if len(architecture.events_by_name[refusal.name]) > 1:
        what = "it tells of what was not made, so it lives in one version; give the new one another name, or retire the older"
        raise UnderivableError(f"event {refusal.name}", what)


def reason_limit(event: Event) -> int | None:
    """How much of a reason an event can carry: nothing where it has no such field, less than is kept where it says so."""
    field = event.field(REASON)
    return min(field.max_length or REASON_LENGTH, REASON_LENGTH) if field is not None else None


def key_of(event: Event, entity: Entity) -> str:
    """The payload field that orders an event."""
    return identity_field(event, entity) or ""


def watched_start(architecture: Architecture, service: Service, operation: str) -> Choreography | None:
    """The watched saga that an operation starts."""
    return next((each for each in watched_by(architecture, service) if each.saga.starts_with == operation), None)


def settling(architecture: Architecture, service: Service, entity: Entity) -> frozenset[str]:
    """The operations on an entity that have to wait for its watched run: what would decide it otherwise, or make it disappear."""
    watched = [each for each in watched_by(architecture, service) if each.entity.name == entity.name]
    succeeding = {each.saga.succeeds_with for each in watched}
    mine = [each for each in service.endpoints if each.entity == entity.name] if watched else []
    return frozenset(each.operation for each in mine if each.action is Action.DELETE or each.transition in succeeding)


def turning(architecture: Architecture, service: Service, entity: Entity) -> dict[str, Choreography]:
    """The operations by which anybody may make a watched saga fail, as long as it can turn around."""
    return {
        endpoint.operation: each
        for each in watched_by(architecture, service)
        for endpoint in service.endpoints
        if each.entity.name == entity.name and endpoint.entity == entity.name and endpoint.transition == each.saga.fails_with
    }


def _own(choreography: Choreography, event: Event | None) -> str | None:
    return event.name if event is not None and event.publisher == choreography.coordinator.name else None
