"""The chosen shape against the others, each judged with this system's numbers."""

from __future__ import annotations

from microservices_skill.decisions.figures import Figures
from microservices_skill.markdown import bullets, table
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.system import Style


def tradeoffs(architecture: Architecture) -> str:
    """Benefits and costs of the chosen, and why the alternatives were not."""
    figures = Figures(architecture)
    is_split = architecture.system.style is Style.MICROSERVICES
    gains, costs = _split(figures) if is_split else _whole(figures)
    return "\n\n".join(
        [
            "**Benefits of the chosen**",
            bullets(gains),
            "**Costs of the chosen**",
            bullets(costs),
            "**Alternatives considered**",
            table(("Alternative", "What it would mean here", "Verdict"), _alternatives(architecture, figures, is_split=is_split)),
        ]
    )


def _split(figures: Figures) -> tuple[list[str], list[str]]:
    return (
        [
            f"{figures.teams} teams release {figures.services} services apart: {figures.services / figures.teams:.1f} services a team.",
            f"{figures.deliveries} of {figures.deliveries + figures.calls} interactions are events; no publisher waits or fails with them.",
            f"{figures.entities} entities have one owner each; a schema changes without a meeting.",
        ],
        [
            f"{figures.services} deployments, databases and on-call runbooks instead of one.",
            f"{figures.deliveries} deliveries are eventually consistent; readers see data as old as the outbox lag.",
            _chain_cost(figures),
        ],
    )


def _chain_cost(figures: Figures) -> str:
    chain = figures.longest_chain
    if len(chain) < 2:
        return "No request waits for a second service; a new synchronous call would be the first, and should be weighed as such."
    return (
        f"The longest chain, {' → '.join(chain)}, promises {figures.chain_availability():.2f} % together"
        f" and may take {figures.chain_latency()} ms at the 99th percentile."
    )


def _whole(figures: Figures) -> tuple[list[str], list[str]]:
    return (
        [
            f"One deployment for {figures.entities} entities and {figures.teams} team{'s' if figures.teams > 1 else ''}.",
            "A transaction spans every module: no sagas, no lag.",
            f"{figures.deliveries} events already cross module boundaries inside the process, so a module can leave later.",
        ],
        [
            "One release train: a fault in one module holds back all.",
            "The whole scales as one; the busiest module sets the size of every replica.",
        ],
    )


def _alternatives(architecture: Architecture, figures: Figures, *, is_split: bool) -> list[tuple[str, str, str]]:
    wanted = architecture.system.requirements.latency_p99
    availability, latency = figures.synchronous_availability(), figures.synchronous_latency()
    limit = f" against the {wanted} ms that are asked for" if wanted else ""
    whole = (
        "The monolith",
        f"One release for {figures.teams} teams; {figures.deliveries} deliveries become function calls",
        "rejected: the teams would wait for each other's releases" if is_split else "chosen, with modules",
    )
    split = (
        "Services",
        f"{max(2, figures.entities)} entities behind a network for {figures.teams} team{'s' if figures.teams > 1 else ''}",
        "rejected: nobody gains from releasing apart yet",
    )
    return [
        whole if is_split else split,
        (
            "Nanoservices",
            f"One service an entity: {figures.entities} services, {figures.entities / figures.teams:.1f} a team",
            "rejected: more deployments than people to run them"
            if figures.entities > figures.services
            else "the same as chosen: each service has one entity",
        ),
        (
            "All synchronous",
            f"A request that waits for all {figures.services}: {availability:.2f} % available, up to {latency} ms{limit}",
            "rejected: failures multiply and latencies add up" if figures.services > 1 else "rejected: there is nothing to call",
        ),
        (
            "All asynchronous",
            f"{figures.calls} synchronous calls become events too",
            "rejected: their callers need the answer now" if figures.calls else "as chosen: no service calls another and waits",
        ),
    ]
