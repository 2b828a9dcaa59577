"""Two versions of a model side by side: what stayed and how it looks to others, and who relies on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.messaging import Event
from microservices_skill.model.service import Exposure, Service
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.shapes import Fields

_ANY = ""
"""In place of an operation: whichever the callee has."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who relies on something, in either version: services by name, and people or systems outside the model."""

    services: frozenset[str]
    outside: tuple[str, ...] = ()

    @property
    def is_nobody(self) -> bool:
        """Whether a change hurts no one that the model knows of."""
        return not self.services and not self.outside

    def violation(self, at: str, message: str) -> Violation:
        """What this audience meets; where there is none, a warning at most."""
        return Violation(at, f"{message}; {self}", Severity.WARNING if self.is_nobody else None)

    def __str__(self) -> str:
        return "nobody in the model relies on it" if self.is_nobody else f"used by {', '.join([*self.outside, *sorted(self.services)])}"

    def __or__(self, other: Audience) -> Audience:
        return Audience(self.services | other.services, tuple(dict.fromkeys((*self.outside, *other.outside))))


@dataclass(frozen=True, slots=True)
class KeptService:
    """A service in both versions."""

    index: int
    former: int
    old: Service
    new: Service

    @property
    def at(self) -> str:
        """Its pointer in the new version."""
        return f"/services/{self.index}"

    @property
    def was_at(self) -> str:
        """Its pointer in the old version."""
        return f"/services/{self.former}"


@dataclass(frozen=True, slots=True)
class KeptOperation:
    """An operation in both versions, with every default filled in."""

    at: str
    service: KeptService
    old: wire.Operation
    new: wire.Operation
    audience: Audience
    """Who calls it over HTTP."""

    askers: Audience
    """Who sends it a request, as a call or as a command of a saga."""


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """A version of an event in both versions of the model."""

    at: str
    old: Event
    new: Event
    audience: Audience


@dataclass(frozen=True)
class Comparison:
    """The model as it was and as it is."""

    old: Architecture
    new: Architecture

    @cached_property
    def position(self) -> dict[str, int]:
        """The index of each service of the new version by its name."""
        return {service.name: index for index, service in enumerate(self.new.services)}

    @cached_property
    def services(self) -> tuple[KeptService, ...]:
        """The services of both versions, in the new one's order."""
        former = {service.name: index for index, service in enumerate(self.old.services)}
        return tuple(
            KeptService(index, former[service.name], self.old.services[former[service.name]], service)
            for index, service in enumerate(self.new.services)
            if service.name in former
        )

    @cached_property
    def operations(self) -> tuple[KeptOperation, ...]:
        """The operations of both versions, in the new one's order."""
        return tuple(kept for service in self.services for kept in self._operations(service))

    @cached_property
    def events(self) -> tuple[KeptEvent, ...]:
        """The versions of events of both models, in the new one's order."""
        before = {(event.name, event.version): event for event in self.old.events}
        pairs = ((index, before.get((event.name, event.version)), event) for index, event in enumerate(self.new.events))
        return tuple(KeptEvent(f"/events/{index}", old, new, self.readers(old)) for index, old, new in pairs if old is not None)

    def callers(self, service: str, operation: str) -> Audience:
        """Who calls an operation in either version; a dependency that names none may call any."""
        found = self._callers.get(service, {})
        return Audience(frozenset(found.get(operation, ())) | frozenset(found.get(_ANY, ())), self._outside(service))

    def askers(self, service: str, operation: str) -> Audience:
        """Who calls an operation in either version, or asks for it by a command of a saga."""
        found = (each for architecture in (self.old, self.new) for each in _commands(architecture))
        coordinators = frozenset(coordinator for coordinator, callee, name in found if (callee, name) == (service, operation))
        return self.callers(service, operation) | Audience(coordinators)

    def dependents(self, service: str) -> Audience:
        """Who calls anything of a service in either version."""
        return Audience(frozenset[str]().union(*self._callers.get(service, {}).values()), self._outside(service))

    def readers(self, event: Event) -> Audience:
        """Who reads an event in either version, in and outside the system."""
        services = frozenset(self.old.subscribers(event.name)) | frozenset(self.new.subscribers(event.name))
        return Audience(services, event.external_consumers)

    def _operations(self, kept: KeptService) -> Iterator[KeptOperation]:
        before = {operation.id: operation for operation in wire.operations(kept.old)}
        place = {endpoint.operation: index for index, endpoint in enumerate(kept.new.endpoints)}
        for operation in wire.operations(kept.new):
            old = before.get(operation.id)
            if old is not None:
                at = f"{kept.at}/endpoints/{place[operation.id]}"
                name = kept.new.name
                yield KeptOperation(at, kept, old, operation, self.callers(name, operation.id), self.askers(name, operation.id))

    def _outside(self, service: str) -> tuple[str, ...]:
        was = self.old.service(service)
        return ("callers outside the system",) if was is not None and was.exposure is Exposure.PUBLIC else ()

    @cached_property
    def _callers(self) -> dict[str, dict[str, set[str]]]:
        found: dict[str, dict[str, set[str]]] = {}
        for architecture in (self.old, self.new):
            for caller, callee, operation in _calls(architecture):
                found.setdefault(callee, {}).setdefault(operation, set()).add(caller)
        return found


def value_types(service: Service | None) -> dict[str, Fields]:
    """The fields of each value type of a service."""
    return {value.name: value.fields for value in service.value_types} if service is not None else {}


def _calls(architecture: Architecture) -> Iterator[tuple[str, str, str]]:
    """Caller, callee and operation of every call. The coordinator of a saga calls where no commands are derived for it."""
    commanded = {each.saga.name for each in architecture.orchestrations}
    for service in architecture.services:
        for dependency in service.dependencies:
            yield from ((service.name, dependency.to, operation) for operation in dependency.operations or (_ANY,))
    for saga in (each for each in architecture.sagas if each.name not in commanded):
        for step in saga.steps:
            called = (operation for operation in (step.operation, step.compensation) if operation is not None)
            yield from ((saga.coordinator, step.service, operation) for operation in called if step.service != saga.coordinator)


def _commands(architecture: Architecture) -> Iterator[tuple[str, str, str]]:
    """Coordinator, participant and operation of every command of a saga."""
    for orchestration in architecture.orchestrations:
        for part in orchestration.parts:
            asked = (part.operation, *((part.undo,) if part.undo is not None else ()))
            yield from ((orchestration.coordinator.name, part.service.name, operation.id) for operation in asked)
