"""The choreographed sagas of a NestJS service: those that it watches, and the steps that it does by reacting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from microservices_skill.codegen.quoting import ts_sentence, ts_str
from microservices_skill.codegen.views import choreographies
from microservices_skill.codegen.views.choreographies import Seen, WatchedStep
from microservices_skill.codegen.views.typescript_types import SchemaField, request_field
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.choreography import REASON, Choreography, Reaction, told_from
from microservices_skill.model.messaging import Event
from microservices_skill.model.naming import camel, kebab, snake, title
from microservices_skill.model.orchestration import REASON_LENGTH
from microservices_skill.model.service import Service


@dataclass(frozen=True, slots=True)
class StepView:
    """A step as its watcher sees it."""

    properties: str


@dataclass(frozen=True, slots=True)
class ChoreographyView:
    """A saga as its watcher sees it."""

    name: str
    comment: str
    constant: str
    domain: str
    entity: str
    repository: str
    service: str
    subject: str
    decision: str
    succeed: str
    fail: str
    timeout_ms: int
    steps: tuple[StepView, ...]


@dataclass(frozen=True, slots=True)
class RefusalSchema:
    """An event that says no."""

    name: str
    comment: str
    source_name: str
    version: int
    fields: tuple[SchemaField, ...]


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
    """Events, and the module below the domains that they come from."""

    module: str
    name: str


def constant(choreography: Choreography) -> str:
    """The name of a saga's definition."""
    return snake(choreography.saga.name).upper()


def choreography_view(choreography: Choreography) -> ChoreographyView:
    """A watched saga."""
    saga, entity = choreography.saga, choreography.entity
    return ChoreographyView(
        name=ts_str(saga.name),
        comment=ts_sentence(saga.description, title(saga.name)),
        constant=constant(choreography),
        domain=kebab(entity.name),
        entity=entity.name,
        repository=f"{camel(entity.name)}Repository",
        service=f"{camel(entity.name)}Service",
        subject=ts_str(choreographies.subject_of(choreography)),
        decision=ts_str(choreography.decision.name),
        succeed=ts_str(saga.succeeds_with or ""),
        fail=ts_str(saga.fails_with or ""),
        timeout_ms=choreographies.timeout_of(choreography),
        steps=tuple(map(_step, choreographies.steps_of(choreography))),
    )


def _step(step: WatchedStep) -> StepView:
    properties = [
        f"name: {ts_str(step.name)}",
        f"timeoutMs: {step.timeout_ms}",
        *([f"after: {ts_str(step.after)}"] if step.after is not None else []),
        *([f"startsOn: {step.starts_on}.type"] if step.starts_on is not None else []),
        *([f"undoneOn: {step.undone_on}.type"] if step.undone_on is not None else []),
        *(["isPivot: true"] if step.is_pivot else []),
    ]
    return StepView(", ".join(properties))


def refusal_schemas(architecture: Architecture, service: Service) -> tuple[RefusalSchema, ...]:
    """The refusals that no entity tells."""
    return tuple(
        RefusalSchema(
            name=event.name,
            comment=ts_sentence(event.description, title(event.name)),
            source_name=ts_str(event.name),
            version=event.version,
            fields=tuple(map(request_field, event.payload)),
        )
        for event, _ in choreographies.refusals_of(architecture, service)
    )


def watch_view(seen: Seen) -> WatchView:
    """What the watcher does with an event."""
    arguments = ["tx", constant(seen.choreography), f"event.{seen.choreography.correlation}", ts_str(seen.step), ts_str(seen.outcome)]
    return WatchView(", ".join([*arguments, *([f"event.{REASON}"] if seen.has_reason else [])]), ts_str(seen.consumer))


def doing(reaction: Reaction, lines: list[str]) -> PartView:
    """Do a step, once, and say why not where the business refuses."""
    event = reaction.refusal
    refusal = [f"({REASON if event.field(REASON) else ''}) => {_refusal(event, reaction)}"] if event is not None else []
    return PartView("takePart", "void", tuple(lines), (*_about(reaction), *refusal))


def undoing(reaction: Reaction, call: str) -> PartView:
    """Take a step back, and tell so."""
    assert reaction.undone is not None, "what can be taken back is told to be"
    assert reaction.undo_trigger is not None, "what can be taken back is asked for"
    undone = _made(reaction.undone, reaction, told_from(reaction.undone, reaction.undo_trigger))
    return PartView("takeBack", "boolean", (f"return {call};",), (*_about(reaction), undone))


def told(architecture: Architecture, service: Service) -> tuple[Imported, ...]:
    """The events that handlers themselves tell, with their modules."""
    found: dict[str, str] = {}
    for each in choreographies.reactions_of(architecture, service):
        domain = kebab(each.entity.name)
        for event in filter(None, (each.refusal, each.undone)):
            found[event.name] = f"{domain}/events/{domain}.events" if event.name in service.events_of(each.entity) else "refusals"
    return imported(found)


def imported(modules: Mapping[str, str]) -> tuple[Imported, ...]:
    """Names and their modules, as one import a module."""
    grouped: dict[str, list[str]] = {}
    for name, module in sorted(modules.items()):
        grouped.setdefault(module, []).append(name)
    return tuple(Imported(module, ", ".join(names)) for module, names in sorted(grouped.items()))


def _about(reaction: Reaction) -> tuple[str, ...]:
    return ("tx", f"event.{reaction.correlation}", ts_str(reaction.id), "act")


def _refusal(event: Event, reaction: Reaction) -> str:
    limit = choreographies.reason_limit(event)
    cut = f"{REASON}: {REASON}.slice(0, {limit})" if limit is not None and limit < REASON_LENGTH else REASON
    return _made(event, reaction, told_from(event, reaction.trigger), *([cut] if limit is not None else []))


def _made(event: Event, reaction: Reaction, fields: tuple[str, ...], *more: str) -> str:
    key = f"`{kebab(reaction.entity.name)}/${{event.{choreographies.key_of(event, reaction.entity)}}}`"
    return f"{event.name}.of({key}, {{ {', '.join([*(f'{name}: event.{name}' for name in fields), *more])} }})"
