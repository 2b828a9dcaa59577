"""The data-flow diagram of a system as data: its elements, what flows between them, and the boundaries of trust that flows cross."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from microservices_skill.model.access import grants_of
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.fields import Classification
from microservices_skill.model.messaging import Event
from microservices_skill.model.service import Exposure, Service
from microservices_skill.model.system import BrokerKind

USERS, OPERATORS, BROKER, ISSUER = "users", "operators", "broker", "token issuer"


class Kind(StrEnum):
    """What an element is (Shostack, Threat Modeling, ch. 2)."""

    OUTSIDE = "external entity"
    PROCESS = "process"
    STORE = "data store"


class Zone(StrEnum):
    """Where everything is trusted alike."""

    INTERNET = "internet"
    SERVICES = "services"
    DATA = "data"
    PARTNERS = "partners"
    IDENTITY = "identity"


@dataclass(frozen=True, slots=True)
class Element:
    """A box of the diagram; the name of a service or a store may be that of anything else."""

    name: str
    kind: Kind
    zone: Zone

    @property
    def key(self) -> str:
        """A name that no other element has."""
        return f"{self.zone}/{self.name}"


@dataclass(frozen=True, slots=True)
class Flow:
    """An arrow of the diagram, in the direction of the request or message."""

    source: Element
    target: Element
    carries: str
    protocol: str
    classification: Classification = Classification.INTERNAL

    @property
    def crosses(self) -> bool:
        """Whether it leaves the zone in which it begins."""
        return self.source.zone is not self.target.zone

    @property
    def name(self) -> str:
        """Who sends to whom."""
        return f"{self.source.name} to {self.target.name}"


@dataclass(frozen=True, slots=True)
class Diagram:
    """All of it."""

    elements: tuple[Element, ...]
    flows: tuple[Flow, ...]


def diagram(architecture: Architecture) -> Diagram:
    """The diagram of a system; only elements that something flows to or from, and all services."""
    flows = tuple(_flows(architecture))
    named = dict.fromkeys((*(element(service) for service in architecture.services), *(each for flow in flows for each in _ends(flow))))
    return Diagram(tuple(named), flows)


def element(service: Service) -> Element:
    """A service as an element."""
    return Element(service.name, Kind.PROCESS, Zone.SERVICES)


def _flows(architecture: Architecture) -> Iterator[Flow]:
    issuer, broker = Element(ISSUER, Kind.OUTSIDE, Zone.IDENTITY), Element(BROKER, Kind.STORE, Zone.DATA)
    coordinators = {each.coordinator.name for each in architecture.running_sagas}
    for service in architecture.services:
        own = element(service)
        if service.exposure is Exposure.PUBLIC:
            yield Flow(Element(USERS, Kind.OUTSIDE, Zone.INTERNET), own, "requests and answers", "HTTPS", _handled(service))
        if service.name in coordinators:
            yield Flow(Element(OPERATORS, Kind.OUTSIDE, Zone.INTERNET), own, "repairs of sagas", "HTTPS")
        if any(each.auth for each in service.endpoints):
            yield Flow(own, issuer, "the issuer's public keys", "HTTPS", Classification.PUBLIC)
        if grants_of(architecture, service):
            yield Flow(own, issuer, "client credentials, tokens", "HTTPS", Classification.SECRET)
        yield from _calls(architecture, service)
        for name in service.stores:
            yield Flow(own, Element(name, Kind.STORE, Zone.DATA), "rows", "SQL", _handled(service))
        yield from _messages(architecture, service, broker)


def _calls(architecture: Architecture, service: Service) -> Iterator[Flow]:
    for call in service.dependencies:
        callee = architecture.service(call.to)
        if callee is not None:
            yield Flow(element(service), element(callee), ", ".join(call.operations) or "calls", str(call.protocol), _handled(callee))
        else:
            outside = Element(call.to, Kind.OUTSIDE, Zone.PARTNERS)
            yield Flow(element(service), outside, call.purpose or "calls", "HTTPS", _handled(service))


_PROTOCOLS = {BrokerKind.NATS: "NATS", BrokerKind.KAFKA: "Kafka"}


def _messages(architecture: Architecture, service: Service, broker: Element) -> Iterator[Flow]:
    told = [each for each in architecture.messages if each.publisher == service.name]
    heard = [each for each in architecture.messages if service.name in architecture.receivers(each.name)]
    protocol = _PROTOCOLS.get(architecture.system.platform.broker, "AMQP")
    if told:
        yield Flow(element(service), broker, _counted(told), protocol, _worst(each.classification for each in told))
    if heard:
        yield Flow(broker, element(service), _counted(heard), protocol, _worst(each.classification for each in heard))


def _counted(messages: list[Event]) -> str:
    return f"{len(messages)} kind{'s' if len(messages) != 1 else ''} of messages"


def _handled(service: Service) -> Classification:
    """The most delicate of what a service keeps."""
    fields = (field for entity in service.entities for field in entity.fields)
    return _worst(field.classification for field in fields)


def _worst(found: Iterable[Classification]) -> Classification:
    ranks = list(Classification)
    return max(found, key=ranks.index, default=Classification.INTERNAL)


def _ends(flow: Flow) -> tuple[Element, Element]:
    return flow.source, flow.target
