"""How the peak runs through a system: from the operations that users call, along calls and messages, to every service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from microservices_skill.capacity.assumptions import Assumptions
from microservices_skill.capacity.figures import Figure, number
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.dependency import Dependency
from microservices_skill.model.service import Action, Endpoint, Exposure, Service

LONGEST_CHAIN = 40
"""Work that leads further than this through calls and messages goes in circles, and is cut there."""

_DAY_S = 86_400


@dataclass(slots=True)
class Rates:
    """What one service does in a second at the peak: requests that read or change, messages in and out, calls out, rows made."""

    reads: float = 0.0
    writes: float = 0.0
    consumed: float = 0.0
    published: float = 0.0
    calls: dict[str, float] = field(default_factory=dict)
    created: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arrival:
    """How many requests for one operation arrive from outside in a second."""

    service: str
    operation: str
    rate: float


@dataclass(frozen=True, slots=True)
class Load:
    """The whole system at its peak: the rate from outside, what each entry point gets, and what each service does."""

    peak: Figure
    arrivals: tuple[Arrival, ...]
    rates: dict[str, Rates]
    sagas: dict[str, float]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class _Task:
    """So many of one operation, or of one message, in a second at a service."""

    service: str
    rate: float
    operation: str = ""
    message: str = ""
    command_of: str = ""


def load(architecture: Architecture, assumptions: Assumptions) -> Load:
    """What every service does at the peak."""
    peak = peak_rate(architecture, assumptions)
    arrivals = _arrivals(architecture, assumptions, peak.value)
    flow = _Flow(architecture)
    tasks = [_Task(each.service, each.rate, operation=each.operation) for each in arrivals]
    waves = 0
    while tasks and waves < LONGEST_CHAIN:
        tasks = _merged(following for task in tasks for following in flow.does(task))
        waves += 1
    return Load(peak, arrivals, flow.rates, flow.sagas, is_cut=bool(tasks))


def peak_rate(architecture: Architecture, assumptions: Assumptions) -> Figure:
    """Requests from outside in a second at the peak: as answered, else by the users."""
    needs, traffic = architecture.system.requirements, assumptions.traffic
    if needs.peak_rps is not None:
        return Figure(needs.peak_rps, "1/s", f"peakRps = {number(needs.peak_rps)}", "answer peakRps")
    if needs.users is not None:
        mean = needs.users * traffic.requests_per_user_and_day / _DAY_S
        formula = (
            f"users {number(needs.users)} x requestsPerUserAndDay {number(traffic.requests_per_user_and_day)} / 86,400 s"
            f" / meanToPeak {number(traffic.mean_to_peak)}"
        )
        return Figure(mean / traffic.mean_to_peak, "1/s", formula, "answer users; capacity.yaml traffic")
    rate = traffic.peak_rps_without_answers
    return Figure(rate, "1/s", f"peakRpsWithoutAnswers = {number(rate)}", "no answer to peakRps or users; capacity.yaml traffic")


def entry_points(architecture: Architecture) -> tuple[tuple[Service, Endpoint], ...]:
    """Where requests from outside arrive: operations of public services, else of services that no other calls, else of all."""
    called = {dependency.to for service in architecture.services for dependency in service.dependencies}
    candidates = (
        [each for each in architecture.services if each.exposure is Exposure.PUBLIC],
        [each for each in architecture.services if each.name not in called],
        list(architecture.services),
    )
    found = (tuple((service, endpoint) for service in services for endpoint in service.endpoints) for services in candidates)
    return next((each for each in found if each), ())


def unknown_shares(architecture: Architecture, assumptions: Assumptions) -> Iterator[tuple[str, str]]:
    """Shares of operations that nobody calls from outside: where they stand, and what to do."""
    known = sorted(f"{service.name}.{endpoint.operation}" for service, endpoint in entry_points(architecture))
    for index, share in enumerate(assumptions.traffic.shares):
        if (name := f"{share.service}.{share.operation}") not in known:
            yield f"/traffic/shares/{index}", f"{name} is no operation that is called from outside; known: {', '.join(known) or 'none'}"


def _arrivals(architecture: Architecture, assumptions: Assumptions, peak: float) -> tuple[Arrival, ...]:
    """The rate of each operation that is called from outside: by its share, the rest by reads and writes alike."""
    points = {(service.name, endpoint.operation): endpoint.action.is_mutation for service, endpoint in entry_points(architecture)}
    traffic = assumptions.traffic
    shares = {key: share.percent / 100 for share in traffic.shares if (key := (share.service, share.operation)) in points}
    rest = {key: is_write for key, is_write in points.items() if key not in shares}
    left = max(0.0, 1.0 - sum(shares.values()))
    writes = sum(rest.values())
    reads = len(rest) - writes
    reading = 0.0 if not reads else 1.0 if not writes else traffic.reads_per_write / (traffic.reads_per_write + 1)
    for key, is_write in rest.items():
        shares[key] = left * ((1 - reading) / writes if is_write else reading / reads)
    return tuple(Arrival(service, operation, share * peak) for (service, operation), share in sorted(shares.items()))


def _merged(tasks: Iterator[_Task]) -> list[_Task]:
    found: dict[tuple[str, str, str, str], float] = defaultdict(float)
    for task in tasks:
        found[task.service, task.operation, task.message, task.command_of] += task.rate
    return [_Task(service, rate, operation, message, command) for (service, operation, message, command), rate in sorted(found.items())]


def _add(sums: dict[str, float], key: str, value: float) -> None:
    sums[key] = sums.get(key, 0.0) + value


class _Flow:
    """Adds up what services do, and says what follows from it."""

    def __init__(self, architecture: Architecture) -> None:
        self.architecture = architecture
        self.rates = {service.name: Rates() for service in architecture.services}
        self.sagas: dict[str, float] = {}
        self._runs = {(each.coordinator.name, each.saga.starts_with): each for each in architecture.orchestrations}
        self._orchestrated = {each.saga.name: each for each in architecture.orchestrations}

    def does(self, task: _Task) -> Iterator[_Task]:
        """What follows from a task."""
        service = self.architecture.services_by_name.get(task.service)
        if service is None or task.rate <= 0:
            return
        if task.message:
            yield from self._reacts(service, task)
        elif task.command_of:
            yield from self._takes_part(service, task)
        elif (endpoint := service.endpoint(task.operation)) is not None:
            yield from self._answers(service, endpoint, task.rate)

    def _answers(self, service: Service, endpoint: Endpoint, rate: float) -> Iterator[_Task]:
        rates = self.rates[service.name]
        if not endpoint.action.is_mutation:
            rates.reads += rate
            yield from self._composes(service, endpoint, rate)
            return
        rates.writes += rate
        yield from self._changes(service, endpoint, rate)
        yield from self._calls(service, rate)
        run = self._runs.get((service.name, endpoint.operation))
        if run is not None:
            _add(self.sagas, run.saga.name, rate)
            rates.published += rate * len(run.parts)
            rates.consumed += rate * len(run.parts)
            for part in run.parts:
                yield _Task(part.service.name, rate, operation=part.operation.id, command_of=run.saga.name)
            yield from self._ends(run.saga.name, rate)

    def _composes(self, service: Service, endpoint: Endpoint, rate: float) -> Iterator[_Task]:
        composition = service.composition(endpoint.entity)
        for part in composition.parts if composition is not None else ():
            _add(self.rates[service.name].calls, part.service, rate)
            yield _Task(part.service, rate, operation=part.operation)

    def _calls(self, service: Service, rate: float) -> Iterator[_Task]:
        """Every change asks each dependency once; which of its operations is not in the model, so they share the calls."""
        for dependency in service.dependencies:
            if self._is_composed(service, dependency):
                continue
            _add(self.rates[service.name].calls, dependency.to, rate)
            for operation in dependency.operations:
                yield _Task(dependency.to, rate / len(dependency.operations), operation=operation)

    def _is_composed(self, service: Service, dependency: Dependency) -> bool:
        asked = {part.operation for each in service.compositions for part in each.parts if part.service == dependency.to}
        return bool(asked) and asked >= set(dependency.operations)

    def _changes(self, service: Service, endpoint: Endpoint, rate: float) -> Iterator[_Task]:
        if endpoint.action is Action.CREATE:
            _add(self.rates[service.name].created, endpoint.entity, rate)
        names = endpoint.publishes
        entity = service.entity(endpoint.entity)
        if endpoint.transition is not None and entity is not None and entity.lifecycle is not None:
            transition = entity.lifecycle.transition(endpoint.transition)
            names = transition.publishes if transition is not None else names
        yield from self._tells(service, names, rate)

    def _tells(self, service: Service, events: tuple[str, ...], rate: float) -> Iterator[_Task]:
        for event in events:
            self.rates[service.name].published += rate
            for subscriber in self.architecture.subscribers(event):
                yield _Task(subscriber, rate, message=event)

    def _takes_part(self, service: Service, task: _Task) -> Iterator[_Task]:
        """A command of a saga: the step's change, and a reply."""
        rates = self.rates[service.name]
        rates.consumed += task.rate
        rates.published += task.rate
        endpoint = service.endpoint(task.operation)
        if endpoint is not None:
            yield from self._changes(service, endpoint, task.rate)
        yield from self._calls(service, task.rate)

    def _ends(self, saga: str, rate: float) -> Iterator[_Task]:
        run = self._orchestrated[saga]
        lifecycle = run.entity.lifecycle
        ending = lifecycle.transition(run.saga.succeeds_with or "") if lifecycle is not None else None
        yield from self._tells(run.coordinator, ending.publishes if ending is not None else (), rate)

    def _reacts(self, service: Service, task: _Task) -> Iterator[_Task]:
        self.rates[service.name].consumed += task.rate
        for reaction in service.subscriptions:
            if reaction.event != task.message:
                continue
            entity = service.entity(reaction.entity)
            names = reaction.publishes
            if reaction.action.value == Action.CREATE.value:
                _add(self.rates[service.name].created, reaction.entity, task.rate)
            if reaction.transition is not None and entity is not None and entity.lifecycle is not None:
                transition = entity.lifecycle.transition(reaction.transition)
                names = transition.publishes if transition is not None else names
            yield from self._tells(service, names, task.rate)
        if service.subscriptions and not any(endpoint.action.is_mutation for endpoint in service.endpoints):
            yield from self._calls(service, task.rate)
