"""Everything that capacity says of a system: one value that documents, manifests and people share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from microservices_skill.capacity.assumptions import Assumptions
from microservices_skill.capacity.budgets import PathBudget, paths
from microservices_skill.capacity.cost import Cost, costs
from microservices_skill.capacity.growth import Growth, growth
from microservices_skill.capacity.servers import Advice, DatabaseLoad, QueueLoad, advice, databases, queues
from microservices_skill.capacity.sizing import Sizing, size
from microservices_skill.capacity.traffic import Load, load
from microservices_skill.model.architecture import Architecture


@dataclass(frozen=True)
class Capacity:
    """The load, the sizes, the servers, the budgets and the cost of a system."""

    load: Load
    services: tuple[Sizing, ...]
    growths: tuple[Growth, ...]
    databases: tuple[DatabaseLoad, ...]
    queues: tuple[QueueLoad, ...]
    advice: tuple[Advice, ...]
    paths: tuple[PathBudget, ...]
    costs: tuple[Cost, ...]
    currency: str

    @cached_property
    def by_service(self) -> dict[str, Sizing]:
        """The size of each service by its name."""
        return {each.service: each for each in self.services}

    @property
    def low(self) -> float:
        """The least that a month costs."""
        return sum(each.low for each in self.costs)

    @property
    def high(self) -> float:
        """The most that a month costs."""
        return sum(each.high for each in self.costs)


def capacity(architecture: Architecture, assumptions: Assumptions | None = None) -> Capacity:
    """Reckon a system's capacity from its answers, its model and what is assumed beside them."""
    given = assumptions if assumptions is not None else Assumptions()
    found = load(architecture, given)
    sizes = tuple(size(service, found.rates[service.name], given) for service in architecture.services)
    growths = growth(architecture, found.rates, given)
    stores = databases(sizes, {each.service: each for each in growths}, given)
    waiting = queues(architecture, sizes, given)
    return Capacity(
        load=found,
        services=sizes,
        growths=growths,
        databases=stores,
        queues=tuple(each for each in waiting if each.messages.value > 0),
        advice=tuple(advice(stores, waiting, sizes, given)),
        paths=paths(architecture),
        costs=costs(found, sizes, stores, given),
        currency=given.prices.currency,
    )
