"""What rules look up, worked out once per architecture: who calls whom, who emits what, in which order to add up."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.dependency import Dependency, Fallback
from microservices_skill.model.entity import Entity
from microservices_skill.model.service import Service
from microservices_skill.rules.comparison import Comparison
from microservices_skill.rules.graph import strongly_connected


@dataclass(frozen=True, slots=True)
class Call:
    """A synchronous dependency with its place; ``callee`` is the service's index, None for an external system."""

    caller: int
    position: int
    dependency: Dependency
    callee: int | None

    @property
    def at(self) -> str:
        """The pointer of the dependency."""
        return f"/services/{self.caller}/dependencies/{self.position}"

    @property
    def is_hard(self) -> bool:
        """Whether the caller fails when the callee does."""
        return self.dependency.critical and self.dependency.fallback is Fallback.FAIL

    @property
    def attempts(self) -> int:
        """How often one request is tried at most."""
        return 1 if self.dependency.retries is None else self.dependency.retries.attempts

    @property
    def patience(self) -> int | None:
        """The longest wait in milliseconds: every attempt at its timeout with back-off between; None is for ever."""
        if not self.dependency.timeout:
            return None
        waits = 0 if self.dependency.retries is None else self.dependency.retries.backoff * (2 ** (self.attempts - 1) - 1)
        return self.dependency.timeout * self.attempts + waits


@dataclass(frozen=True, slots=True)
class Emission:
    """A place where an event is published, and by which entity's change."""

    at: str
    service: Service
    entity: Entity


@dataclass(frozen=True, slots=True)
class Acceptances:
    """Indexes of accepted risks that accept nothing."""

    unknown: tuple[int, ...] = ()
    unmatched: tuple[int, ...] = ()


@dataclass(frozen=True)
class Analysis:
    """An architecture, what stood before it, and look-ups that each cost linear time once."""

    architecture: Architecture
    previous: Architecture | None = None
    acceptances: Acceptances = field(default_factory=Acceptances)

    @cached_property
    def comparison(self) -> Comparison | None:
        """The model beside the one before, where that is known."""
        return Comparison(old=self.previous, new=self.architecture) if self.previous is not None else None

    @cached_property
    def position(self) -> dict[str, int]:
        """The index of each service by its name."""
        return {service.name: index for index, service in enumerate(self.architecture.services)}

    @cached_property
    def calls(self) -> tuple[tuple[Call, ...], ...]:
        """The dependencies of each service."""
        return tuple(
            tuple(Call(index, place, dependency, self.position.get(dependency.to)) for place, dependency in enumerate(service.dependencies))
            for index, service in enumerate(self.architecture.services)
        )

    def is_composed(self, call: Call) -> bool:
        """Whether only compositions make the call: within their budgets, and beside each other."""
        parts = [part for each in self.architecture.services[call.caller].compositions for part in each.parts]
        asked = {part.operation for part in parts if part.service == call.dependency.to}
        return bool(asked) and asked >= set(call.dependency.operations)

    @cached_property
    def all_calls(self) -> tuple[Call, ...]:
        """Every dependency of the system, in the document's order."""
        return tuple(call for calls in self.calls for call in calls)

    @cached_property
    def callees(self) -> tuple[tuple[int, ...], ...]:
        """The services that each service calls."""
        return tuple(tuple(call.callee for call in calls if call.callee is not None) for calls in self.calls)

    @cached_property
    def callers(self) -> tuple[tuple[int, ...], ...]:
        """The services that call each service."""
        found: list[list[int]] = [[] for _ in self.architecture.services]
        for caller, callees in enumerate(self.callees):
            for callee in callees:
                found[callee].append(caller)
        return tuple(tuple(each) for each in found)

    @cached_property
    def components(self) -> tuple[tuple[int, ...], ...]:
        """Services that reach each other by calls, callees' components first."""
        return tuple(tuple(component) for component in strongly_connected(self.callees))

    @cached_property
    def component(self) -> tuple[int, ...]:
        """The component of each service."""
        found = [0] * len(self.architecture.services)
        for number, members in enumerate(self.components):
            for member in members:
                found[member] = number
        return tuple(found)

    @cached_property
    def callees_first(self) -> tuple[int, ...]:
        """Every service after those that it calls (members of a cycle in any order)."""
        return tuple(member for members in self.components for member in members)

    def onward(self, index: int) -> tuple[Call, ...]:
        """The calls of a service that do not lead back to it: what sums along chains may follow."""
        own = self.component[index]
        return tuple(call for call in self.calls[index] if call.callee is None or self.component[call.callee] != own)

    def is_entry(self, index: int) -> bool:
        """Whether no service outside its own cycle calls it, so that chains begin there."""
        own = self.component[index]
        return all(self.component[caller] == own for caller in self.callers[index])

    @cached_property
    def emissions(self) -> dict[str, tuple[Emission, ...]]:
        """Where each event is published."""
        found: dict[str, list[Emission]] = {}
        for index, service in enumerate(self.architecture.services):
            for place, endpoint in enumerate(service.endpoints):
                entity = service.entity(endpoint.entity)
                if entity is None:
                    continue
                for spot, name in enumerate(endpoint.publishes):
                    found.setdefault(name, []).append(Emission(f"/services/{index}/endpoints/{place}/publishes/{spot}", service, entity))
            for place, subscription in enumerate(service.subscriptions):
                entity = service.entity(subscription.entity)
                if entity is None:
                    continue
                for spot, name in enumerate(subscription.publishes):
                    at = f"/services/{index}/subscriptions/{place}/publishes/{spot}"
                    found.setdefault(name, []).append(Emission(at, service, entity))
            for place, entity in enumerate(service.entities):
                for step, transition in enumerate(entity.lifecycle.transitions if entity.lifecycle else ()):
                    for spot, name in enumerate(transition.publishes):
                        at = f"/services/{index}/entities/{place}/lifecycle/transitions/{step}/publishes/{spot}"
                        found.setdefault(name, []).append(Emission(at, service, entity))
        return {name: tuple(places) for name, places in found.items()}

    @cached_property
    def users(self) -> dict[str, tuple[int, ...]]:
        """The services that name each store."""
        found: dict[str, list[int]] = {}
        for index, service in enumerate(self.architecture.services):
            for store in service.stores:
                found.setdefault(store, []).append(index)
        return {name: tuple(users) for name, users in found.items()}

    @cached_property
    def owned(self) -> dict[str, tuple[int, ...]]:
        """The services that each team owns."""
        found: dict[str, list[int]] = {}
        for index, service in enumerate(self.architecture.services):
            for owner in service.owners:
                found.setdefault(owner, []).append(index)
        return {name: tuple(services) for name, services in found.items()}
