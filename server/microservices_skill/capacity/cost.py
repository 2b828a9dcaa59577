"""What a month costs, from low to high, by the price table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from microservices_skill.capacity.assumptions import Assumptions, Price
from microservices_skill.capacity.figures import number
from microservices_skill.capacity.servers import YEARS_AHEAD, DatabaseLoad
from microservices_skill.capacity.sizing import Sizing
from microservices_skill.capacity.traffic import Load

MONTH_S = 30 * 86_400
BROKER_NODES = 3
DATABASE_COPIES = 2
"""A primary and a standby."""

DATABASE_LEAST_VCPU = 4.0

BACKUP_FACTOR = 2
LOG_BYTES = 1000
"""A record of the log and its share of a trace, for each request and message."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One line of the bill."""

    item: str
    low: float
    high: float
    formula: str


def costs(load: Load, sizes: Sequence[Sizing], databases: Sequence[DatabaseLoad], assumptions: Assumptions) -> tuple[Cost, ...]:
    """The lines of the bill; with instances at their least, as they run most of the month."""
    prices = assumptions.prices
    vcpu = sum(size.least.value * size.cpu_request_m.value for size in sizes) / 1000
    memory = sum(size.least.value * size.memory_mb.value for size in sizes) / 1024
    own = sum(each.vcpu.value for each in databases) * DATABASE_COPIES
    storage = sum(each.storage_gb.value for each in databases) * BACKUP_FACTOR
    mean = assumptions.traffic.mean_to_peak
    egress = load.peak.value * mean * MONTH_S * assumptions.traffic.response_kb / 1e6
    handled = sum(size.reads.value + size.writes.value + size.consumed.value for size in sizes)
    telemetry = handled * mean * MONTH_S * LOG_BYTES / 1e9
    has_broker = any(size.consumed.value or size.published.value for size in sizes)
    lines = [
        _line("services: CPU", vcpu, "vCPU requested by the least instances", prices.vcpu),
        _line("services: memory", memory, "GiB requested by the least instances", prices.memory_gb),
        _databases(own, prices.database_vcpu),
        _line("broker", BROKER_NODES if has_broker else 0, "nodes", prices.broker_node),
        _line("storage and backups", storage, f"GB: that of {YEARS_AHEAD} years x {BACKUP_FACTOR}", prices.storage_gb),
        _line("answers to users", egress, "GB: mean rate x responseKb x a month", prices.egress_gb),
        _line("logs and traces", telemetry, "GB: 1 kB for each request and message", prices.telemetry_gb),
        _line("gateway", 1, "load balancer", prices.gateway),
    ]
    return tuple(line for line in lines if line.high)


def _databases(own: float, price: Price) -> Cost:
    """From one server for all to one for each service, both with a standby."""
    shared = min(own, max(DATABASE_LEAST_VCPU, own / 2))
    sizes = f"from one server for all with a standby ({number(shared)} vCPU) to one for each service ({number(own)} vCPU)"
    formula = f"{sizes} x {_range(price)}"
    return Cost("databases", shared * price.low, own * price.high, formula)


def _line(item: str, amount: float, what: str, price: Price) -> Cost:
    return Cost(item, amount * price.low, amount * price.high, f"{number(amount)} {what} x {_range(price)}")


def _range(price: Price) -> str:
    return f"{number(price.low)} to {number(price.high)}"
