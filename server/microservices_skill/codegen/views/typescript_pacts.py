"""What the pact tests of a NestJS service print: its provider states, the messages that it makes, the calls that it sends."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.quoting import ts_str
from microservices_skill.codegen.views import pacts
from microservices_skill.codegen.views.examples import ts_json
from microservices_skill.codegen.views.pacts import Awaited, Told
from microservices_skill.codegen.views.typescript_events import event_function
from microservices_skill.codegen.views.typescript_sagas import constant
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.collaboration import Call
from microservices_skill.model.naming import camel, kebab, pascal, words
from microservices_skill.model.service import Service


@dataclass(frozen=True, slots=True)
class Made:
    """A name in a pact, and the source of what it stands for."""

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class CallTest:
    """A call as a pact has it, and the source of what sends it."""

    provider: str
    operation: str
    setting: str
    parameters: str
    source: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that is taken, from whom, and what is stored before."""

    provider: str
    name: str
    before: str


@dataclass(frozen=True, slots=True)
class Preparation:
    """A function that prepares what a message changes."""

    function: str
    event: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Import:
    """A module and names in it."""

    module: str
    names: str


@dataclass(frozen=True, slots=True)
class PactTests:
    """Everything that the pact tests print."""

    is_provider: bool
    tells_of_runs: bool
    states: tuple[Made, ...]
    messages: tuple[Made, ...]
    calls: tuple[CallTest, ...]
    heard: tuple[Heard, ...]
    preparations: tuple[Preparation, ...]
    imports: tuple[Import, ...]


def pact_tests(architecture: Architecture, service: Service) -> PactTests:
    """The pact tests of a service."""
    found = pacts.pacts_of(architecture, service)
    awaited = pacts.awaited(architecture, service)
    changing = {each.event.name for each in awaited}
    return PactTests(
        is_provider=found.is_provider,
        tells_of_runs=any("RUN" in _message(each) for each in found.told),
        states=tuple(Made(ts_str(_state(name)), f"factories.{camel(name)}") for name in found.given),
        messages=tuple(Made(ts_str(f"{each.event.name}.v{each.event.version}"), _message(each)) for each in found.told),
        calls=tuple(_call(call) for call in found.calls),
        heard=tuple(
            Heard(
                ts_str(each.provider.name),
                ts_str(f"{each.event.name}.v{each.event.version}"),
                f"before{each.event.name}" if each.event.name in changing else "",
            )
            for each in found.heard
        ),
        preparations=_preparations(awaited),
        imports=_imports(found.told, found.calls, awaited),
    )


def _state(entity: str) -> str:
    noun = " ".join(words(entity))
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun} exists"


def _message(told: Told) -> str:
    """The source of what makes a message in a transaction."""
    if told.data is not None:
        return f"async () => {told.event.name}.of('example', {ts_json(told.data)})"
    if told.saga is not None and told.part is not None and told.entity is not None:
        if told.event is told.part.command:
            entity = f"await factories.{camel(told.entity.name)}(tx)"
            return f"async (tx) => stepAt({constant(told.saga)}.steps, {told.place}).command(uuid7(), {entity})"
        return f"async () => {told.event.name}.of(keyOf(RUN), {{ saga_id: RUN }})"
    if told.entity is not None:
        return f"async (tx) => {event_function(told.event.name)}(await factories.{camel(told.entity.name)}(tx))"
    return f"async () => {told.event.name}.of(keyOf(RUN), {{ saga_id: RUN, outcome: 'refused', reason: 'too late' }})"


def _call(call: Call) -> CallTest:
    operation, arguments = call.operation, []
    if operation.targets_one:
        arguments.append("identityOf(request)")
    if operation.has_body:
        arguments.append("Object(request.body)")
    if operation.needs_idempotency_key:
        arguments.append("request.headers['idempotency-key'] ?? ''")
    if operation.requires_if_match:
        arguments.append("request.headers['if-match'] ?? ''")
    client = f"new {pascal(call.provider.name)}Client(settings)"
    return CallTest(
        provider=ts_str(call.provider.name),
        operation=ts_str(operation.id),
        setting=f"{'_'.join(words(call.provider.name))}_URL".upper(),
        parameters="settings, request" if arguments else "settings",
        source=f"{client}.{camel(operation.id)}({', '.join(arguments)})",
    )


def _preparations(awaited: tuple[Awaited, ...]) -> tuple[Preparation, ...]:
    by_event: dict[str, list[Awaited]] = {}
    for each in awaited:
        by_event.setdefault(each.event.name, []).append(each)
    return tuple(
        Preparation(f"before{name}", name, tuple(line for place, each in enumerate(wanted) for line in _prepared(each, place)))
        for name, wanted in by_event.items()
    )


def _prepared(awaited: Awaited, place: int) -> list[str]:
    entity, lifecycle = awaited.entity.name, awaited.entity.lifecycle
    made = f"{camel(entity)}{place + 1 if place else ''}"
    changes = [f"{awaited.field}: event.{awaited.source}"]
    if lifecycle is not None and awaited.state is not None:
        changes.append(f"{lifecycle.field}: {ts_str(awaited.state)}")
    variant = f", {awaited.variant}" if awaited.variant else ""
    return [
        f"const {made} = await factories.{camel(entity)}(tx{variant});",
        f"await tx.update({entity}, {{ id: {made}.id }}, {{ {', '.join(changes)} }});",
    ]


def _imports(told: tuple[Told, ...], calls: tuple[Call, ...], awaited: tuple[Awaited, ...]) -> tuple[Import, ...]:
    found: dict[str, set[str]] = {}
    for each in told:
        if each.saga is not None:
            found.setdefault("domains/saga-definitions", set()).add(constant(each.saga))
        if each.part is not None:
            found.setdefault("domains/saga-messages", set()).add(each.event.name)
        elif each.entity is None:
            found.setdefault("domains/refusals", set()).add(each.event.name)
        else:
            domain = kebab(each.entity.name)
            found.setdefault(f"domains/{domain}/events/{domain}.events", set()).add(event_function(each.event.name))
    for wanted in awaited:
        domain = kebab(wanted.entity.name)
        found.setdefault("domains/incoming", set()).add(wanted.event.name)
        found.setdefault(f"domains/{domain}/entities/{domain}.entity", set()).add(wanted.entity.name)
    if calls:
        found["infrastructure/http-client/clients"] = {f"{pascal(each.provider.name)}Client" for each in calls}
    return tuple(Import(f"../../src/{module}.js", ", ".join(sorted(names))) for module, names in sorted(found.items()))
