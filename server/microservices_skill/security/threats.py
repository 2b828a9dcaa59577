"""STRIDE for each element and each flow of a system (Shostack, Threat Modeling, ch. 3), with what is done about it or still to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from microservices_skill.model.access import grant_for
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.service import Endpoint, Service
from microservices_skill.model.system import AuthKind
from microservices_skill.security.flows import BROKER, ISSUER, OPERATORS, Diagram, Element, Flow, Kind, Zone
from microservices_skill.security.safeguards import Safeguards, safeguards_of


class Stride(StrEnum):
    """What may go wrong."""

    SPOOFING = "spoofing"
    TAMPERING = "tampering"
    REPUDIATION = "repudiation"
    DISCLOSURE = "information disclosure"
    DENIAL = "denial of service"
    ELEVATION = "elevation of privilege"


@dataclass(frozen=True, slots=True)
class Threat:
    """What may go wrong at one place. Words in backticks are files of the service or settings; a model's words are none of them."""

    kind: Stride
    what: str
    answer: str
    is_open: bool = False


def of_element(architecture: Architecture, element: Element) -> tuple[Threat, ...]:
    """The threats to an element."""
    match element.kind:
        case Kind.PROCESS:
            return tuple(_process(architecture, architecture.services_by_name[element.name]))
        case Kind.STORE:
            return tuple(_broker() if element.name == BROKER else _store(architecture, element))
        case Kind.OUTSIDE:
            return tuple(_outside(element))


def of_flow(architecture: Architecture, flow: Flow) -> tuple[Threat, ...]:
    """The threats to a flow."""
    return (
        Threat(Stride.TAMPERING, "a message is changed on its way", *_in_transit(architecture, flow)),
        Threat(Stride.DISCLOSURE, f"{flow.classification} data is read on its way", *_in_transit(architecture, flow)),
        Threat(Stride.DENIAL, "the flow is flooded or cut", *_when_cut(architecture, flow)),
    )


def open_threats(architecture: Architecture, drawn: Diagram) -> tuple[tuple[str, Threat], ...]:
    """What is still to do, with where."""
    places = [(each.name, of_element(architecture, each)) for each in drawn.elements]
    places += [(each.name, of_flow(architecture, each)) for each in drawn.flows]
    return tuple((name, threat) for name, threats in places for threat in threats if threat.is_open)


def _process(architecture: Architecture, service: Service) -> Iterator[Threat]:
    found = safeguards_of(service)
    if found is None:
        said = f"code for {service.language} is not generated: write it as the services in other languages have it"
        yield from (Threat(kind, _AT_PROCESS[kind], said, is_open=True) for kind in Stride)
        return
    yield _spoofing(architecture, service, found)
    said = f"`{found.idempotency}` takes each request once, `{found.inbox}` each message; unknown fields are refused"
    yield Threat(Stride.TAMPERING, _AT_PROCESS[Stride.TAMPERING], said)
    said = f"`{found.audit}` records who has changed or was denied what; keep these records apart, where services cannot delete them"
    yield Threat(Stride.REPUDIATION, _AT_PROCESS[Stride.REPUDIATION], said)
    said = f"`{found.logs}` masks sensitive fields, `{found.problems}` answers without internals, `{found.headers}` forbids caching"
    yield Threat(Stride.DISCLOSURE, _AT_PROCESS[Stride.DISCLOSURE], said)
    yield _denial(service, found)
    yield _elevation(service, found)


def _spoofing(architecture: Architecture, service: Service, found: Safeguards) -> Threat:
    what, unguarded = _AT_PROCESS[Stride.SPOOFING], _names(each for each in service.endpoints if not each.auth)
    if architecture.system.platform.auth is AuthKind.NONE:
        return Threat(Stride.SPOOFING, what, "the platform has no issuer; set system.platform.auth: jwt", is_open=True)
    if unguarded:
        return Threat(Stride.SPOOFING, what, f"{unguarded} need no token; set auth: true, or accept that anybody calls them", is_open=True)
    if not service.endpoints:
        return Threat(Stride.SPOOFING, what, "it offers no operation; messages reach it through the broker alone")
    said = f"`{found.tokens}` checks signature, issuer, audience and expiry; production does not start without `AUTH_JWKS_URL`"
    return Threat(Stride.SPOOFING, what, said)


def _denial(service: Service, found: Safeguards) -> Threat:
    unlimited = _names(each for each in service.endpoints if each.rate_limit is None)
    if unlimited:
        return Threat(Stride.DENIAL, _AT_PROCESS[Stride.DENIAL], f"{unlimited} take any number of requests; set rateLimit", is_open=True)
    said = f"`{found.limits}` limits each caller, `{found.body_limit}` each body; `RATE_LIMIT_STORAGE` shares the limits of all replicas"
    return Threat(Stride.DENIAL, _AT_PROCESS[Stride.DENIAL], said)


def _elevation(service: Service, found: Safeguards) -> Threat:
    unscoped = _names(each for each in service.endpoints if each.auth and each.scope is None)
    if unscoped:
        said = f"every token for this audience may call {unscoped}; set scope"
        return Threat(Stride.ELEVATION, _AT_PROCESS[Stride.ELEVATION], said, is_open=True)
    said = f"each operation asks for its scope (`{found.tokens}`); `{found.image}` runs as a user without rights"
    return Threat(Stride.ELEVATION, _AT_PROCESS[Stride.ELEVATION], said)


def _store(architecture: Architecture, element: Element) -> Iterator[Threat]:
    store = architecture.stores_by_name[element.name]
    owners = [service.name for service in architecture.services if store.name in service.stores]
    if len(owners) == 1:
        said = f"{owners[0]} alone has its address (`DATABASE_URL`); give it a user of its own that owns nothing else"
        yield Threat(Stride.TAMPERING, "rows are changed past the service", said)
    else:
        said = f"{', '.join(owners)} share it, so no owner can vouch for its rows; give each its own"
        yield Threat(Stride.TAMPERING, "rows are changed past the service", said, is_open=True)
    if store.encrypted:
        yield Threat(
            Stride.DISCLOSURE, "files or backups are read", "encrypted: true; see to it where the server is set up, and for backups"
        )
    else:
        yield Threat(Stride.DISCLOSURE, "files or backups are read", "it is not encrypted; set encrypted: true", is_open=True)
    if store.backup_interval is None:
        yield Threat(Stride.DENIAL, "data is lost", "there is no backup; set backupInterval and try restoring", is_open=True)
    else:
        yield Threat(Stride.DENIAL, "data is lost", f"backups (backupInterval) and replication: {store.replication}; try restoring")


def _broker() -> Iterator[Threat]:
    said = "each message is checked against its schema and its publisher's name is no proof; give each service a user of its own"
    yield Threat(Stride.TAMPERING, "messages are forged or repeated", f"repeats are taken once (inbox); {said}", is_open=True)
    said = "messages hold ids rather than data where the model lets them; encrypt the broker's disk"
    yield Threat(Stride.DISCLOSURE, "messages are read in queues", said)
    said = "what is published waits in the outbox while the broker is away; queues of rejected messages are watched"
    yield Threat(Stride.DENIAL, "queues overflow or the broker is away", said)


def _outside(element: Element) -> Iterator[Threat]:
    if element.name == ISSUER:
        yield Threat(
            Stride.SPOOFING, "somebody else's keys are taken for its own", "`AUTH_JWKS_URL` is read over TLS; only asymmetric algorithms"
        )
        yield Threat(Stride.REPUDIATION, "it denies to have given a token", "its own log; tokens carry its key's id")
        return
    if element.zone is Zone.PARTNERS:
        yield Threat(Stride.SPOOFING, "somebody else answers in its name", "call it by https, whose certificate is checked")
        yield Threat(Stride.REPUDIATION, "it denies what it was asked", "keep its answers and request ids with the entity", is_open=True)
        return
    who = "an operator" if element.name == OPERATORS else "a user"
    yield Threat(Stride.SPOOFING, f"somebody acts in the name of {who}", "the issuer's matter: ask for a second factor", is_open=True)
    yield Threat(Stride.REPUDIATION, f"{who} denies a change", "the audit log of each service names actor, client, operation and entity")


_TLS = {"NATS": "tls", "Kafka": "kafkas"}
"""The schemes of brokers' addresses that say TLS."""


def _in_transit(architecture: Architecture, flow: Flow) -> tuple[str, bool]:
    if flow.target.zone is Zone.PARTNERS:
        return f"the address in `{_variable(flow.target.name)}` begins with https", False
    if flow.source.zone is Zone.INTERNET:
        return "TLS ends at the gateway; Strict-Transport-Security is sent", False
    if flow.target.zone is Zone.IDENTITY:
        return "the issuer's addresses begin with https", False
    if Zone.DATA in (flow.source.zone, flow.target.zone):
        parameter = (
            f"{_TLS.get(flow.protocol, 'amqps')}: in `BROKER_URL`"
            if BROKER in (flow.source.name, flow.target.name)
            else "sslmode=verify-full in `DATABASE_URL`"
        )
        guarded = _refusing_plaintext(architecture, flow)
        if guarded is not None:
            return f"`{guarded}` refuses plaintext in production; use {parameter}", False
        return f"plain unless the server speaks TLS: use {parameter}", True
    return "plain between services unless a mesh encrypts it (mTLS)", True


def _refusing_plaintext(architecture: Architecture, flow: Flow) -> str | None:
    """The file of a service that refuses to talk to its database or its broker in the clear."""
    service = architecture.service(flow.source.name) or architecture.service(flow.target.name)
    found = safeguards_of(service) if service is not None else None
    return found.settings if found is not None else None


def _when_cut(architecture: Architecture, flow: Flow) -> tuple[str, bool]:
    service = architecture.service(flow.source.name) if flow.source.kind is Kind.PROCESS else None
    call = next((each for each in service.dependencies if each.to == flow.target.name), None) if service is not None else None
    if service is not None and call is not None:
        found = safeguards_of(service)
        if found is None:
            return f"code for {service.language} is not generated: give the call a timeout and a circuit breaker", True
        if call.circuit_breaker is None:
            return "no circuit breaker: a slow callee holds every caller up to its timeout; set circuitBreaker", True
        kept = f", with a token of its own (`{found.own_tokens}`)" if grant_for(architecture, call) is not None else ""
        return f"timeout, retries, circuit breaker and bulkhead (`{found.calls}`){kept}", False
    if BROKER in (flow.source.name, flow.target.name):
        return "outbox and inbox carry on where they stopped", False
    if flow.target.kind is Kind.STORE:
        return "the service answers 503 and goes on by itself once the store is back", False
    if flow.target.zone is Zone.IDENTITY:
        return "known keys and tokens serve until they end; then 503", False
    callee = architecture.service(flow.target.name)
    is_limited = callee is not None and all(each.rate_limit is not None for each in callee.endpoints)
    return ("rate limits, and deadlines that travel with calls", False) if is_limited else ("not every operation has a rate limit", True)


def _variable(name: str) -> str:
    return f"{name.replace('-', '_').upper()}_URL"


def _names(endpoints: Iterable[Endpoint]) -> str:
    names = [each.operation for each in endpoints]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


_AT_PROCESS = {
    Stride.SPOOFING: "somebody calls in the name of another",
    Stride.TAMPERING: "a request or message is repeated or carries what it should not",
    Stride.REPUDIATION: "somebody denies a change",
    Stride.DISCLOSURE: "answers, errors or logs tell too much",
    Stride.DENIAL: "one caller takes all capacity",
    Stride.ELEVATION: "somebody does what they have no right to",
}
