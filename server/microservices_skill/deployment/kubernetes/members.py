"""What manifests need to know of each service, worked out once from the model and its capacity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from microservices_skill.capacity.report import Capacity
from microservices_skill.capacity.sizing import Sizing
from microservices_skill.deployment.environment import Place, places, variable
from microservices_skill.model import wire
from microservices_skill.model.access import grants_of
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.service import Exposure, Service
from microservices_skill.model.system import BrokerKind, StoreKind

PORT = 8000
DRAIN_S, BEFORE_DRAIN_S, AFTER_DRAIN_S = 20, 5, 10
"""How long a service drains, how long it serves on until no more requests are sent to it, and what is left as a margin."""

STORE_PORTS: Mapping[StoreKind, int] = {
    StoreKind.POSTGRESQL: 5432,
    StoreKind.MYSQL: 3306,
    StoreKind.MONGODB: 27017,
    StoreKind.REDIS: 6379,
    StoreKind.ELASTICSEARCH: 9200,
    StoreKind.S3: 443,
}
BROKER_PORTS: Mapping[BrokerKind, tuple[int, ...]] = {
    BrokerKind.RABBITMQ: (5671, 5672),
    BrokerKind.NATS: (4222,),
    BrokerKind.KAFKA: (9092, 9093),
    BrokerKind.NONE: (),
}


@dataclass(frozen=True, slots=True)
class Member:
    """One service among the others: whom it calls, who calls it, what it uses, how large it is."""

    system: str
    place: Place
    size: Sizing
    owner: str
    callers: tuple[str, ...]
    stores: tuple[StoreKind, ...]
    has_broker: bool
    has_replicated_streams: bool
    """Whether it declares streams or topics that a cluster of the broker keeps as often as it is told."""

    is_public: bool
    prefixes: tuple[str, ...]
    operations: tuple[tuple[str, str], ...]
    is_limited: bool
    needs_tokens: bool

    @property
    def name(self) -> str:
        """The service's name: that of its Deployment, Service and ServiceAccount."""
        return self.place.name

    @property
    def image(self) -> str:
        """The name of its image without a registry."""
        return f"{self.system}/{self.name}"

    @property
    def settings(self) -> dict[str, str]:
        """The settings that are not secret and the same everywhere."""
        urls = {variable(name, "URL"): f"http://{name}" for name in self.place.calls}
        own = {"AUTH_CLIENT_ID": self.name} if self.needs_tokens else {}
        return {**own, "DATABASE_POOL_SIZE": f"{self.size.pool.value:.0f}", "SHUTDOWN_GRACE_S": str(DRAIN_S), **urls}

    @property
    def secrets(self) -> tuple[str, ...]:
        """The variables that its Secret must hold."""
        broker, client = ("BROKER_URL",) if self.has_broker else (), ("AUTH_CLIENT_SECRET",) if self.needs_tokens else ()
        return ("DATABASE_URL", *broker, *client)


def members(architecture: Architecture, capacity: Capacity, folders: Mapping[str, str] | None = None) -> tuple[Member, ...]:
    """Every service of a system."""
    found = {place.name: place for place in places(architecture, folders)}
    return tuple(_member(architecture, capacity, service, found[service.name]) for service in architecture.services)


def _member(architecture: Architecture, capacity: Capacity, service: Service, place: Place) -> Member:
    operations = tuple(sorted({(str(each.method), each.path) for each in wire.operations(service)}))
    return Member(
        system=architecture.system.name,
        place=place,
        size=capacity.by_service[service.name],
        owner=service.owners[0] if service.owners else "",
        callers=tuple(sorted(other.name for other in architecture.services if any(call.to == service.name for call in other.dependencies))),
        stores=tuple(sorted({architecture.stores_by_name[name].kind for name in service.stores})) or (StoreKind.POSTGRESQL,),
        has_broker=architecture.system.platform.broker is not BrokerKind.NONE,
        has_replicated_streams=architecture.system.platform.broker in (BrokerKind.NATS, BrokerKind.KAFKA),
        is_public=service.exposure is Exposure.PUBLIC,
        prefixes=tuple(sorted({_prefix(path) for _, path in operations})),
        operations=operations,
        is_limited=any(endpoint.rate_limit is not None for endpoint in service.endpoints),
        needs_tokens=bool(grants_of(architecture, service)),
    )


def _prefix(path: str) -> str:
    """``/v1/orders/{id}/cancel`` is found below ``/v1/orders``."""
    return path.partition("/{")[0]
