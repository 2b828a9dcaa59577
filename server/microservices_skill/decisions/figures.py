"""The numbers that a decision is judged by, reckoned from the model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.dependency import Dependency
from microservices_skill.model.service import Service


@dataclass(frozen=True)
class Figures:
    """Counts, chains and products of one architecture."""

    architecture: Architecture

    @cached_property
    def services(self) -> int:
        """How many services there are."""
        return len(self.architecture.services)

    @cached_property
    def teams(self) -> int:
        """How many teams there are; at least one."""
        return max(1, len(self.architecture.teams))

    @cached_property
    def calls(self) -> int:
        """Synchronous edges between services."""
        return sum(
            dependency.to in self.architecture.services_by_name
            for service in self.architecture.services
            for dependency in service.dependencies
        )

    @cached_property
    def deliveries(self) -> int:
        """Asynchronous edges: each event to each subscriber."""
        return sum(len(self.architecture.subscribers(name)) for name in self.architecture.events_by_name)

    @cached_property
    def entities(self) -> int:
        """How many entities all services own."""
        return sum(len(service.entities) for service in self.architecture.services)

    @cached_property
    def longest_chain(self) -> tuple[str, ...]:
        """The longest path of critical synchronous calls, as names."""
        return max((self._chain(service, ()) for service in self.architecture.services), key=len, default=())

    def chain_availability(self) -> float:
        """What the services of the longest chain promise together, in percent."""
        return 100 * prod(self._availability(name) / 100 for name in self.longest_chain)

    def chain_latency(self) -> int:
        """The longest chain's sum of p99, in milliseconds: an upper bound."""
        return sum(service.slo.p99 for name in self.longest_chain if (service := self.architecture.service(name)) is not None)

    def synchronous_availability(self) -> float:
        """What a public request could promise if it waited for every service, in percent."""
        return 100 * prod(service.slo.availability / 100 for service in self.architecture.services)

    def synchronous_latency(self) -> int:
        """The sum of every service's p99, in milliseconds."""
        return sum(service.slo.p99 for service in self.architecture.services)

    def _availability(self, name: str) -> float:
        service = self.architecture.service(name)
        external = self.architecture.externals_by_name.get(name)
        return service.slo.availability if service is not None else (external.availability or 100.0) if external is not None else 100.0

    def _chain(self, service: Service, seen: tuple[str, ...]) -> tuple[str, ...]:
        """Depth first with a bound: real chains are short, and a cycle ends at the name that it repeats."""
        here = (*seen, service.name)
        if len(here) > 12:
            return here
        paths = [self._after(call, here) for call in service.dependencies if call.critical and call.to not in here]
        return max(paths, key=len, default=here)

    def _after(self, call: Dependency, here: tuple[str, ...]) -> tuple[str, ...]:
        target = self.architecture.service(call.to)
        return (*here, call.to) if target is None else self._chain(target, here)
