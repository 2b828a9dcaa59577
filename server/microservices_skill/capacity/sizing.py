"""How large each service is: CPU, memory, instances, the range of its autoscaler and its pool of connections."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from microservices_skill.capacity.assumptions import Assumptions
from microservices_skill.capacity.figures import Figure, number
from microservices_skill.capacity.traffic import Rates
from microservices_skill.model.service import Service

CPU_STEP_M, CPU_LEAST_M, CPU_MOST_M = 50, 100, 1000
"""Requests of CPU in thousandths: a process of Node or Python uses one CPU at most."""

MEMORY_STEP_MB, MEMORY_LEAST_MB = 64, 128
MEMORY_MARGIN = 1.5
POOL_LEAST, POOL_MOST = 5, 50
POOL_OWN = 2
"""Connections of the relay and of housekeeping."""

INSTANCES_MOST = 1000


@dataclass(frozen=True, slots=True)
class Sizing:
    """What one service is given."""

    service: str
    reads: Figure
    writes: Figure
    consumed: Figure
    published: Figure
    cpu_peak_m: Figure
    instances: Figure
    least: Figure
    most: Figure
    cpu_request_m: Figure
    cpu_limit_m: Figure
    memory_mb: Figure
    pool: Figure

    @property
    def connections(self) -> float:
        """Connections to its database when every instance runs."""
        return self.most.value * self.pool.value


def size(service: Service, rates: Rates, assumptions: Assumptions) -> Sizing:
    """The size of a service that does what ``rates`` say at the peak."""
    work, head = assumptions.work_of(service.language), assumptions.headroom
    by_work = f"capacity.yaml work ({work.language})"
    cpu_m = (rates.reads * work.read_cpu_ms + rates.writes * work.write_cpu_ms + rates.consumed * work.message_cpu_ms) * head.vcpu_per_core
    cpu = Figure(
        cpu_m,
        "mCPU",
        f"(reads {number(rates.reads)}/s x {number(work.read_cpu_ms)} ms + writes {number(rates.writes)}/s x {number(work.write_cpu_ms)} ms"
        f" + messages {number(rates.consumed)}/s x {number(work.message_cpu_ms)} ms) x vcpuPerCore {number(head.vcpu_per_core)}",
        f"the rates of this service; {by_work}",
    )
    spare = int(service.slo.availability > assumptions.availability_that_needs_a_spare)
    carrying = max(1, ceil(cpu_m / (CPU_MOST_M * head.utilisation)))
    instances = min(max(service.replicas, carrying + spare), INSTANCES_MOST)
    at_mean = max(1, ceil(cpu_m * assumptions.traffic.mean_to_peak / (CPU_MOST_M * head.utilisation)))
    least = min(max(service.replicas, at_mean + spare), instances)
    most = min(max(least + 1, ceil(carrying * head.above_peak) + spare), INSTANCES_MOST)
    request = _stepped(cpu_m / carrying / head.utilisation, CPU_STEP_M, CPU_LEAST_M, CPU_MOST_M)
    memory = _stepped(work.memory_mb * MEMORY_MARGIN, MEMORY_STEP_MB, MEMORY_LEAST_MB)
    by_slo = f"slo.availability {number(service.slo.availability)} %"
    return Sizing(
        service=service.name,
        reads=_rate(rates.reads, "requests that only read"),
        writes=_rate(rates.writes, "requests that change something"),
        consumed=_rate(rates.consumed, "events, commands and replies received"),
        published=_rate(rates.published, "events, commands and replies sent"),
        cpu_peak_m=cpu,
        instances=Figure(
            instances,
            "instances",
            f"max(replicas {service.replicas}, ceil({number(cpu_m)} mCPU / ({CPU_MOST_M} x utilisation {number(head.utilisation)}))"
            f" = {carrying} + {spare} to lose one)",
            f"cpuPeak; {by_slo}; capacity.yaml headroom",
        ),
        least=Figure(
            least,
            "instances",
            f"max(replicas {service.replicas}, the same at the mean rate = {at_mean} + {spare} to lose one)",
            f"cpuPeak; {by_slo}; capacity.yaml traffic.meanToPeak",
        ),
        most=Figure(
            most,
            "instances",
            f"max(least {least} + 1, ceil({carrying} x abovePeak {number(head.above_peak)}) + {spare})",
            "instances; capacity.yaml headroom",
        ),
        cpu_request_m=Figure(
            request,
            "mCPU",
            f"{number(cpu_m)} mCPU / {carrying} instance{'s' if carrying > 1 else ''} / utilisation {number(head.utilisation)}, in steps of"
            f" {CPU_STEP_M} from {CPU_LEAST_M} to {CPU_MOST_M}",
            "cpuPeak; capacity.yaml headroom",
        ),
        cpu_limit_m=Figure(
            max(1000, request + 500),
            "mCPU",
            f"max(1,000, request {request} + 500): a process starts, collects garbage and catches up beyond its share",
            "cpuRequest",
        ),
        memory_mb=Figure(memory, "MiB", f"{number(work.memory_mb)} MB under load x {MEMORY_MARGIN}, in steps of {MEMORY_STEP_MB}", by_work),
        pool=_pool(rates, assumptions, carrying),
    )


def _pool(rates: Rates, assumptions: Assumptions, carrying: int) -> Figure:
    """Little's law: how many connections are held at once."""
    head = assumptions.headroom
    rate = rates.reads + rates.writes + rates.consumed
    at_once = rate * head.connection_held / 1000 / carrying
    value = min(max(ceil(at_once * head.connection_burst) + POOL_OWN, POOL_LEAST), POOL_MOST)
    return Figure(
        value,
        "connections per instance",
        f"{number(rate)}/s x held {head.connection_held} ms / {carrying} x burst {number(head.connection_burst)} + {POOL_OWN},"
        f" from {POOL_LEAST} to {POOL_MOST}",
        "the rates of this service; Little (1961); capacity.yaml headroom",
    )


def _rate(value: float, what: str) -> Figure:
    return Figure(value, "1/s", f"{what}, summed over all ways that lead here", "peak, along calls and messages of the model")


def _stepped(value: float, step: int, least: int, most: int | None = None) -> int:
    found = max(least, ceil(value / step) * step)
    return found if most is None else min(found, most)
