"""The choreographed sagas of a FastAPI service: those that it watches, and the steps that it does by reacting."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.quoting import py_str, sentence
from microservices_skill.codegen.views import choreographies
from microservices_skill.codegen.views.choreographies import Seen, WatchedStep
from microservices_skill.codegen.views.python_types import TypedName, request_field
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.choreography import REASON, Choreography, Reaction, told_from
from microservices_skill.model.messaging import Event
from microservices_skill.model.naming import kebab, snake, title, words
from microservices_skill.model.orchestration import REASON_LENGTH
from microservices_skill.model.service import Service


@dataclass(frozen=True, slots=True)
class StepView:
    """A step as its watcher sees it."""

    name: str
    timeout_ms: int
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChoreographyView:
    """A saga as its watcher sees it."""

    name: str
    constant: str
    function: str
    noun: str
    domain: str
    entity: str
    variable: str
    subject: str
    decision: str
    succeed: str
    fail: str
    timeout_ms: int
    steps: tuple[StepView, ...]


@dataclass(frozen=True, slots=True)
class RefusalClass:
    """An event that says no, as a class."""

    name: str
    docstring: str
    source_name: str
    version: int
    fields: tuple[TypedName, ...]
    ordering_key: str


@dataclass(frozen=True, slots=True)
class WatchView:
    """What the watcher does with an event."""

    arguments: str
    name: str


@dataclass(frozen=True, slots=True)
class PartView:
    """What a handler does for a step, or to take it back."""

    function: str
    returns: str
    lines: tuple[str, ...]
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """A class, and the module that it comes from."""

    module: str
    name: str


def constant(choreography: Choreography) -> str:
    """The name of a saga's definition."""
    return snake(choreography.saga.name).upper()


def choreography_view(choreography: Choreography) -> ChoreographyView:
    """A watched saga."""
    saga, entity = choreography.saga, choreography.entity
    return ChoreographyView(
        name=py_str(saga.name),
        constant=constant(choreography),
        function=snake(saga.name),
        noun=" ".join(words(entity.name)),
        domain=snake(entity.name),
        entity=entity.name,
        variable=snake(entity.name),
        subject=py_str(choreographies.subject_of(choreography)),
        decision=py_str(choreography.decision.name),
        succeed=py_str(saga.succeeds_with or ""),
        fail=py_str(saga.fails_with or ""),
        timeout_ms=choreographies.timeout_of(choreography),
        steps=tuple(map(_step, choreographies.steps_of(choreography))),
    )


def _step(step: WatchedStep) -> StepView:
    arguments = [
        *([f"after={py_str(step.after)}"] if step.after is not None else []),
        *([f"starts_on={step.starts_on}.event_type()"] if step.starts_on is not None else []),
        *([f"undone_on={step.undone_on}.event_type()"] if step.undone_on is not None else []),
        *(["is_pivot=True"] if step.is_pivot else []),
    ]
    return StepView(py_str(step.name), step.timeout_ms, tuple(arguments))


def refusal_classes(architecture: Architecture, service: Service) -> tuple[RefusalClass, ...]:
    """The refusals that no entity tells."""
    return tuple(
        RefusalClass(
            name=event.name,
            docstring=sentence(event.description, title(event.name)),
            source_name=py_str(event.name),
            version=event.version,
            fields=tuple(request_field(field) for field in event.payload),
            ordering_key=f'f"{kebab(each.entity.name)}/{{self.{choreographies.key_of(event, each.entity)}}}"',
        )
        for event, each in choreographies.refusals_of(architecture, service)
    )


def watch_view(seen: Seen) -> WatchView:
    """What the watcher does with an event."""
    outcome = f"Outcome.{seen.outcome.upper()}"
    arguments = ["session", constant(seen.choreography), f"event.{seen.choreography.correlation}", py_str(seen.step), outcome]
    return WatchView(", ".join([*arguments, *(["event.reason"] if seen.has_reason else [])]), py_str(seen.consumer))


def doing(reaction: Reaction, lines: list[str]) -> PartView:
    """Do a step, once, and say why not where the business refuses."""
    event = reaction.refusal
    refusal = [f"refusal=lambda {REASON if event.field(REASON) else '_'}: {_refusal(event, reaction)}"] if event is not None else []
    return PartView("take_part", "None", tuple(lines), (*_about(reaction), *refusal))


def undoing(reaction: Reaction, call: str) -> PartView:
    """Take a step back, and tell so."""
    assert reaction.undone is not None, "what can be taken back is told to be"
    assert reaction.undo_trigger is not None, "what can be taken back is asked for"
    undone = _made(reaction.undone, told_from(reaction.undone, reaction.undo_trigger))
    return PartView("take_back", "bool", (f"return {call}",), (*_about(reaction), f"undone={undone}"))


def told(architecture: Architecture, service: Service) -> tuple[Imported, ...]:
    """The events that handlers themselves tell, with their modules."""
    found: dict[str, str] = {}
    for each in choreographies.reactions_of(architecture, service):
        own = f"{service.package}.domains.{snake(each.entity.name)}.events"
        for event in filter(None, (each.refusal, each.undone)):
            found[event.name] = own if event.name in service.events_of(each.entity) else f"{service.package}.domains.refusals"
    return tuple(Imported(module, name) for name, module in sorted(found.items()))


def _about(reaction: Reaction) -> tuple[str, ...]:
    return ("session", f"event.{reaction.correlation}", "act", f"step={py_str(reaction.id)}")


def _refusal(event: Event, reaction: Reaction) -> str:
    limit = choreographies.reason_limit(event)
    cut = f"[:{limit}]" if limit is not None and limit < REASON_LENGTH else ""
    return _made(event, told_from(event, reaction.trigger), *([f"{REASON}={REASON}{cut}"] if limit is not None else []))


def _made(event: Event, fields: tuple[str, ...], *more: str) -> str:
    return f"{event.name}({', '.join([*(f'{name}=event.{name}' for name in fields), *more])})"
