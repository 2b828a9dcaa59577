"""What the templates outside the domains print: the service as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.quoting import md_text, py_str, py_text, sentence
from microservices_skill.codegen.views.brokers import Broker, broker_of, routes_of
from microservices_skill.codegen.views.choreographies import reactions_of
from microservices_skill.codegen.views.compositions import composed_of
from microservices_skill.codegen.views.pacts import pacts_of
from microservices_skill.codegen.views.projections import projections_of
from microservices_skill.codegen.views.python_clients import Client, clients_of
from microservices_skill.codegen.views.python_compositions import Compositions, compositions_of
from microservices_skill.codegen.views.python_consumers import Consumers, consumers_of
from microservices_skill.codegen.views.python_projections import Views, views_of
from microservices_skill.codegen.views.python_sagas import Sagas, sagas_of
from microservices_skill.codegen.views.python_tables import left_behind
from microservices_skill.codegen.views.python_types import TypedName, request_field
from microservices_skill.codegen.views.series import PYTHON, SeriesGroup, series_of
from microservices_skill.codegen.views.shared import newer_types, ordered_values, publishers, retired_types, sensitive_fields
from microservices_skill.evolution.history import History
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.fields import Field
from microservices_skill.model.naming import pascal, snake
from microservices_skill.model.service import Service, ValueType


@dataclass(frozen=True, slots=True)
class ValueClass:
    """A value type as a class."""

    name: str
    docstring: str
    fields: tuple[TypedName, ...]


@dataclass(frozen=True, slots=True)
class RouteRow:
    """A subscriber and the event types that go to its queue."""

    subscriber: str
    event_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceView:
    """Everything that the service-wide templates print."""

    package: str
    name: str
    service_name: str
    system_name: str
    title: str
    title_text: str
    description: str
    responsibility: str
    owner: str
    docstring_title: str
    deadline_s: float
    latency_promise_s: float
    series: tuple[SeriesGroup, ...]
    has_auth: bool
    has_scopes: bool
    domains: tuple[str, ...]
    sensitive_fields: tuple[str, ...]
    value_types: tuple[ValueClass, ...]
    routes: tuple[RouteRow, ...]
    newer: tuple[str, ...]
    retired: tuple[str, ...]
    left_behind: tuple[str, ...]
    clients: tuple[Client, ...]
    has_clients: bool
    needs_tokens: bool
    has_published: bool
    has_invariants: bool
    consumers: Consumers
    sagas: Sagas
    coordinates: bool
    participates: bool
    has_pacts: bool
    broker: Broker
    views: Views
    has_views: bool
    compositions: Compositions
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
        sagas = sagas_of(architecture, service)
        watches, reacts = bool(sagas.choreographies), bool(reactions_of(architecture, service))
        clients = clients_of(architecture, service)
        composed = composed_of(architecture, service)
        consumers = consumers_of(architecture, service, projections)
        title = py_text(service.title) or f"{pascal(service.name)} service"
        return cls(
            package=service.package,
            name=service.name,
            service_name=py_str(service.name),
            system_name=py_str(architecture.system.name),
            title=py_str(title),
            title_text=md_text(title),
            description=py_str(py_text(service.responsibility)),
            responsibility=md_text(service.responsibility),
            owner=md_text(", ".join(service.owners) or "nobody yet"),
            docstring_title=sentence(service.responsibility, title),
            deadline_s=max(1.0, service.slo.p99 / 1000 * 10),
            latency_promise_s=service.slo.p99 / 1000,
            series=series_of(architecture, service, PYTHON),
            has_auth=any(endpoint.auth for endpoint in service.endpoints),
            has_scopes=any(endpoint.auth and endpoint.scope is not None for endpoint in service.endpoints),
            domains=tuple(sorted(snake(entity.name) for entity in service.entities)),
            sensitive_fields=tuple(map(py_str, sensitive_fields(service))),
            value_types=_value_classes(service.value_types),
            routes=_routes(architecture, service),
            newer=tuple(map(py_str, newer_types(architecture, service))),
            retired=tuple(map(py_str, retired_types(architecture, service))),
            left_behind=left_behind(history.schema_now),
            clients=clients,
            has_clients=bool(clients),
            needs_tokens=any(client.grant is not None for client in clients),
            has_invariants=any(entity.invariants for entity in service.entities),
            has_published=any(publishers(service, entity) for entity in service.entities),
            consumers=consumers,
            sagas=sagas,
            coordinates=bool(sagas.definitions),
            participates=bool(sagas.parts),
            has_pacts=pacts_of(architecture, service).exist,
            broker=broker_of(architecture),
            views=views_of(projections),
            has_views=bool(projections),
            compositions=compositions_of(composed),
            has_streams=any(entity.is_event_sourced for entity in service.entities),
            has_compositions=bool(composed),
            watches=watches,
            reacts=reacts,
            is_orchestrated=bool(sagas.definitions or sagas.parts),
            keeps_runs=bool(sagas.definitions) or watches,
            takes_part=bool(sagas.parts) or reacts,
            reads_older=bool(consumers.upcasts),
            asks_upcasts=bool(consumers.hooks),
        )


def _value_classes(values: tuple[ValueType, ...]) -> tuple[ValueClass, ...]:
    return tuple(value_class(value.name, value.description, value.fields) for value in ordered_values(values))


def value_class(name: str, description: str, fields: tuple[Field, ...]) -> ValueClass:
    """A value type as a class."""
    return ValueClass(name, sentence(description, f"{pascal(name)}, a value"), tuple(request_field(field) for field in fields))


def _routes(architecture: Architecture, service: Service) -> tuple[RouteRow, ...]:
    return tuple(RouteRow(py_str(name), tuple(map(py_str, types))) for name, types in routes_of(architecture, service).items())
