"""The files of a proof by faults: what is checked, derived from the model, and a scenario for the team to make its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from microservices_skill.deployment.chaos_plan import (
    Cause,
    ChaosPlan,
    ChaosScenario,
    Copy,
    Dependency,
    Json,
    PlannedReaction,
    PlannedSaga,
    PlannedService,
    PlannedStep,
    Wish,
    Wishes,
)
from microservices_skill.deployment.environment import places, variable
from microservices_skill.files import File, FileTree
from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.choreography import Choreography
from microservices_skill.model.dumping import dump
from microservices_skill.model.entity import Entity
from microservices_skill.model.fields import FieldType
from microservices_skill.model.orchestration import Orchestration, Part, Target
from microservices_skill.model.service import Action, Service, SubscriptionAction
from microservices_skill.model.system import BrokerKind

PLAN, SCENARIO = "chaos/plan.yaml", "chaos/scenario.yaml"

_ABOUT_PLAN = "Generated: what `microservices-skill chaos` checks after it has broken this system again and again."
_ABOUT_SCENARIO = """\
Yours: what is asked of the system while it is broken, and what else must hold. It stays when it is generated again.
  externals:  [{name, command}], what plays a service outside; it listens on $PORT
  setup:      [{service, path, body}], requests before the load
  sagas:      [{name, requests: [{weight, body}]}], what each saga is started with; in a text of a body {n} is the
              number of the request and {uuid} an id that no other request has
  invariants: [{name, sum: [{service, sql, times}, {external, path, times}], equals}], such as that stock balances"""


def render(architecture: Architecture, folders: Mapping[str, str], bodies: Mapping[str, Json]) -> FileTree:
    """The plan and the scenario of a system with sagas that run, else nothing; ``bodies`` start each saga."""
    if not architecture.running_sagas:
        return FileTree()
    scenario = ChaosScenario(sagas=tuple(Wishes(name=name, requests=(Wish(body=body),)) for name, body in sorted(bodies.items())))
    return FileTree(
        [
            (PLAN, File(dump(plan(architecture, folders), header=_ABOUT_PLAN))),
            (SCENARIO, File(dump(scenario, header=_ABOUT_SCENARIO), owned=False)),
        ]
    )


def plan(architecture: Architecture, folders: Mapping[str, str] | None = None) -> ChaosPlan:
    """What is to be checked of a system."""
    system, broker = architecture.system.name, architecture.system.platform.broker
    found = places(architecture, folders)
    outside = sorted({name for place in found for name in place.external})
    return ChaosPlan(
        system=system,
        broker=BrokerKind.RABBITMQ if broker is BrokerKind.NONE else broker,
        exchange=f"{system}.events",
        services=tuple(
            PlannedService(
                name=place.name, process=place.process, queue=f"{system}.{place.name}" if _hears(architecture, place.name) else None
            )
            for place in found
        ),
        externals=tuple(
            Dependency(name=name, variable=variable(name, "URL"), callers=tuple(each.name for each in found if name in each.external))
            for name in outside
        ),
        sagas=tuple(map(_saga, architecture.running_sagas)),
        reactions=tuple(reaction for service in architecture.services for reaction in _reactions(architecture, service)),
    )


def _hears(architecture: Architecture, service: str) -> bool:
    return bool(architecture.services_by_name[service].subscriptions) or any(
        each.receiver == service for each in architecture.saga_messages
    )


def _saga(run: Orchestration | Choreography) -> PlannedSaga:
    saga, entity, coordinator = run.saga, run.entity, run.coordinator
    start = next(each for each in wire.operations(coordinator) if each.id == saga.starts_with)
    assert entity.lifecycle is not None, "an orchestration has one"
    ends = {each.name: each.to for each in entity.lifecycle.transitions}
    return PlannedSaga(
        name=saga.name,
        service=coordinator.name,
        path=start.path,
        table=entity.table,
        state=entity.lifecycle.field,
        succeeded=ends[saga.succeeds_with or ""],
        failed=ends[saga.fails_with or ""],
        steps=tuple(_commanded(run) if isinstance(run, Orchestration) else _reacting(run)),
    )


def _commanded(orchestration: Orchestration) -> Iterator[PlannedStep]:
    """The steps of an orchestrated saga that make something."""
    return (_step(orchestration, part) for part in orchestration.parts if part.target is Target.NEW)


def _reacting(choreography: Choreography) -> Iterator[PlannedStep]:
    """The steps of a choreographed saga that make something, and what later reactions make of it."""
    for reaction in choreography.reactions:
        if reaction.does.action is not SubscriptionAction.CREATE:
            continue
        entity, lifecycle = reaction.entity, reaction.entity.lifecycle
        sources = {each.field: each.source for each in reaction.does.set}
        same = (each for each in choreography.reactions if each.service.name == reaction.service.name and each.entity.name == entity.name)
        steps = {each.does.transition for each in same if each.does.transition is not None}
        ends = [each.to for each in lifecycle.transitions if each.name in steps] if lifecycle is not None else []
        initial = (lifecycle.initial,) if lifecycle is not None else ()
        yield PlannedStep(
            step=reaction.id,
            service=reaction.service.name,
            table=entity.table,
            reference=next((each.name for each in entity.fields if sources.get(each.name, each.name) == reaction.correlation), None),
            state=lifecycle.field if lifecycle is not None else None,
            succeeded=tuple(ends[-1:]) or initial,
            failed=reaction.nothing_to_undo,
        )


def _step(orchestration: Orchestration, part: Part) -> PlannedStep:
    """A step that makes something, and what later steps and compensations make of it."""
    entity = part.operation.entity
    reference = next((name for name, source in part.values.items() if source == "id"), None)
    lifecycle = entity.lifecycle
    end = lifecycle.initial if lifecycle is not None else ""
    undone: list[str] = []
    for each in orchestration.parts:
        is_same = each.service.name == part.service.name and each.operation.entity.name == entity.name
        if is_same and each.operation.action is Action.TRANSITION:
            end = _leads_to(entity, each.operation) or end
        if is_same and each.undo is not None and (state := _leads_to(entity, each.undo)) is not None:
            undone.append(state)
    return PlannedStep(
        step=part.id,
        service=part.service.name,
        table=entity.table,
        reference=reference,
        state=lifecycle.field if lifecycle is not None else None,
        succeeded=(end,) if end else (),
        failed=tuple(sorted(set(undone))),
        copies=tuple(_copies(part, entity)),
    )


def _leads_to(entity: Entity, operation: wire.Operation) -> str | None:
    transition = entity.lifecycle.transition(operation.endpoint.transition or "") if entity.lifecycle is not None else None
    return transition.to if transition is not None else None


def _copies(part: Part, entity: Entity) -> Iterator[Copy]:
    """The columns that can be compared as text: money is two, lists and objects are left to the services' own tests."""
    for name, source in sorted(part.values.items()):
        field = entity.field(name)
        if field is None or source == "id" or field.type in (FieldType.LIST, FieldType.OBJECT):
            continue
        endings = ("_minor_units", "_currency") if field.type is FieldType.MONEY else ("",)
        yield from (Copy(column=f"{name}{ending}", source=f"{source}{ending}") for ending in endings)


def _reactions(architecture: Architecture, service: Service) -> Iterator[PlannedReaction]:
    """What a service makes of events, where each row keeps something by which its event is known: a value that is a UUID.

    A step of a saga may be refused, or come after its own compensation, and is checked as such.
    """
    in_sagas = {(each.service.name, each.entity.name) for saga in architecture.choreographies for each in saga.reactions}
    for entity in (each for each in service.entities if (service.name, each.name) not in in_sagas):
        creating = [each for each in service.subscriptions if each.action is SubscriptionAction.CREATE and each.entity == entity.name]
        is_also_asked_for = any(each.action is Action.CREATE and each.entity == entity.name for each in service.endpoints)
        for field in entity.fields if creating and not is_also_asked_for else ():
            sources = {each.event: next((one.source for one in each.set if one.field == field.name), field.name) for each in creating}
            events = {name: architecture.event(name) for name in sources}
            if field.type is FieldType.UUID and all(event is not None and event.field(sources[name]) for name, event in events.items()):
                causes = (
                    Cause(event=f"{architecture.system.name}.{name}.v{event.version}", field=sources[name])
                    for name, event in sorted(events.items())
                    if event is not None
                )
                yield PlannedReaction(service=service.name, table=entity.table, column=field.name, causes=tuple(causes))
                break
