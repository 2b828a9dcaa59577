"""How services are cut and who calls whom."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model.system import Style
from microservices_skill.rules.analysis import Analysis
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.graph import cycle_through, reachable
from microservices_skill.rules.rule import rule

MOST_SERVICES = 15
DEEPEST_CHAIN = 4
MOST_REACHED = 8
MOST_OPERATIONS = 4
HUB = 5


@rule("too-many-services", Severity.WARNING)
def too_many_services(analysis: Analysis) -> Iterator[Violation]:
    """The system has more than 15 services.

    Why: every service adds pipelines, dashboards, on-call and network failures; few teams can carry more than they can name.
    Fix: merge services that change together, or show the teams that carry them and accept the risk.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 1 and 3
    """
    count = len(analysis.architecture.services)
    if count > MOST_SERVICES:
        yield Violation("/services", f"{count} services; more than {MOST_SERVICES} need strong reasons")


@rule("too-few-services", Severity.ERROR)
def too_few_services(analysis: Analysis) -> Iterator[Violation]:
    """A microservice system has fewer than 2 services.

    Why: one service is a monolith with the costs of a distributed platform.
    Fix: choose system.style: modular-monolith, or cut a second service along a business capability.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 3
    """
    count = len(analysis.architecture.services)
    if count < 2 and analysis.architecture.system.style is Style.MICROSERVICES:
        yield Violation("/services", f"{count} service(s) in a system of style microservices")


@rule("deep-call-chain", Severity.WARNING)
def deep_call_chain(analysis: Analysis) -> Iterator[Violation]:
    """A chain of synchronous calls is deeper than 4.

    Why: latency adds up and availability multiplies down with every call.
    Fix: let a service answer from data it keeps up to date by events, or call the end of the chain directly.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 3
    """
    services = analysis.architecture.services
    depth = [0] * len(services)
    for index in analysis.callees_first:
        depth[index] = max((1 + depth[call.callee] for call in analysis.onward(index) if call.callee is not None), default=0)
    for index in range(len(services)):
        if depth[index] > DEEPEST_CHAIN and analysis.is_entry(index):
            calls = [call for call in analysis.onward(index) if call.callee is not None]
            first = next((call for call in calls if call.callee is not None and depth[call.callee] == depth[index] - 1), None)
            if first is not None:
                yield Violation(
                    first.at, f"{services[index].name} starts a chain of {depth[index]} synchronous calls, deeper than {DEEPEST_CHAIN}"
                )


@rule("synchronous-cycle", Severity.ERROR)
def synchronous_cycle(analysis: Analysis) -> Iterator[Violation]:
    """Services call each other in a circle.

    Why: none of them can be deployed, scaled or recovered alone, and load can chase itself around.
    Fix: turn one call of the circle into an event, or merge the services.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 2 and 3
    """
    for members in analysis.components:
        if len(members) > 1:
            cycle = cycle_through(analysis.callees, members[0], within=frozenset(members))
            first = next(call for call in analysis.calls[cycle[0]] if call.callee == cycle[1])
            names = " → ".join(analysis.architecture.services[index].name for index in cycle)
            yield Violation(first.at, f"synchronous cycle {names}")


@rule("hub-service", Severity.WARNING)
def hub_service(analysis: Analysis) -> Iterator[Violation]:
    """Many services call one service that itself calls many.

    Why: a change or failure in the hub touches most of the system.
    Fix: move behaviour out to the callers or callees; keep orchestration in sagas.
    Source: Fontana et al., Arcan: a tool for architectural smells detection (ICSA 2017)
    """
    for index, service in enumerate(analysis.architecture.services):
        inward, outward = len(analysis.callers[index]), len(service.dependencies)
        if inward >= HUB and outward >= HUB:
            yield Violation(f"/services/{index}", f"{service.name} is called by {inward} services and calls {outward}")


@rule("god-service", Severity.WARNING)
def god_service(analysis: Analysis) -> Iterator[Violation]:
    """A service does the work of many.

    Why: it becomes the monolith again: every team waits on it.
    Fix: split it by business capability.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 3
    """
    for index, service in enumerate(analysis.architecture.services):
        if len(service.entities) > 10 or len(service.endpoints) > 40:
            yield Violation(
                f"/services/{index}", f"{service.name} has {len(service.entities)} entities and {len(service.endpoints)} endpoints"
            )


@rule("nano-service", Severity.INFO)
def nano_service(analysis: Analysis) -> Iterator[Violation]:
    """A service does too little to pay for its own deployment.

    Why: its overhead outweighs its use, and its only caller waits on the network for it.
    Fix: merge it with its caller.
    Source: Arnon Rotem-Gal-Oz, SOA Patterns (2012), ch. 10: the Nanoservices anti-pattern
    """
    for index, service in enumerate(analysis.architecture.services):
        small = len(service.entities) <= 1 and len(service.endpoints) <= 1 and not service.subscriptions and not service.dependencies
        if small and service.endpoints and len(analysis.callers[index]) == 1 and not service.endpoints[0].publishes and not service.stores:
            yield Violation(f"/services/{index}", f"{service.name} offers one operation to one caller and keeps no data")


@rule("idle-service", Severity.WARNING)
def idle_service(analysis: Analysis) -> Iterator[Violation]:
    """A service neither offers, calls nor reacts.

    Why: what nobody can reach does nothing and still must run.
    Fix: give it endpoints or subscriptions, or remove it.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 3
    """
    for index, service in enumerate(analysis.architecture.services):
        if not (service.endpoints or service.subscriptions or service.dependencies):
            yield Violation(f"/services/{index}", f"{service.name} has no endpoints, subscriptions or dependencies")


@rule("chatty-pair", Severity.WARNING)
def chatty_pair(analysis: Analysis) -> Iterator[Violation]:
    """A service uses many operations of another.

    Why: the two change together, and one use case pays for many round trips.
    Fix: offer one coarser operation, or merge the two.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 2 and 3
    """
    for call in analysis.all_calls:
        if call.callee is not None and len(call.dependency.operations) > MOST_OPERATIONS:
            caller = analysis.architecture.services[call.caller].name
            yield Violation(f"{call.at}/operations", f"{caller} uses {len(call.dependency.operations)} operations of {call.dependency.to}")


@rule("wide-critical-path", Severity.WARNING)
def wide_critical_path(analysis: Analysis) -> Iterator[Violation]:
    """A request needs more than 8 other services to be up.

    Why: each one takes its failures into every request.
    Fix: make dependencies non-critical with a fallback, or answer from local data.
    Source: Michael Nygard, Release It!, 2nd ed. (2018), ch. 4
    """
    hard = tuple(tuple(call.callee for call in calls if call.callee is not None and call.is_hard) for calls in analysis.calls)
    for index, service in enumerate(analysis.architecture.services):
        if len(reachable(hard, index, limit=MOST_REACHED)) > MOST_REACHED:
            yield Violation(f"/services/{index}", f"{service.name} cannot answer unless more than {MOST_REACHED} other services are up")
