"""What capacity is reckoned with beside the model and the answers: ``capacity.yaml``, which a team makes its own.

Every default says where it comes from: measured by ``bench``, or assumed until the team has measured its own system.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field as Spec
from pydantic import model_validator

from microservices_skill.model.system import Language, Percent
from microservices_skill.model.types import Duration, Line, Node, OperationName, Slug

VERSION: Literal["microservices-skill/v1"] = "microservices-skill/v1"

Positive = Annotated[float, Spec(gt=0, le=1e12)]
Amount = Annotated[float, Spec(ge=0, le=1e12)]


class Share(Node):
    """How much of the peak's requests go to one operation; the others share the rest."""

    service: Slug
    operation: OperationName
    percent: Annotated[float, Spec(ge=0, le=100)]


class Traffic(Node):
    """How requests come: how many read, how the peak compares to the mean, and how much a user asks where no peak is answered."""

    reads_per_write: Amount = 9
    shares: Annotated[tuple[Share, ...], Spec(max_length=1000)] = ()
    mean_to_peak: Annotated[float, Spec(gt=0, le=1)] = 0.2
    requests_per_user_and_day: Amount = 50
    peak_rps_without_answers: Amount = 10
    response_kb: Amount = 2

    @model_validator(mode="after")
    def _shares_are_parts_of_a_whole(self) -> Self:
        if sum(share.percent for share in self.shares) > 100:
            raise ValueError("the shares come to more than 100 percent; lower some")
        return self


class Work(Node):
    """What a service of one language needs: CPU for a request or message, and memory of a process.

    The defaults of writes, messages and memory are `make bench`'s on PostgreSQL and RabbitMQ; a read is taken as half a write.
    """

    language: Language
    read_cpu_ms: Positive
    write_cpu_ms: Positive
    message_cpu_ms: Positive
    memory_mb: Positive


class Headroom(Node):
    """How much is kept free: of a CPU at the peak, of instances above the peak; a vCPU is half a core of the benchmark."""

    utilisation: Annotated[float, Spec(gt=0, le=0.95)] = 0.6
    vcpu_per_core: Annotated[float, Spec(ge=1, le=10)] = 2
    above_peak: Annotated[float, Spec(ge=1, le=100)] = 2
    connection_burst: Annotated[float, Spec(ge=1, le=100)] = 3
    connection_held: Duration = 15


class DatabaseLimits(Node):
    """What one PostgreSQL is trusted with: assumed for a server of 16 vCPU on network storage."""

    transactions_per_s: Positive = 5000
    connections: Annotated[int, Spec(ge=10, le=100_000)] = 500
    storage_gb: Positive = 2000
    transactions_per_vcpu: Positive = 400


class BrokerLimits(Node):
    """What one RabbitMQ cluster is trusted with: persistent messages with confirms, assumed for three nodes of 4 vCPU."""

    messages_per_s: Positive = 10_000


class Price(Node):
    """A price per month, from the lowest to the highest that a team expects to pay."""

    low: Amount
    high: Amount

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.low > self.high:
            raise ValueError("low is more than high; exchange them")
        return self


class Prices(Node):
    """The price table: list prices of large clouds in 2026 as a range; put your own here."""

    currency: Line = "USD"
    vcpu: Price = Price(low=18, high=35)
    memory_gb: Price = Price(low=2.5, high=5)
    database_vcpu: Price = Price(low=45, high=90)
    broker_node: Price = Price(low=60, high=220)
    storage_gb: Price = Price(low=0.1, high=0.3)
    egress_gb: Price = Price(low=0.02, high=0.12)
    telemetry_gb: Price = Price(low=0.1, high=2.5)
    gateway: Price = Price(low=20, high=60)


_MEASURED = (
    Work(language=Language.TYPESCRIPT, read_cpu_ms=0.35, write_cpu_ms=0.7, message_cpu_ms=2.5, memory_mb=340),
    Work(language=Language.PYTHON, read_cpu_ms=1.2, write_cpu_ms=2.4, message_cpu_ms=6.1, memory_mb=111),
)


class Assumptions(Node):
    """The whole document. A language without an entry is reckoned as TypeScript."""

    api_version: Literal["microservices-skill/v1"] = VERSION
    kind: Literal["Capacity"] = "Capacity"
    traffic: Traffic = Traffic()
    work: Annotated[tuple[Work, ...], Spec(min_length=1, max_length=20)] = _MEASURED
    headroom: Headroom = Headroom()
    database: DatabaseLimits = DatabaseLimits()
    broker: BrokerLimits = BrokerLimits()
    prices: Prices = Prices()
    availability_that_needs_a_spare: Percent = 99

    def work_of(self, language: Language) -> Work:
        """What a service of that language needs."""
        found = {each.language: each for each in self.work}
        return found.get(language) or found.get(Language.TYPESCRIPT) or self.work[0]
