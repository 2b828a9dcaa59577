"""What the pact tests of a FastAPI service print: its provider states, the messages that it makes, the calls that it sends."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.quoting import py_str
from microservices_skill.codegen.views import pacts
from microservices_skill.codegen.views.examples import py_json
from microservices_skill.codegen.views.pacts import Awaited, Told
from microservices_skill.codegen.views.python_sagas import constant
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.collaboration import Call
from microservices_skill.model.naming import pascal, snake, words
from microservices_skill.model.service import Service


@dataclass(frozen=True, slots=True)
class Made:
    """A name in a pact, and the source of what it stands for."""

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class MadeMessage:
    """A message in a pact, and the function that makes it."""

    name: str
    function: str
    parameter: str
    source: str


@dataclass(frozen=True, slots=True)
class CallTest:
    """A function that sends a call as a pact has it."""

    provider: str
    operation: str
    function: str
    client: str
    source: str


@dataclass(frozen=True, slots=True)
class Preparation:
    """A function that prepares what a message changes."""

    name: str
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
    states: tuple[Made, ...]
    messages: tuple[MadeMessage, ...]
    calls: tuple[CallTest, ...]
    heard: tuple[Made, ...]
    preparations: tuple[Preparation, ...]
    imports: tuple[Import, ...]


def pact_tests(architecture: Architecture, service: Service) -> PactTests:
    """The pact tests of a service."""
    found = pacts.pacts_of(architecture, service)
    awaited = pacts.awaited(architecture, service)
    return PactTests(
        is_provider=found.is_provider,
        states=tuple(Made(py_str(_state(name)), f"factories.{snake(name)}") for name in found.given),
        messages=tuple(map(_made, found.told)),
        calls=tuple(_call(call) for call in found.calls),
        heard=tuple(Made(py_str(each.provider.name), py_str(f"{each.event.name}.v{each.event.version}")) for each in found.heard),
        preparations=_preparations(awaited),
        imports=_imports(service, found.told, found.calls, awaited),
    )


def _state(entity: str) -> str:
    noun = " ".join(words(entity))
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun} exists"


def _made(told: Told) -> MadeMessage:
    source = _message(told)
    return MadeMessage(
        name=py_str(f"{told.event.name}.v{told.event.version}"),
        function=f"_{snake(told.event.name)}",
        parameter="session" if "session" in source else "_session",
        source=source,
    )


def _message(told: Told) -> str:
    """The source of what makes a message in a session."""
    if told.data is not None:
        return f"{told.event.name}.model_validate({py_json(told.data)})"
    if told.saga is not None and told.part is not None and told.entity is not None:
        if told.event is told.part.command:
            return f"{constant(told.saga)}.steps[{told.place}].command(uuid7(), await factories.{snake(told.entity.name)}(session))"
        return f"{told.event.name}(saga_id=uuid7())"
    if told.entity is not None:
        return f"{told.event.name}.of(await factories.{snake(told.entity.name)}(session))"
    return f'{told.event.name}(saga_id=uuid7(), outcome=Outcome.REFUSED, reason="too late")'


def _call(call: Call) -> CallTest:
    operation, arguments = call.operation, []
    if operation.targets_one:
        arguments.append("request.identity")
    if operation.has_body:
        arguments.append("body=request.body")
    if operation.needs_idempotency_key:
        arguments.append('idempotency_key=request.headers["idempotency-key"]')
    if operation.requires_if_match:
        arguments.append('if_match=request.headers["if-match"]')
    return CallTest(
        provider=py_str(call.provider.name),
        operation=py_str(operation.id),
        function=f"_{snake(call.provider.name)}_{snake(operation.id)}",
        client=f"{pascal(call.provider.name)}Client",
        source=f"client.{snake(operation.id)}({', '.join(arguments)})",
    )


def _preparations(awaited: tuple[Awaited, ...]) -> tuple[Preparation, ...]:
    by_event: dict[str, list[Awaited]] = {}
    for each in awaited:
        by_event.setdefault(f"{each.event.name}.v{each.event.version}", []).append(each)
    return tuple(
        Preparation(
            name=py_str(name),
            function=f"_before_{snake(wanted[0].event.name)}",
            event=wanted[0].event.name,
            lines=tuple(map(_prepared, wanted)),
        )
        for name, wanted in by_event.items()
    )


def _prepared(awaited: Awaited) -> str:
    lifecycle = awaited.entity.lifecycle
    changes = [f"{awaited.field}=event.{awaited.source}"]
    if lifecycle is not None and awaited.state is not None:
        changes.append(f"{lifecycle.field}={py_str(awaited.state)}")
    variant = f", {awaited.variant}" if awaited.variant else ""
    return f"await change(session, await factories.{snake(awaited.entity.name)}(session{variant}), {', '.join(changes)})"


def _imports(service: Service, told: tuple[Told, ...], calls: tuple[Call, ...], awaited: tuple[Awaited, ...]) -> tuple[Import, ...]:
    package = service.package
    found: dict[str, set[str]] = {}
    for each in told:
        if each.saga is not None:
            found.setdefault(f"{package}.domains.saga_definitions", set()).add(constant(each.saga))
        if each.part is not None:
            found.setdefault(f"{package}.domains.saga_messages", set()).add(each.event.name)
        elif each.entity is None:
            found.setdefault(f"{package}.domains.refusals", set()).add(each.event.name)
        else:
            found.setdefault(f"{package}.domains.{snake(each.entity.name)}.events", set()).add(each.event.name)
    found |= {f"{package}.infrastructure.clients": {f"{pascal(each.provider.name)}Client" for each in calls}} if calls else {}
    found |= {f"{package}.domains.incoming": {each.event.name for each in awaited}} if awaited else {}
    return tuple(Import(module, ", ".join(sorted(names))) for module, names in sorted(found.items()))
