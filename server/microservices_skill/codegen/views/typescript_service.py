"""What the TypeScript templates outside the domains print: the service as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.quoting import md_text, ts_str, ts_text
from microservices_skill.codegen.views.brokers import Broker, broker_of, routes_of
from microservices_skill.codegen.views.choreographies import (
    reactions_of,
)
from microservices_skill.codegen.views.compositions import composed_of
from microservices_skill.codegen.views.pacts import pacts_of
from microservices_skill.codegen.views.projections import projections_of
from microservices_skill.codegen.views.series import TYPESCRIPT, SeriesGroup, series_of
from microservices_skill.codegen.views.shared import (
    newer_types,
    ordered_values,
    publishers,
    retired_types,
    sensitive_fields,
)
from microservices_skill.codegen.views.streams import stream_constant
from microservices_skill.codegen.views.typescript_clients import Client, clients_of
from microservices_skill.codegen.views.typescript_compositions import Compositions, compositions_of
from microservices_skill.codegen.views.typescript_consumers import (
    Consumers,
    DomainName,
    NamedSchema,
    consumers_of,
    domains_of,
    value_schema,
)
from microservices_skill.codegen.views.typescript_projections import Views, views_of
from microservices_skill.codegen.views.typescript_sagas import Sagas, sagas_of
from microservices_skill.codegen.views.typescript_tables import MigrationName, name_of
from microservices_skill.evolution.history import History
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.naming import kebab, pascal
from microservices_skill.model.service import Service


@dataclass(frozen=True, slots=True)
class RouteRow:
    """A subscriber and the event types that go to its queue."""

    subscriber: str
    event_types: str


@dataclass(frozen=True, slots=True)
class StreamUse:
    """The stream of an event-sourced entity, and the domain that it is of."""

    domain: str
    constant: str


@dataclass(frozen=True, slots=True)
class ServiceView:
    """Everything that the service-wide templates print."""

    name: str
    package: str
    service_name: str
    system_name: str
    title: str
    title_text: str
    description: str
    responsibility: str
    owner: str
    deadline_s: float
    latency_promise_s: float
    series: tuple[SeriesGroup, ...]
    has_auth: bool
    has_scopes: bool
    has_invariants: bool
    has_published: bool
    has_clients: bool
    needs_tokens: bool
    domains: tuple[DomainName, ...]
    entity_names: str
    sensitive_fields: tuple[str, ...]
    value_types: tuple[NamedSchema, ...]
    routes: tuple[RouteRow, ...]
    newer: str
    retired: str
    migrations: tuple[MigrationName, ...]
    migration_names: str
    clients: tuple[Client, ...]
    client_names: str
    has_calls: bool
    consumers: Consumers
    sagas: Sagas
    coordinates: bool
    participates: bool
    in_sagas: bool
    handles: bool
    has_pacts: bool
    broker: Broker
    views: Views
    has_views: bool
    compositions: Compositions
    streams: tuple[StreamUse, ...]
    stream_constants: str
    has_streams: bool
    has_compositions: bool
    watches: bool
    reacts: bool
    is_orchestrated: bool
    keeps_runs: bool
    takes_part: bool
    reads_older: bool
    asks_upcasts: bool

    @property
    def erases(self) -> bool:
        """Whether it erases personal data when a saga asks for it."""
        return bool(self.sagas.erased)

    @property
    def refuses(self) -> bool:
        """Whether it tells refusals that no entity tells."""
        return bool(self.sagas.refusals)

    @property
    def is_listening(self) -> bool:
        """Whether the service hears others."""
        return bool(self.consumers.events)

    @classmethod
    def of(cls, architecture: Architecture, service: Service, history: History) -> ServiceView:
        """The view of one service."""
        projections = projections_of(architecture, service)
        sagas, consumers = sagas_of(architecture, service), consumers_of(architecture, service, projections)
        watches, reacts = bool(sagas.choreographies), bool(reactions_of(architecture, service))
        is_orchestrated = bool(sagas.definitions or sagas.parts)
        streams = tuple(StreamUse(kebab(each.name), stream_constant(each)) for each in service.entities if each.is_event_sourced)
        composed = composed_of(architecture, service)
        clients = clients_of(architecture, service)
        said = ts_text(service.title) or f"{pascal(service.name)} service"
        domains = domains_of(service, {entity.name for entity in service.entities})
        return cls(
            name=service.name,
            package=service.package,
            service_name=ts_str(service.name),
            system_name=ts_str(architecture.system.name),
            title=ts_str(said),
            title_text=md_text(said),
            description=ts_str(ts_text(service.responsibility)),
            responsibility=md_text(service.responsibility),
            owner=md_text(", ".join(service.owners) or "nobody yet"),
            deadline_s=max(1.0, service.slo.p99 / 1000 * 10),
            latency_promise_s=service.slo.p99 / 1000,
            series=series_of(architecture, service, TYPESCRIPT),
            has_auth=any(endpoint.auth for endpoint in service.endpoints),
            has_scopes=any(endpoint.auth and endpoint.scope is not None for endpoint in service.endpoints),
            has_invariants=any(entity.invariants for entity in service.entities),
            has_published=any(publishers(service, entity) for entity in service.entities),
            has_clients=bool(clients),
            needs_tokens=any(client.grant is not None for client in clients),
            domains=domains,
            entity_names="".join(f"{each.entity}, " for each in domains),
            sensitive_fields=tuple(map(ts_str, sensitive_fields(service))),
            value_types=tuple(value_schema(value) for value in ordered_values(service.value_types)),
            routes=tuple(RouteRow(ts_str(name), ", ".join(map(ts_str, types))) for name, types in routes_of(architecture, service).items()),
            newer=", ".join(map(ts_str, newer_types(architecture, service))),
            retired=", ".join(map(ts_str, retired_types(architecture, service))),
            reads_older=bool(consumers.upcasts),
            asks_upcasts=bool(consumers.hooks),
            migrations=tuple(map(name_of, history.migrations)),
            migration_names=", ".join(name_of(each).class_name for each in history.migrations),
            clients=clients,
            client_names=", ".join(client.name for client in clients),
            has_calls=any(client.calls for client in clients),
            consumers=consumers,
            sagas=sagas,
            coordinates=bool(sagas.definitions),
            participates=bool(sagas.parts),
            in_sagas=is_orchestrated or watches or reacts,
            handles=is_orchestrated or bool(consumers.entries),
            has_pacts=pacts_of(architecture, service).exist,
            broker=broker_of(architecture),
            watches=watches,
            reacts=reacts,
            is_orchestrated=is_orchestrated,
            keeps_runs=bool(sagas.definitions) or watches,
            takes_part=bool(sagas.parts) or reacts,
            views=views_of(projections),
            has_views=bool(projections),
            compositions=compositions_of(composed),
            streams=streams,
            stream_constants=", ".join(each.constant for each in streams),
            has_streams=bool(streams),
            has_compositions=bool(composed),
        )
