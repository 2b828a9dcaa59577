"""The page on capacity: what arrives, what each service and server is given for it, what users can expect, what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from microservices_skill.capacity.figures import Figure, number
from microservices_skill.capacity.report import Capacity
from microservices_skill.capacity.sizing import Sizing
from microservices_skill.markdown import bullets, document, md_text, section, table

PAGE = "docs/capacity.md"

_ABOUT = (
    "Reckoned from the answers, the model and what is assumed beside them (`capacity.yaml`; `microservices-skill capacity --init`"
    " writes it, to be changed). The manifests take requests, limits, replicas and pools from here. Measure the system, put the"
    " figures into `capacity.yaml`, and generate again."
)


def page(capacity: Capacity) -> str:
    """The page as Markdown."""
    return document(
        "Capacity",
        _ABOUT,
        section("What arrives", *_arrivals(capacity)),
        section("Services", _services(capacity.services)),
        section("What is outgrown", _advice(capacity)),
        section("Databases", _databases(capacity)),
        section("Queues", _queues(capacity)),
        section("What users can expect", _paths(capacity)),
        section("Cost of a month", _costs(capacity)),
        section("Formulas", *_formulas(capacity)),
    )


def summary(capacity: Capacity) -> str:
    """The few figures that the record of the architecture shows."""
    total = f"{number(capacity.low)} to {number(capacity.high)} {md_text(capacity.currency)} a month"
    peak = f"Peak {number(capacity.load.peak.value)} requests/s ({md_text(capacity.load.peak.source)}); {total}. [How](../capacity.md)"
    return "\n\n".join([peak, _services(capacity.services), *([_advice(capacity)] if capacity.advice else [])])


def _arrivals(capacity: Capacity) -> Iterator[str]:
    peak = capacity.load.peak
    yield f"At the peak {number(peak.value)} requests/s: {md_text(peak.formula)} ({md_text(peak.source)})."
    rows = [(each.service, each.operation, number(each.rate)) for each in capacity.load.arrivals]
    yield table(("Service", "Operation", "Requests/s"), rows) if rows else "No operation is called from outside."
    if capacity.load.is_cut:
        yield "**Calls or events go in circles**: what they cause is reckoned for the first rounds only. `validate` names the circle."


def _services(sizes: Sequence[Sizing]) -> str:
    rows = [
        (
            size.service,
            *(number(figure.value) for figure in (size.reads, size.writes, size.consumed, size.published)),
            f"{number(size.least.value)}-{number(size.most.value)}",
            f"{number(size.cpu_request_m.value)}m",
            f"{number(size.memory_mb.value)} MiB",
            number(size.pool.value),
        )
        for size in sizes
    ]
    head = ("Service", "Reads/s", "Writes/s", "Messages in/s", "out/s", "Instances", "CPU each", "Memory each", "Connections each")
    return table(head, rows) if rows else "There is no service yet."


def _advice(capacity: Capacity) -> str:
    if not capacity.advice:
        return "Nothing: one PostgreSQL for each service, one queue for each consumer and one RabbitMQ cluster carry it."
    return bullets(
        f"**{md_text(each.subject)}**: {md_text(each.figure)}; the limit is {md_text(each.limit)}. Move to: {md_text(each.move_to)}."
        for each in capacity.advice
    )


def _databases(capacity: Capacity) -> str:
    rows = [
        (
            each.service,
            number(each.transactions.value),
            number(each.vcpu.value),
            number(each.connections.value),
            number(growth.yearly_gb.value),
            number(each.storage_gb.value),
        )
        for each, growth in zip(capacity.databases, capacity.growths, strict=True)
    ]
    head = ("Database of", "Transactions/s", "vCPU", "Connections at most", "GB a year", "GB in 3 years")
    return table(head, rows) if rows else "There is no database yet."


def _queues(capacity: Capacity) -> str:
    rows = [
        (each.service, number(each.messages.value), number(each.per_consumer.value), number(each.partitions.value))
        for each in capacity.queues
    ]
    head = ("Queue of", "Messages/s", "One consumer handles", "Partitions")
    return table(head, rows) if rows else "No message is received at the peak."


def _paths(capacity: Capacity) -> str:
    rows = [
        (
            " → ".join(path.hops),
            number(path.latency_ms.value),
            "met" if path.meets_latency else "**missed**",
            f"{path.availability.value:.4g} %",
            "met" if path.meets_availability else "**missed**",
            number(path.downtime.value),
        )
        for path in capacity.paths
    ]
    head = ("Critical path", "p99 at most, ms", "Latency asked for", "Availability", "Availability asked for", "Minutes down a month")
    return table(head, rows) if rows else "No request arrives from outside."


def _costs(capacity: Capacity) -> str:
    rows = [(each.item, number(each.low), number(each.high), md_text(each.formula)) for each in capacity.costs]
    rows.append(("**all**", f"**{number(capacity.low)}**", f"**{number(capacity.high)}**", "people and support are not in it"))
    return table(("Item", "Low", f"High, {md_text(capacity.currency)}", "How"), rows)


def _formulas(capacity: Capacity) -> Iterator[str]:
    for size in capacity.services:
        named = {
            "CPU at the peak": size.cpu_peak_m,
            "instances at the peak": size.instances,
            "instances at least": size.least,
            "instances at most": size.most,
            "CPU requested": size.cpu_request_m,
            "CPU limit": size.cpu_limit_m,
            "memory": size.memory_mb,
            "connections": size.pool,
        }
        yield f"### {size.service}\n\n" + bullets(_explained(name, figure) for name, figure in named.items())
    for each, growth in zip(capacity.databases, capacity.growths, strict=True):
        named = {
            "transactions": each.transactions,
            "vCPU": each.vcpu,
            "connections": each.connections,
            "growth in a year": growth.yearly_gb,
            "retained": growth.retained_gb,
            "storage": each.storage_gb,
        }
        yield f"### Database of {each.service}\n\n" + bullets(_explained(name, figure) for name, figure in named.items())


def _explained(name: str, figure: Figure) -> str:
    return f"{name}: {number(figure.value)} {figure.unit} = {md_text(figure.formula)}. From: {md_text(figure.source)}."
