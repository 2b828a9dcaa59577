"""What the databases and the broker have to carry, and where one of them is outgrown: what to move to, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from microservices_skill.capacity.assumptions import Assumptions
from microservices_skill.capacity.figures import Figure, number
from microservices_skill.capacity.growth import Growth
from microservices_skill.capacity.sizing import Sizing
from microservices_skill.model.architecture import Architecture

YEARS_AHEAD = 3
CONNECTIONS_SPARE = 10
"""Connections that migrations, backups and people need."""

_FOR_READS = "read replicas for what may be a moment old, and views kept for reading"
_FOR_WRITES = "tables spread by key over several servers (Citus, or the service split by tenant or region): replicas do not help writes"


@dataclass(frozen=True, slots=True)
class DatabaseLoad:
    """What one service asks of its database."""

    service: str
    transactions: Figure
    vcpu: Figure
    connections: Figure
    storage_gb: Figure


@dataclass(frozen=True, slots=True)
class QueueLoad:
    """What one service's queue carries, what one consumer can do, and how many partitions that takes."""

    service: str
    messages: Figure
    per_consumer: Figure
    partitions: Figure


@dataclass(frozen=True, slots=True)
class Advice:
    """A limit that is passed, by which figure, and what to move to."""

    subject: str
    limit: str
    figure: str
    move_to: str


def databases(sizes: Sequence[Sizing], growths: Mapping[str, Growth], assumptions: Assumptions) -> tuple[DatabaseLoad, ...]:
    """The load of each service's database; every service has its own."""
    return tuple(_database(size, growths[size.service], assumptions) for size in sizes)


def queues(architecture: Architecture, sizes: Sequence[Sizing], assumptions: Assumptions) -> tuple[QueueLoad, ...]:
    """The load of each service's queue: one consumer is active at a time, to keep the order per key."""
    found = []
    for size in sizes:
        work = assumptions.work_of(architecture.services_by_name[size.service].language)
        head = assumptions.headroom
        rate, each_ms = size.consumed.value, work.message_cpu_ms
        able = 1000 / (each_ms * head.vcpu_per_core) * head.utilisation
        per_consumer = Figure(
            able,
            "1/s",
            f"1,000 ms / ({number(each_ms)} ms x vcpuPerCore {number(head.vcpu_per_core)}) x utilisation {number(head.utilisation)}",
            f"capacity.yaml work ({work.language}), headroom",
        )
        partitions = max(1, ceil(rate / able))
        formula = f"max(1, ceil({number(rate)}/s / {number(able)}/s))"
        found.append(
            QueueLoad(size.service, size.consumed, per_consumer, Figure(partitions, "partitions", formula, "messages, per consumer"))
        )
    return tuple(found)


def advice(
    databases: Sequence[DatabaseLoad], queues: Sequence[QueueLoad], sizes: Sequence[Sizing], assumptions: Assumptions
) -> Iterator[Advice]:
    """What is outgrown."""
    by_service = {size.service: size for size in sizes}
    for each in databases:
        yield from _outgrown(each, by_service[each.service], assumptions)
    for queue in queues:
        if queue.partitions.value > 1:
            yield Advice(
                f"queue of {queue.service}",
                f"{number(queue.per_consumer.value)} messages/s that one active consumer handles",
                f"{number(queue.messages.value)} messages/s",
                f"{number(queue.partitions.value)} partitions by the ordering key: RabbitMQ's consistent hash exchange or a super stream,"
                " or a Kafka topic with as many partitions",
            )
    total = sum(size.published.value for size in sizes)
    if total > assumptions.broker.messages_per_s:
        yield Advice(
            "broker",
            f"{number(assumptions.broker.messages_per_s)} messages/s of one RabbitMQ cluster",
            f"{number(total)} messages/s",
            "RabbitMQ streams for events that many services read, or Kafka, where a topic's partitions spread over brokers",
        )


def _database(size: Sizing, growth: Growth, assumptions: Assumptions) -> DatabaseLoad:
    limits = assumptions.database
    rate = size.reads.value + size.writes.value + size.consumed.value
    rate_formula = f"reads {number(size.reads.value)} + writes {number(size.writes.value)} + messages {number(size.consumed.value)}"
    storage = growth.yearly_gb.value * YEARS_AHEAD + growth.retained_gb.value
    return DatabaseLoad(
        service=size.service,
        transactions=Figure(rate, "1/s", rate_formula, "the rates of this service: each is one transaction"),
        vcpu=Figure(
            max(1, ceil(rate / limits.transactions_per_vcpu)),
            "vCPU",
            f"max(1, ceil({number(rate)}/s / transactionsPerVcpu {number(limits.transactions_per_vcpu)}))",
            "transactions; capacity.yaml database",
        ),
        connections=Figure(
            size.connections + CONNECTIONS_SPARE,
            "connections",
            f"most instances {number(size.most.value)} x pool {number(size.pool.value)} + {CONNECTIONS_SPARE} for migrations and people",
            "instances, pool",
        ),
        storage_gb=Figure(
            storage,
            "GB",
            f"{YEARS_AHEAD} years x {number(growth.yearly_gb.value)} GB + retained {number(growth.retained_gb.value)} GB",
            "growth",
        ),
    )


def _outgrown(load: DatabaseLoad, size: Sizing, assumptions: Assumptions) -> Iterator[Advice]:
    limits = assumptions.database
    subject = f"database of {load.service}"
    if load.transactions.value > limits.transactions_per_s:
        changing = size.writes.value + size.consumed.value
        mostly_reads = changing <= limits.transactions_per_s
        yield Advice(
            subject,
            f"{number(limits.transactions_per_s)} transactions/s of one PostgreSQL",
            f"{number(load.transactions.value)}/s, of which {number(changing)} change something",
            _FOR_READS if mostly_reads else _FOR_WRITES,
        )
    if load.storage_gb.value > limits.storage_gb:
        yield Advice(
            subject,
            f"{number(limits.storage_gb)} GB of one PostgreSQL",
            f"{number(load.storage_gb.value)} GB in {YEARS_AHEAD} years",
            "declarative partitioning by time with old partitions detached into an archive; Citus where all of it stays in use",
        )
    if load.connections.value > limits.connections:
        yield Advice(
            subject,
            f"{limits.connections} connections of one PostgreSQL",
            f"{number(load.connections.value)} connections when every instance runs",
            "PgBouncer in transaction mode before it, or a smaller pool: DATABASE_POOL_SIZE",
        )
