"""The parts of a system as nodes of the map: services, their stores, the systems outside and the broker."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.capacity.budgets import availability_of, composed_of, p99_of
from microservices_skill.explorer.page import EntityItem, Node, OperationItem
from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.fields import Field
from microservices_skill.model.naming import title
from microservices_skill.model.service import Service
from microservices_skill.model.system import BROKER_TITLES, BrokerKind, DataStore, External
from microservices_skill.model.types import format_duration
from microservices_skill.model.wire import Operation

BROKER = "broker"


def service_id(name: str) -> str:
    """The node of a service."""
    return f"service:{name}"


def store_id(name: str) -> str:
    """The node of a store."""
    return f"store:{name}"


def external_id(name: str) -> str:
    """The node of a system outside."""
    return f"external:{name}"


def callee_id(architecture: Architecture, name: str) -> str:
    """The node that a call goes to."""
    return external_id(name) if name in architecture.externals_by_name else service_id(name)


def nodes(architecture: Architecture) -> Iterator[Node]:
    """Every node, in the order of the document."""
    owners = {store: service for service in reversed(architecture.services) for store in service.stores}
    for service in architecture.services:
        yield _service(architecture, service)
    for store in architecture.stores:
        yield _store(store, owners.get(store.name))
    for external in architecture.externals:
        yield _external(architecture, external)
    broker = architecture.system.platform.broker
    if broker is not BrokerKind.NONE and architecture.messages:
        about = "Carries events and the messages of sagas: each reaches its subscribers at least once, in the order of its key"
        yield Node(BROKER, "broker", broker, BROKER_TITLES[broker], about)


def _service(architecture: Architecture, service: Service) -> Node:
    return Node(
        id=service_id(service.name),
        kind="service",
        name=service.name,
        title=service.title or title(service.name),
        about=service.responsibility,
        team=service.owners[0] if service.owners else "",
        owners=service.owners,
        facts=(
            ("Availability", f"{service.slo.availability:g} %"),
            ("Latency p99", format_duration(service.slo.p99)),
            ("Replicas", str(service.replicas)),
            ("Language", service.language),
            ("Exposure", service.exposure),
        ),
        p99=p99_of(architecture, service.name),
        availability=availability_of(architecture, service.name),
        composed=composed_of(service),
        operations=tuple(map(_operation, wire.operations(service))),
        entities=tuple(_entities(service)),
    )


def _operation(operation: Operation) -> OperationItem:
    endpoint = operation.endpoint
    access = "anybody" if not endpoint.auth else endpoint.scope or "any token"
    return OperationItem(operation.id, operation.method, operation.path, operation.summary, access)


def _entities(service: Service) -> Iterator[EntityItem]:
    for entity in service.entities:
        states = entity.lifecycle.states if entity.lifecycle is not None else ()
        kind = "event-sourced entity" if entity.is_event_sourced else "entity"
        yield EntityItem(entity.name, entity.description, *_fields(entity.fields), states, kind)
    for view in service.views:
        yield EntityItem(view.name, view.description, *_fields(view.fields), (), "view of events")
    for each in service.compositions:
        parts = tuple(f"{part.name}: {part.operation} of {part.service}" for part in each.parts)
        yield EntityItem(each.name, each.description, parts, (), (), f"composition within {format_duration(each.budget)}")


def _fields(fields: tuple[Field, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    sensitive = tuple(f"{each.name} ({each.classification})" for each in fields if each.classification.is_sensitive)
    return tuple(f"{each.name}: {each.type}" for each in fields), sensitive


def _store(store: DataStore, owner: Service | None) -> Node:
    facts = [("Kind", str(store.kind)), ("Replication", str(store.replication)), ("Encrypted", "yes" if store.encrypted else "no")]
    if store.backup_interval is not None:
        facts.append(("Backup every", format_duration(store.backup_interval)))
    team = owner.owners[0] if owner is not None and owner.owners else ""
    return Node(store_id(store.name), "store", store.name, store.name, store.purpose, team=team, facts=tuple(facts))


def _external(architecture: Architecture, external: External) -> Node:
    promised = [
        ("Availability", f"{external.availability:g} %" if external.availability is not None else "not promised"),
        ("Latency p99", format_duration(external.p99) if external.p99 is not None else "not promised"),
    ]
    return Node(
        id=external_id(external.name),
        kind="external",
        name=external.name,
        title=title(external.name),
        about=external.description,
        facts=tuple(promised),
        p99=p99_of(architecture, external.name),
        availability=availability_of(architecture, external.name),
    )
