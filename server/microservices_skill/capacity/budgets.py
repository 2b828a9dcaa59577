"""What users can expect along each path: the time and the availability that critical calls leave, and how long sagas take."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from microservices_skill.capacity.figures import Figure, number
from microservices_skill.capacity.traffic import entry_points
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.service import Service
from microservices_skill.rules.analysis import Analysis, Call

MONTH_MINUTES = 30 * 24 * 60
PATHS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class PathBudget:
    """One path of critical calls from an entry point, each hop waiting for the next."""

    hops: tuple[str, ...]
    latency_ms: Figure
    availability: Figure
    downtime: Figure
    meets_latency: bool
    meets_availability: bool


def paths(architecture: Architecture) -> tuple[PathBudget, ...]:
    """The slowest critical path from each service where requests arrive, the slowest first."""
    analysis = Analysis(architecture)
    following = _slowest_calls(analysis)
    arriving = dict.fromkeys(service.name for service, _ in entry_points(architecture))
    found = [along(architecture, _walk(analysis, following, name)) for name in arriving]
    return tuple(sorted(found, key=lambda path: (-path.latency_ms.value, path.hops))[:PATHS_SHOWN])


def along(architecture: Architecture, hops: tuple[str, ...]) -> PathBudget:
    """The budget of a path of names, a service first, each of which waits for the next."""
    needs = architecture.system.requirements
    first = architecture.services_by_name[hops[0]]
    times = [p99_of(architecture, name) for name in hops]
    composed = composed_of(first)
    latency = max(*times, sum(times[1:]), composed) if len(times) > 1 else max(times[0], composed)
    parts = [availability_of(architecture, name) for name in hops]
    share = 100 * prod(part / 100 for part in parts)
    minutes = MONTH_MINUTES * (1 - share / 100)
    promised = (first.slo.p99, first.slo.availability)
    wanted_p99 = needs.latency_p99 if needs.latency_p99 is not None else promised[0]
    wanted_share = needs.availability if needs.availability is not None else promised[1]
    calls = " + ".join(f"{name} {number(time)}" for name, time in zip(hops[1:], times[1:], strict=True)) or "no critical call"
    return PathBudget(
        hops=hops,
        latency_ms=Figure(
            latency,
            "ms",
            f"max(own p99 {number(times[0])}, {calls}), p99 each: an upper bound, as slow calls seldom meet",
            "slo.p99 of the model",
        ),
        availability=Figure(
            share, "%", " x ".join(f"{name} {part:g} %" for name, part in zip(hops, parts, strict=True)), "slo.availability; Treynor (2017)"
        ),
        downtime=Figure(minutes, "minutes a month", f"30 days x (100 % - {share:.4g} %)", "availability of the path"),
        meets_latency=latency <= wanted_p99,
        meets_availability=share >= wanted_share - 1e-9,
    )


def p99_of(architecture: Architecture, name: str) -> int:
    """What a service or an external system promises, in milliseconds; 0 where nothing is known."""
    service = architecture.service(name)
    if service is not None:
        return service.slo.p99
    external = architecture.externals_by_name.get(name)
    return (external.p99 if external is not None else None) or 0


def availability_of(architecture: Architecture, name: str) -> float:
    """The same in percent of requests; 100 where nothing is known."""
    service = architecture.service(name)
    if service is not None:
        return service.slo.availability
    external = architecture.externals_by_name.get(name)
    return (external.availability if external is not None else None) or 100.0


def composed_of(service: Service) -> int:
    """The longest time that a service gives one of its compositions."""
    return max((composition.budget for composition in service.compositions), default=0)


def _slowest_calls(analysis: Analysis) -> list[Call | None]:
    """The critical call of each service that leads to the slowest path; calls that go in circles are left out."""
    services = analysis.architecture.services
    totals = [0] * len(services)
    found: list[Call | None] = [None] * len(services)
    for index in analysis.callees_first:
        slowest = -1
        for call in analysis.onward(index):
            if not call.is_hard or analysis.is_composed(call):
                continue
            time = totals[call.callee] if call.callee is not None else p99_of(analysis.architecture, call.dependency.to)
            if time > slowest:
                slowest, found[index] = time, call
        totals[index] = services[index].slo.p99 + max(slowest, 0)
    return found


def _walk(analysis: Analysis, following: list[Call | None], start: str) -> tuple[str, ...]:
    hops = [start]
    place: int | None = analysis.position[start]
    while place is not None and (call := following[place]) is not None:
        hops.append(call.dependency.to)
        place = call.callee
    return tuple(hops)
