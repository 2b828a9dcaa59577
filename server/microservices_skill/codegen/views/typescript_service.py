"""What the TypeScript templates outside the domains print: the service as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.quoting import md_text, ts_sentence, ts_str, ts_text
from microservices_skill.codegen.views.choreographies import (
    done_by,
    heard_events,
    reactions_of,
    seen_by,
    undone_by,
    watched_by,
)
from microservices_skill.codegen.views.pacts import pacts_of
from microservices_skill.codegen.views.projections import Projection, events_of, projections_of
from microservices_skill.codegen.views.shared import (
    creation_of,
    heard_by,
    incoming_values,
    ordered_entities,
    ordered_values,
    publishers,
    reaction_name,
    routing,
    sensitive_fields,
)
from microservices_skill.codegen.views.typescript_choreographies import (
    Imported,
    PartView,
    WatchView,
    constant,
    doing,
    told,
    undoing,
    watch_view,
)
from microservices_skill.codegen.views.typescript_clients import Client, clients_of
from microservices_skill.codegen.views.typescript_projections import Views, view_tables, views_of
from microservices_skill.codegen.views.typescript_sagas import Sagas, sagas_of
from microservices_skill.codegen.views.typescript_types import SchemaField, migration_columns, request_field
from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.choreography import Reaction
from microservices_skill.model.messaging import Event
from microservices_skill.model.naming import camel, kebab, pascal, snake, title, words
from microservices_skill.model.service import Entity, Service, Subscription, SubscriptionAction, ValueType


@dataclass(frozen=True, slots=True)
class NamedSchema:
    """A value type or an incoming event as a zod object."""

    name: str
    comment: str
    source_name: str
    version: int
    fields: tuple[SchemaField, ...]


@dataclass(frozen=True, slots=True)
class RouteRow:
    """A subscriber and the event types that go to its queue."""

    subscriber: str
    event_types: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the lines of its CREATE statement, and its indexes."""

    name: str
    lines: tuple[str, ...]
    indexes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DomainName:
    """A domain: its folder, its entity and the name of its service in code."""

    domain: str
    entity: str
    variable: str


@dataclass(frozen=True, slots=True)
class Handler:
    """A function that handles an event for one entity."""

    function: str
    name: str
    event: str
    entity: str
    variable: str
    reaction: str
    comment: str
    is_create: bool
    pairs: tuple[str, ...]
    part: PartView | None


@dataclass(frozen=True, slots=True)
class Entry:
    """An event, the handlers that it calls one after the other, and the views that it feeds."""

    event: str
    watched: tuple[WatchView, ...]
    handlers: tuple[Handler, ...]
    views: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Consumers:
    """All that a service hears."""

    values: tuple[NamedSchema, ...]
    events: tuple[NamedSchema, ...]
    names: str
    entries: tuple[Entry, ...]
    handlers: tuple[Handler, ...]
    domains: tuple[DomainName, ...]
    creating: tuple[DomainName, ...]
    checks: bool
    watched_sagas: str
    told: tuple[Imported, ...]

    @property
    def needs_inbox(self) -> bool:
        """Whether anything but a view takes them in."""
        return bool(self.handlers or self.watched_sagas)


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
    has_auth: bool
    has_invariants: bool
    has_published: bool
    has_clients: bool
    domains: tuple[DomainName, ...]
    entity_names: str
    sensitive_fields: tuple[str, ...]
    value_types: tuple[NamedSchema, ...]
    routes: tuple[RouteRow, ...]
    tables: tuple[Table, ...]
    dropped: tuple[str, ...]
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
    views: Views
    has_views: bool
    watches: bool
    reacts: bool
    is_orchestrated: bool
    keeps_runs: bool
    takes_part: bool

    @property
    def refuses(self) -> bool:
        """Whether it tells refusals that no entity tells."""
        return bool(self.sagas.refusals)

    @property
    def is_listening(self) -> bool:
        """Whether the service hears others."""
        return bool(self.consumers.events)

    @classmethod
    def of(cls, architecture: Architecture, service: Service) -> ServiceView:
        """The view of one service."""
        projections = projections_of(architecture, service)
        sagas, consumers = sagas_of(architecture, service), _consumers(architecture, service, projections)
        watches, reacts = bool(sagas.choreographies), bool(reactions_of(architecture, service))
        is_orchestrated = bool(sagas.definitions or sagas.parts)
        viewed = tuple(Table(each.name, each.lines, each.indexes) for each in view_tables(projections))
        tables = (*(_table(entity, service) for entity in ordered_entities(service)), *viewed)
        clients = clients_of(architecture, service)
        said = ts_text(service.title) or f"{pascal(service.name)} service"
        domains = _domains(service, {entity.name for entity in service.entities})
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
            has_auth=any(endpoint.auth for endpoint in service.endpoints),
            has_invariants=any(entity.invariants for entity in service.entities),
            has_published=any(publishers(service, entity) for entity in service.entities),
            has_clients=bool(clients),
            domains=domains,
            entity_names="".join(f"{each.entity}, " for each in domains),
            sensitive_fields=tuple(map(ts_str, sensitive_fields(service))),
            value_types=tuple(_value(value) for value in ordered_values(service.value_types)),
            routes=tuple(RouteRow(ts_str(name), ", ".join(map(ts_str, types))) for name, types in routing(architecture, service).items()),
            tables=tables,
            dropped=tuple(table.name for table in reversed(tables)),
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
            watches=watches,
            reacts=reacts,
            is_orchestrated=is_orchestrated,
            keeps_runs=bool(sagas.definitions) or watches,
            takes_part=bool(sagas.parts) or reacts,
            views=views_of(projections),
            has_views=bool(projections),
        )


def _value(value: ValueType) -> NamedSchema:
    fields = tuple(request_field(field) for field in value.fields)
    return NamedSchema(value.name, ts_sentence(value.description, f"{title(value.name)}, a value"), "", 0, fields)


def _domains(service: Service, names: set[str]) -> tuple[DomainName, ...]:
    found = [DomainName(kebab(entity.name), entity.name, camel(entity.name)) for entity in service.entities if entity.name in names]
    return tuple(sorted(found, key=lambda each: each.domain))


def _consumers(architecture: Architecture, service: Service, projections: tuple[Projection, ...]) -> Consumers:
    pairs = heard_by(architecture, service)
    fed = {
        name: tuple(snake(each.view.name).upper() for each in projections if name in events_of((each,))) for name in events_of(projections)
    }
    events, seen = heard_events(architecture, service) | events_of(projections), seen_by(architecture, service)
    handlers = {
        name: tuple(_handler(architecture, source, each, service) for source, each in pairs if source.name == name) for name in events
    }
    flat = tuple(handler for found in handlers.values() for handler in found)
    domains = _domains(service, {handler.entity for handler in flat})
    creating = {each.entity for _, each in pairs if each.action is SubscriptionAction.CREATE}
    return Consumers(
        values=tuple(_value(value) for value in incoming_values(architecture, events.values())),
        events=tuple(_incoming(events[name]) for name in sorted(events)),
        names=", ".join(sorted(events)),
        entries=tuple(
            Entry(name, tuple(map(watch_view, (each for each in seen if each.event.name == name))), handlers[name], fed.get(name, ()))
            for name in sorted(events)
        ),
        handlers=flat,
        domains=domains,
        creating=_domains(service, creating),
        checks=any(handler.is_create and handler.part is None for handler in flat),
        watched_sagas=", ".join(sorted({constant(each) for each in watched_by(architecture, service)})),
        told=told(architecture, service),
    )


def _incoming(event: Event) -> NamedSchema:
    fields = tuple(request_field(field) for field in event.payload)
    return NamedSchema(event.name, ts_sentence(event.description, title(event.name)), ts_str(event.name), event.version, fields)


def _handler(architecture: Architecture, event: Event, subscription: Subscription, service: Service) -> Handler:
    entity = service.entity(subscription.entity)
    is_create = subscription.action is SubscriptionAction.CREATE
    reaction = reaction_name(subscription)
    taken = creation_of(event, subscription, entity) if entity is not None and is_create else {}
    pairs = tuple(f"{name}: event.{source}" for name, source in taken.items())
    does, undoes = done_by(architecture, service, subscription), undone_by(architecture, service, subscription)
    about = does or undoes
    of_saga = f", as {about.step.name} of {about.saga.name} asks" if about is not None else ""
    return Handler(
        function=camel(f"{subscription.action}_{subscription.entity}_{reaction}"),
        name=ts_str(f"{'_'.join(words(subscription.entity))}.{reaction}"),
        event=event.name,
        entity=subscription.entity,
        variable=camel(subscription.entity),
        reaction=camel(reaction),
        comment=f"{title(event.name)}: {subscription.action} the {' '.join(words(subscription.entity))}{of_saga}.",
        is_create=is_create,
        pairs=pairs,
        part=_part(subscription, pairs, does, undoes),
    )


def _part(subscription: Subscription, pairs: tuple[str, ...], does: Reaction | None, undoes: Reaction | None) -> PartView | None:
    """What the handler does for a saga."""
    call = f"await this.{camel(subscription.entity)}.{camel(reaction_name(subscription))}"
    if undoes is not None:
        return undoing(undoes, f"{call}(tx, event)")
    if does is None:
        return None
    if subscription.action is not SubscriptionAction.CREATE:
        return doing(does, [f"{call}(tx, event);"])
    data = ["const data = {", *(f"  {pair}," for pair in pairs), "};"]
    return doing(does, [*data, f"{call}(tx, {subscription.entity}Data.parse(data));"])


def _table(entity: Entity, service: Service) -> Table:
    table, state = entity.table, wire.state_field(entity)
    lines = ['"id" ${t.uuid} NOT NULL', '"version" integer NOT NULL']
    lines += ['"created_at" ${t.moment} NOT NULL', '"updated_at" ${t.moment} NOT NULL']
    lines += [line for field in entity.fields for line in migration_columns(field)]
    lines += [f'"{state.name}" varchar(40) NOT NULL'] if state is not None else []
    lines.append(f'CONSTRAINT "pk_{table}" PRIMARY KEY ("id")')
    indexes = []
    for field in entity.fields:
        target = service.entity(field.references) if field.references is not None else None
        if target is not None:
            lines.append(f'CONSTRAINT "fk_{table}_{field.name}" FOREIGN KEY ("{field.name}") REFERENCES "{target.table}" ("id")')
            indexes.append(_index(table, field.name))
        if field.unique:
            lines.append(f'CONSTRAINT "uq_{table}_{field.name}" UNIQUE ("{field.name}")')
    if state is not None:
        indexes.append(_index(table, state.name))
    return Table(table, (*tuple(f"{line}," for line in lines[:-1]), lines[-1]), tuple(indexes))


def _index(table: str, column: str) -> str:
    return f'CREATE INDEX "ix_{table}_{column}" ON "{table}" ("{column}")'
