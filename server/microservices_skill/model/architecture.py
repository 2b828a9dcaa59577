"""The architecture: the one source that everything else is derived from."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field as Spec

from microservices_skill.model.choreography import Choreography, choreographies
from microservices_skill.model.messaging import Event, Saga
from microservices_skill.model.orchestration import Message, Orchestration, orchestrations
from microservices_skill.model.service import Service, Subscription
from microservices_skill.model.system import AcceptedRisk, DataStore, Decision, External, LogFormat, System, Team, Tracing
from microservices_skill.model.types import Node
from microservices_skill.model.versions import filled

API_VERSION: Literal["microservices-skill/v1"] = "microservices-skill/v1"


class Architecture(Node):
    """A whole system. Names are resolved by ``references.check``; look-ups here assume that it passed."""

    api_version: Literal["microservices-skill/v1"] = API_VERSION
    kind: Literal["Architecture"] = "Architecture"
    system: System
    teams: Annotated[tuple[Team, ...], Spec(max_length=2000)] = ()
    externals: Annotated[tuple[External, ...], Spec(max_length=2000)] = ()
    stores: Annotated[tuple[DataStore, ...], Spec(max_length=20_000)] = ()
    services: Annotated[tuple[Service, ...], Spec(max_length=20_000)] = ()
    events: Annotated[tuple[Event, ...], Spec(max_length=100_000)] = ()
    sagas: Annotated[tuple[Saga, ...], Spec(max_length=10_000)] = ()
    decisions: Annotated[tuple[Decision, ...], Spec(max_length=999)] = ()
    accepted_risks: Annotated[tuple[AcceptedRisk, ...], Spec(max_length=10_000)] = ()

    @cached_property
    def services_by_name(self) -> dict[str, Service]:
        """Services by their name."""
        return {service.name: service for service in self.services}

    @cached_property
    def events_by_name(self) -> dict[str, tuple[Event, ...]]:
        """Every version of each event, oldest first."""
        found: dict[str, list[Event]] = {}
        for event in self.events:
            found.setdefault(event.name, []).append(event)
        return {name: tuple(sorted(versions, key=lambda event: event.version)) for name, versions in found.items()}

    @cached_property
    def stores_by_name(self) -> dict[str, DataStore]:
        """Stores by their name."""
        return {store.name: store for store in self.stores}

    @cached_property
    def externals_by_name(self) -> dict[str, External]:
        """External systems by their name."""
        return {external.name: external for external in self.externals}

    @cached_property
    def teams_by_name(self) -> dict[str, Team]:
        """Teams by their name."""
        return {team.name: team for team in self.teams}

    @cached_property
    def subscriptions_by_event(self) -> dict[str, tuple[tuple[Service, Subscription], ...]]:
        """Who reacts to each event, and how."""
        found: dict[str, list[tuple[Service, Subscription]]] = {}
        for service in self.services:
            for subscription in service.subscriptions:
                found.setdefault(subscription.event, []).append((service, subscription))
        return {name: tuple(pairs) for name, pairs in found.items()}

    @cached_property
    def viewers_by_event(self) -> dict[str, set[str]]:
        """The services whose views each event feeds."""
        found: dict[str, set[str]] = {}
        for service in self.services:
            for source in (source for view in service.views for source in view.sources):
                found.setdefault(source.event, set()).add(service.name)
        return found

    @cached_property
    def orchestrations(self) -> tuple[Orchestration, ...]:
        """The orchestrated sagas that are described completely enough to run."""
        return orchestrations(self.services_by_name, self.sagas)

    @cached_property
    def choreographies(self) -> tuple[Choreography, ...]:
        """The choreographed sagas that are described completely enough to be watched."""
        newest = {name: versions[-1] for name, versions in self.events_by_name.items()}
        return choreographies(self.services_by_name, newest, self.sagas)

    @property
    def running_sagas(self) -> tuple[Orchestration | Choreography, ...]:
        """The sagas that run, of both styles."""
        return (*self.orchestrations, *self.choreographies)

    @cached_property
    def watchers(self) -> dict[str, frozenset[str]]:
        """The coordinators of those sagas that listen for each event."""
        pairs = {(event.name, each.coordinator.name) for each in self.choreographies for event, _, _ in each.watched}
        return {name: frozenset(service for each, service in pairs if each == name) for name, _ in pairs}

    @cached_property
    def saga_messages(self) -> tuple[Message, ...]:
        """The commands, compensations and replies of those sagas."""
        return tuple(message for each in self.orchestrations for part in each.parts for message in part.messages)

    @cached_property
    def messages(self) -> tuple[Event, ...]:
        """Everything that travels between services: every version of each event, and the messages of sagas."""
        return (*self.events, *(message.event for message in self.saga_messages))

    @cached_property
    def messages_by_name(self) -> dict[str, tuple[Event, ...]]:
        """The same by name, oldest version first."""
        return self.events_by_name | {message.event.name: (message.event,) for message in self.saga_messages}

    def receivers(self, message: str) -> tuple[str, ...]:
        """The services that receive an event or a message of a saga, in name order."""
        addressed = {each.receiver for each in self.saga_messages if each.event.name == message}
        return tuple(sorted({*self.subscribers(message), *addressed}))

    def service(self, name: str) -> Service | None:
        """The service of that name."""
        return self.services_by_name.get(name)

    def event(self, name: str) -> Event | None:
        """The newest version of the event of that name."""
        versions = self.events_by_name.get(name)
        return versions[-1] if versions else None

    def versions(self, name: str) -> tuple[Event, ...]:
        """The versions in which an event is published, newest first, each with where its values come from."""
        living = self.events_by_name.get(name, ())
        return filled(tuple(each for each in reversed(living) if each.publisher == living[-1].publisher))

    def subscribers(self, event: str) -> tuple[str, ...]:
        """The services that react to an event, watch a saga by it or show it in a view, in name order."""
        reacting = {service.name for service, _ in self.subscriptions_by_event.get(event, ())}
        return tuple(sorted(reacting | self.watchers.get(event, frozenset()) | self.viewers_by_event.get(event, set())))

    def published_by(self, service: str) -> tuple[Event, ...]:
        """The newest version of every event of a service, in name order."""
        newest = (versions[-1] for versions in self.events_by_name.values())
        return tuple(sorted((event for event in newest if event.publisher == service), key=lambda event: event.name))

    def log_format(self, service: Service) -> LogFormat:
        """How a service logs: its own word, else the platform's."""
        return service.logging or self.system.platform.observability.logging

    def tracing(self, service: Service) -> Tracing:
        """How a service is traced: its own word, else the platform's."""
        return service.tracing or self.system.platform.observability.tracing

    @property
    def is_traced(self) -> bool:
        """Whether any service is traced."""
        return any(self.tracing(each) is not Tracing.NONE for each in self.services)
