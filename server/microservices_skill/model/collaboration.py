"""Who asks or hears whom, and what of an answer or a message it uses: what pacts and the code of consumers hold to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from microservices_skill.model import wire
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.dependency import Dependency
from microservices_skill.model.messaging import Event
from microservices_skill.model.orchestration import Message
from microservices_skill.model.service import Service, Subscription, SubscriptionAction


@dataclass(frozen=True, slots=True)
class Call:
    """An operation of one service that another calls, and the fields of the answer that it reads."""

    consumer: Service
    provider: Service
    operation: wire.Operation
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Hearing:
    """A message of one service that another receives, with the part of its payload that it reads."""

    consumer: Service
    provider: Service
    event: Event

    @property
    def is_ordered(self) -> bool:
        """Whether the consumer orders what it tells by the version of its entity: a view does."""
        return any(source.event == self.event.name for view in self.consumer.views for source in view.sources)


def calls(architecture: Architecture, *, of: str | None = None) -> Iterator[Call]:
    """Every operation on an entity that a service calls of another, in the model's order; only those on either side of ``of``, if named.

    What views and compositions answer comes from third services: a provider alone cannot bring about the state that a pact begins with.
    """
    for consumer in architecture.services:
        for dependency in consumer.dependencies:
            provider = architecture.service(dependency.to)
            if provider is not None and of in (None, consumer.name, provider.name):
                for operation in (each for each in wire.calls_of(dependency, provider) if not isinstance(each.entity, wire.ViewRow)):
                    yield Call(consumer, provider, operation, _read_of(dependency, operation))


def hearings(architecture: Architecture, *, of: str | None = None) -> Iterator[Hearing]:
    """Every message that a service receives from another, in the model's order; only those on either side of ``of`` likewise."""
    for consumer in architecture.services:
        for name in dict.fromkeys(_heard(architecture, consumer)):
            event = architecture.event(name)
            is_own = event is None or event.publisher == consumer.name
            if event is not None and not is_own and of in (None, consumer.name, event.publisher):
                yield Hearing(consumer, architecture.services_by_name[event.publisher], as_read(architecture, consumer, event))
    for message in architecture.saga_messages:
        is_own = message.receiver == message.event.publisher
        if not is_own and of in (None, message.receiver, message.event.publisher):
            yield _told(architecture, message)


def _heard(architecture: Architecture, consumer: Service) -> Iterator[str]:
    """The events that a service reacts to, shows in a view, or follows a choreographed saga by."""
    yield from (each.event for each in consumer.subscriptions)
    yield from (source.event for view in consumer.views for source in view.sources)
    yield from sorted(name for name, watchers in architecture.watchers.items() if consumer.name in watchers)


def as_read(architecture: Architecture, consumer: Service, event: Event) -> Event:
    """An event with what its subscriber uses of it: what a reaction takes over, and what it finds its entity by.

    Who shows it in a view, or follows a choreographed saga by it, reads all of it.
    """
    following = architecture.viewers_by_event.get(event.name, set()) | architecture.watchers.get(event.name, frozenset())
    if consumer.name in following or event.name in _asking(architecture, consumer):
        return event
    used = {name for each in consumer.subscriptions if each.event == event.name for name in _sources(consumer, each)}
    return event.model_copy(update={"payload": tuple(field for field in event.payload if field.name in used)})


def _asking(architecture: Architecture, consumer: Service) -> frozenset[str]:
    """The events by which a service does, or takes back, steps of choreographed sagas: what it tells of them carries their values."""
    reactions = (each for saga in architecture.choreographies for each in saga.reactions if each.service.name == consumer.name)
    return frozenset(each.event for reaction in reactions for each in (reaction.does, reaction.undoes) if each is not None)


def _told(architecture: Architecture, message: Message) -> Hearing:
    services = architecture.services_by_name
    return Hearing(services[message.receiver], services[message.event.publisher], message.event)


def _read_of(dependency: Dependency, operation: wire.Operation) -> frozenset[str]:
    offered = frozenset(field.name for field in wire.answered_fields(operation.entity))
    return offered & frozenset(dependency.reads) if dependency.reads else offered


def _sources(consumer: Service, subscription: Subscription) -> Iterator[str]:
    entity = consumer.entity(subscription.entity)
    mapped = {mapping.field: mapping.source for mapping in subscription.set}
    yield from mapped.values()
    if entity is None:
        return
    if subscription.action is SubscriptionAction.CREATE:
        yield from (field.name for field in entity.fields if field.name not in mapped)
    else:
        yield subscription.match.source if subscription.match is not None else entity.reference
