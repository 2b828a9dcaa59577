"""Systems whose watching is checked: the examples, those with one of everything, and those at the edges of what a model may say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from tests.generated.architectures import EXAMPLES, changed, in_languages, read_case, read_example, with_services, write_tree

from microservices_skill.deployment.compose import INNER_PORT, container_name
from microservices_skill.deployment.environment import places
from microservices_skill.files import FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.service import Service, Slo
from microservices_skill.model.system import Language
from microservices_skill.monitoring.render import render
from microservices_skill.monitoring.watched import Spot

CASES = ("orders", "choreographed", "composition", "sourced", "views")


def _promising(availability: float, p99: int = 500) -> Callable[[Service], Service]:
    return lambda service: service.model_copy(update={"slo": Slo.model_construct(availability=availability, p99=p99)})


def _each(architecture: Architecture, change: Callable[[Service], Service]) -> Architecture:
    return with_services(architecture, *map(change, architecture.services))


def _alone() -> Architecture:
    """One service that tells and hears nothing."""
    service = Service(name="billing", responsibility="Writes bills")
    return changed(read_case("orders"), services=(service,), events=(), sagas=())


def _renamed(system: str, *names: str) -> Architecture:
    """Services of these names, each with no more than that."""
    services = tuple(Service(name=name, responsibility="Does something", language=Language.PYTHON) for name in names)
    found = read_case("orders")
    return changed(found, system=found.system.model_copy(update={"name": system}), services=services, events=(), sagas=())


def _mixed(architecture: Architecture) -> Architecture:
    return in_languages(architecture, {service.name: Language.TYPESCRIPT for service in architecture.services})


EDGES: Mapping[str, Callable[[], Architecture]] = {
    "perfect": lambda: _each(read_example("shop"), _promising(100)),
    "loose": lambda: _each(read_example("shop"), _promising(50, 90_000)),
    "careless": lambda: _each(read_example("shop"), _promising(1, 1)),
    "nearly-perfect": lambda: _each(read_example("shop"), _promising(99.999, 1000)),
    "unowned": lambda: _each(read_example("shop"), lambda service: service.model_copy(update={"owners": ()})),
    "alone": _alone,
    "long-names": lambda: _renamed("s" * 40, "a" * 40, "a" * 39 + "b"),
    "names-of-servers": lambda: _renamed("prometheus", "prometheus", "grafana", "rabbitmq", "jaeger"),
    "typescript": lambda: _mixed(read_case("views")),
}
SYSTEMS = (*EXAMPLES, *CASES, *EDGES)
TELLING = ("shop", "fleet", "choreographed", "composition", "views", "perfect", "loose", "alone")
"""Those that have every kind of alert between them, and every kind of promise: what takes long is tried on these."""


@cache
def system(name: str) -> Architecture:
    """The architecture of a name."""
    if name in EDGES:
        return EDGES[name]()
    return read_example(name) if name in EXAMPLES else read_case(name)


def rendered(architecture: Architecture) -> FileTree:
    """What watches a system, as it is generated."""
    spots = {each.name: Spot(container_name(each), INNER_PORT, f"127.0.0.1:{each.port}") for each in places(architecture)}
    return render(architecture, spots)


def files(name: str) -> FileTree:
    """What watches the system of a name."""
    return rendered(system(name))


def written(name: str, folder: Path) -> Path:
    """The same on disk."""
    return write_tree(files(name), folder)
