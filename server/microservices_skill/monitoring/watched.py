"""A service as those who watch it see it: what it promises, what it tells and hears, and who notices when it fails."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.choreography import Choreography
from microservices_skill.model.dependency import Dependency
from microservices_skill.model.messaging import Event
from microservices_skill.model.orchestration import SAGA_TIMEOUT_MS, Orchestration
from microservices_skill.model.service import Service

UNOWNED = "unowned"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a service runs on one machine: its container, its port there, and where that is found from outside."""

    container: str
    port: int
    published: str


@dataclass(frozen=True, slots=True)
class Watched:
    """One service of a system."""

    system: str
    service: Service
    callers: tuple[str, ...]
    published: tuple[Event, ...]
    heard: tuple[Event, ...]
    sagas: tuple[WatchedSaga, ...]
    steps: tuple[str, ...]
    hearers: tuple[str, ...]

    @property
    def name(self) -> str:
        """The service's name."""
        return self.service.name

    @property
    def owner(self) -> str:
        """The team that is called."""
        return self.service.owners[0] if self.service.owners else UNOWNED

    @property
    def error_budget(self) -> Decimal:
        """The part of requests that may fail; nothing where the promise is 100 %."""
        return (100 - Decimal(str(self.service.slo.availability))) / 100

    @property
    def p99_s(self) -> str:
        """The promise of latency in seconds, as the histogram spells its bucket."""
        return seconds(self.service.slo.p99)

    def type_of(self, event: Event) -> str:
        """The type of an event on the wire."""
        return f"{self.system}.{event.name}.v{event.version}"

    @property
    def guarded(self) -> tuple[Dependency, ...]:
        """The dependencies that a circuit breaker stands before."""
        return tuple(each for each in self.service.dependencies if each.circuit_breaker is not None)

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """The parts of its compositions."""
        return tuple((each.name, part.name) for each in self.service.compositions for part in each.parts)


@dataclass(frozen=True, slots=True)
class WatchedSaga:
    """A saga that a service coordinates."""

    name: str
    entity: str
    timeout_s: int
    participants: tuple[str, ...]
    is_orchestrated: bool


def watched(architecture: Architecture) -> tuple[Watched, ...]:
    """Every service of a system, in the model's order."""
    return tuple(_watched(architecture, service) for service in architecture.services)


def seconds(milliseconds: int) -> str:
    """Milliseconds as seconds without trailing zeros: ``0.3``, ``2``."""
    text = f"{Decimal(milliseconds) / 1000:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _watched(architecture: Architecture, service: Service) -> Watched:
    published = tuple(each for each in architecture.messages if each.publisher == service.name)
    heard = tuple(each for each in architecture.messages if service.name in architecture.receivers(each.name))
    hearers = {name for each in published for name in architecture.receivers(each.name)}
    callers = (each.name for each in architecture.services if any(one.to == service.name for one in each.dependencies))
    return Watched(
        system=architecture.system.name,
        service=service,
        callers=tuple(callers),
        published=published,
        heard=heard,
        sagas=tuple(_saga(each) for each in architecture.running_sagas if each.coordinator.name == service.name),
        steps=tuple(_steps(architecture, service)),
        hearers=tuple(sorted(hearers - {service.name})),
    )


def _saga(run: Orchestration | Choreography) -> WatchedSaga:
    doing = run.parts if isinstance(run, Orchestration) else run.reactions
    return WatchedSaga(
        name=run.saga.name,
        entity=run.entity.name,
        timeout_s=max(1, int(run.saga.timeout or SAGA_TIMEOUT_MS) // 1000),
        participants=tuple(dict.fromkeys(each.service.name for each in doing)),
        is_orchestrated=isinstance(run, Orchestration),
    )


def _steps(architecture: Architecture, service: Service) -> list[str]:
    parts = [each.id for saga in architecture.orchestrations for each in saga.parts if each.service.name == service.name]
    reactions = [each.id for saga in architecture.choreographies for each in saga.reactions if each.service.name == service.name]
    return [*parts, *reactions]
