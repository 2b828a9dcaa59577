"""A generated service that runs on real servers behind links, with what a test needs to know of it: its model and its surroundings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import uuid4

from tests.generated.brokers import Broker, broker_of, link_to, own_settings
from tests.generated.issuer import Issuer
from tests.generated.lives import creating
from tests.generated.processes import Answer, Caller, Running, until
from tests.generated.samples import Data, Samples
from tests.generated.servers import Database, new_database

from microservices_skill.chaos.links import Link
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.entity import Entity, Lifecycle
from microservices_skill.model.fields import PayloadField
from microservices_skill.model.messaging import Event
from microservices_skill.model.naming import kebab
from microservices_skill.model.service import Action, Service, Subscription
from microservices_skill.model.wire import Operation, operations

QUICK = {
    "OUTBOX_LEASE_S": "2",
    "OUTBOX_POLL_S": "0.2",
    "DELIVERY_BACKOFF_S": "0.05",
    "DELIVERY_LEASE_S": "2",
    "DATABASE_TIMEOUT_S": "3",
    "BROKER_TIMEOUT_S": "3",
}
"""Settings that make failures pass sooner than in production."""

EVENT_LIMIT_S = 40.0


@dataclass(frozen=True)
class Occurrence:
    """An event that a test lets happen."""

    id: str
    type: str
    key: str
    data: Data
    traceparent: str | None = None
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat())

    @property
    def body(self) -> bytes:
        """Its CloudEvents envelope."""
        envelope = {
            "specversion": "1.0",
            "id": self.id,
            "source": "/somebody",
            "type": self.type,
            "subject": self.key,
            "time": self.time,
            "datacontenttype": "application/json",
            "partitionkey": self.key,
            "data": self.data,
        }
        return json.dumps(envelope | ({"traceparent": self.traceparent} if self.traceparent else {}), ensure_ascii=False).encode()


@dataclass
class Target:
    """One service under test."""

    architecture: Architecture
    service: Service
    running: Running
    database: Database
    to_database: Link
    to_broker: Link
    issuer: Issuer
    samples: Samples
    events: str = ""
    """The queue that gets a copy of every event of the system."""

    broker: Broker = field(init=False)

    def __post_init__(self) -> None:
        """The broker is the one of the service's system."""
        self.broker = broker_of(self.architecture.system.platform.broker, self.architecture.system.name)

    def mend(self) -> None:
        """Be whole again, whatever the test before has left."""
        self.to_database.restore()
        self.to_broker.restore()
        if not self.running.is_alive:
            self.running.start()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until it reaches its database and its broker."""
        until(lambda: self.is_ready() and self.is_connected(), EVENT_LIMIT_S, "for the service to be ready")

    def is_ready(self) -> bool:
        """Whether it says that it can serve."""
        return self.running.call("GET", "/health/ready").status == 200

    def is_connected(self) -> bool:
        """Whether it says that it reaches the broker."""
        return bool(self.running.call("GET", "/health/ready").json["checks"]["broker"] == "up")

    # What its model says.

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """All its operations."""
        return operations(self.service)

    def operation(self, action: Action, entity: Entity | None = None) -> Operation:
        """The first operation that does this, with this entity where it matters."""
        return next(each for each in self.operations if each.action is action and (entity is None or each.entity.name == entity.name))

    @property
    def creation(self) -> Operation:
        """The operation that creates, of those that do the one that publishes most."""
        return max((each for each in self.operations if each.action is Action.CREATE), key=lambda each: len(each.endpoint.publishes))

    @cached_property
    def event_types(self) -> frozenset[str]:
        """The types of all events that the model names."""
        return frozenset(map(self.event_type, self.architecture.events))

    def event_type(self, event: Event) -> str:
        """The type that an event has on the wire."""
        return f"{self.architecture.system.name}.{event.name}.v{event.version}"

    def key_of(self, creation: Operation, made: Data) -> str:
        """What orders the first event that a creation publishes, with its prefix."""
        event = self.architecture.event(creation.endpoint.publishes[0])
        assert event is not None
        key = next(each for each in event.payload if each.name == event.ordering_key)
        return f"{kebab(event.entity or '')}/{source_of(made, key)}"

    # Who calls it.

    def caller(self, scopes: str | None = None, **claims: Any) -> Caller:
        """Somebody new, who may do everything or what the scopes say."""
        everything = " ".join(sorted({each.scope for each in self.service.endpoints if each.scope}))
        token = self.issuer.token(self.service.name, everything if scopes is None else scopes, **claims)
        return Caller(self.running, {"Authorization": f"Bearer {token}"})

    # What is done to it.

    def body(self, operation: Operation) -> Data:
        """A valid request body; what it refers to is made first."""
        values = self.samples.entity(operation.entity)
        for each in operation.request_fields:
            parent = self.service.entity(each.references or "")
            if parent is not None:
                values[each.name] = self.make(parent)
        return {each.name: values[each.name] for each in operation.request_fields}

    def create(self, operation: Operation, caller: Caller | None = None, body: Data | None = None, **headers: str) -> Answer:
        """Create an entity over HTTP."""
        made = (caller or self.caller()).change(operation.method, operation.path, self.body(operation) if body is None else body, **headers)
        assert made.status == 201, made.text
        return made

    def make(self, entity: Entity) -> str:
        """Make an entity, over HTTP or by an event, and give its id."""
        creation = next((each for each in self.operations if each.action is Action.CREATE and each.entity.name == entity.name), None)
        if creation is not None:
            return str(self.create(creation).json["id"])
        subscription = creating(self.service, entity)
        assert subscription is not None, f"nothing makes a {entity.name}"
        before = self.database.ids(entity.table)
        self.publish(self.occurrence(subscription))
        until(lambda: len(self.database.ids(entity.table) - before) > 0, EVENT_LIMIT_S, f"for a {entity.name}")
        return (self.database.ids(entity.table) - before).pop()

    def path(self, operation: Operation, identity: str) -> str:
        """The path of an operation on one entity."""
        return operation.path.replace(f"{{{operation.entity.reference}}}", identity)

    def row(self, entity: Entity, identity: str) -> Data:
        """Version and state of an entity, and the fields that events find it by."""
        names = ["id", "version", *([entity.lifecycle.field] if entity.lifecycle else [])]
        names += [
            each.match.field
            for each in self.service.subscriptions
            if each.match and each.entity == entity.name and each.match.field != "id"
        ]
        columns = ", ".join(f'"{name}"' for name in names)
        found = self.database.rows(f'SELECT {columns} FROM "{entity.table}" WHERE id::text = $1', identity)
        return dict(zip(names, found[0], strict=True))

    def state(self, entity: Entity, identity: str) -> str:
        """Where an entity stands in its lifecycle."""
        assert entity.lifecycle is not None
        return str(self.row(entity, identity)[entity.lifecycle.field])

    def occurrence(self, subscription: Subscription, *, of: Data | None = None, traceparent: str | None = None) -> Occurrence:
        """An event that the service reacts to, aimed at the entity ``of`` where it changes one."""
        event = self.architecture.event(subscription.event)
        assert event is not None
        data = self.samples.event(event, self.architecture.services_by_name[event.publisher])
        if of is not None and subscription.match is not None:
            data[subscription.match.source] = str(of[subscription.match.field])
        key = str(data.get(event.ordering_key or "", uuid4()))
        return Occurrence(str(uuid4()), self.event_type(event), key, data, traceparent)

    def publish(self, *occurrences: Occurrence) -> None:
        """Let events happen, in this order."""
        for each in occurrences:
            self.broker.publish(each.type, [(each.id, each.key, each.body)])

    def publish_again(self, occurrence: Occurrence, times: int) -> None:
        """Let the broker deliver one message many times."""
        self.broker.publish(occurrence.type, [(occurrence.id, occurrence.key, occurrence.body)] * times)

    def settle(self, *occurrences: Occurrence) -> list[bytes]:
        """Wait until all that was sent under these events' keys has been handled; gives what of it was put aside.

        Behind them goes, under each key, what can only be put aside.
        """
        marks = {f"the end {uuid4()}".encode(): each for each in occurrences}
        for mark, each in marks.items():
            self.broker.publish(each.type, [(str(uuid4()), each.key, mark)])
        found: list[bytes] = []

        def all_found() -> bool:
            found.extend(each.body for each in self.broker.take(self.broker.dead_letters(self.service.name)))
            return marks.keys() <= set(found)

        until(all_found, EVENT_LIMIT_S, "for events to be handled")
        return [each for each in found if each not in marks]

    def pending_events(self) -> int:
        """How many of the events that its model names wait in its outbox; the commands and replies of sagas do not count."""
        return self.database.pending_events(*self.event_types)

    def published(self) -> list[Data]:
        """The events that the service has published since the last look, once its outbox is empty; no commands and replies of sagas."""
        until(lambda: self.database.pending_events() == 0, EVENT_LIMIT_S, "for the outbox to be empty")
        source = f'"/{self.service.name}"'.encode()
        envelopes = [json.loads(each.body) for each in self.broker.take(self.events) if source in each.body]
        return [each for each in envelopes if each["type"] in self.event_types]

    def metric(self, name: str, **labels: str) -> float:
        """The value of a metric; 0 where it has none yet."""
        for line in self.running.call("GET", "/metrics").text.splitlines():
            if line.startswith(name) and all(f'{key}="{value}"' in line for key, value in labels.items()):
                return float(line.rsplit(" ", 1)[1])
        return 0.0


def source_of(entity: Data, field: PayloadField) -> Any:
    """The value that a field of an event takes from an entity: what it says, its own name, or the entity's id."""
    return entity[field.source] if field.source else entity.get(field.name, entity["id"])


def lifecycle_of(entity: Entity) -> Lifecycle:
    """The lifecycle of an entity that has one."""
    assert entity.lifecycle is not None
    return entity.lifecycle


@contextmanager
def deployed(architecture: Architecture, service: Service, running: Running, issuer: Issuer, *, is_open: bool = False) -> Iterator[Target]:
    """Run a service that is written and prepared, on a database of its own and behind links; an open one checks no tokens."""
    with ExitStack() as stack:
        database = stack.enter_context(new_database())
        broker = architecture.system.platform.broker
        links = Link(database.url, 5432), link_to(broker, architecture.system.name)
        for link in links:
            stack.callback(link.cut)
        settings = {
            **QUICK,
            **own_settings(broker),
            **({} if is_open else issuer.settings),
            "DATABASE_URL": links[0].url,
            "BROKER_URL": links[1].url,
        }
        running.settings = {**settings, **running.settings}
        target = Target(architecture, service, running, database, *links, issuer, Samples(service))
        # A queue that goes while a service lives is declared anew at once; RabbitMQ 3.10 does not survive that race.
        services = [each.name for each in architecture.services]
        stack.callback(lambda: target.broker.forget(services, *filter(None, (target.events,))))
        stack.callback(running.end)
        running.migrate().start()
        target.wait_until_ready()
        target.events = target.broker.observe()
        yield target
