"""The decisions that stand on their own, with the numbers of the answers and their sources."""

from __future__ import annotations

from microservices_skill.model.system import Style
from microservices_skill.proposal.domains import Plain
from microservices_skill.proposal.selection import Selection
from microservices_skill.proposal.style import Verdict
from microservices_skill.questionnaire.answers import Answers


def decisions_of(selection: Selection, answers: Answers, verdict: Verdict, stores: list[Plain]) -> list[Plain]:
    """ADR-001 and those that follow from it."""
    found = [_architecture(selection, answers, verdict), _data(answers, stores)]
    if selection.events:
        found.append(_broker(selection, answers))
    if selection.sagas:
        found.append(_consistency(selection, answers))
    found.append(_access(answers))
    return [{"id": f"ADR-{number:03}"} | record for number, record in enumerate(found, start=1)]


def _architecture(selection: Selection, answers: Answers, verdict: Verdict) -> Plain:
    count = len(selection.services)
    is_split = verdict.style is Style.MICROSERVICES
    chosen = (
        f"{count} services, one for each capability: {', '.join(selection.names)}"
        if is_split
        else "one deployable with a module for each capability"
    )
    return {
        "title": f"{'Services' if is_split else 'A modular monolith'} for {answers.choice('domain')}"[:200],
        "context": (
            f"Users: {answers.words('users')}. At the peak: {answers.words('peakRps')}. Teams: {answers.words('teams')}."
            f" Latency: {answers.words('latencyP99')}."
        ),
        "choice": f"We build {chosen}.",
        "reasons": [f"Speaks for services: {each}"[:200] for each in verdict.for_services]
        + [f"Speaks against: {each}"[:200] for each in verdict.against],
        "alternatives": ["A modular monolith: one release for all teams"]
        if is_split
        else ["Services: a network and a release pipeline for each module"],
        "consequences": [
            "Each service is released, scaled and repaired alone; calls between them can fail"
            if is_split
            else "A module can become a service later: it owns its tables and speaks by events"
        ],
        "sources": [
            "Newman, Building Microservices, 2nd ed., ch. 1-3",
            "Evans, Domain-Driven Design, ch. 14",
            "Newman, Monolith to Microservices, ch. 1",
        ],
    }


def _data(answers: Answers, stores: list[Plain]) -> Plain:
    return {
        "title": "A database for each owner of data",
        "context": (
            f"Database strategy: {answers.words('databaseStrategy')}. RPO: {answers.words('rpo')}. RTO: {answers.words('rto')}."
            f" Data after a year: {answers.words('dataGb')}."
        ),
        "choice": (
            f"{len(stores)} PostgreSQL database{'s' if len(stores) != 1 else ''}, {stores[0]['replication']} replication,"
            f" a backup every {stores[0]['backupInterval']}."
        ),
        "reasons": ["A table has one writer, so a schema changes without asking others"],
        "alternatives": ["One shared database: cheaper to run, but every schema change is everybody's"],
        "consequences": ["A query across owners is a composition of calls, or a view fed by events"],
        "sources": ["Richardson, Microservices Patterns, ch. 2", "Kleppmann, Designing Data-Intensive Applications, ch. 5"],
    }


def _broker(selection: Selection, answers: Answers) -> Plain:
    return {
        "title": "Facts travel as events through RabbitMQ",
        "context": (
            f"May lag: {answers.words('eventualConsistency')}. {len(selection.events)} events. At the peak: {answers.words('peakRps')}."
        ),
        "choice": "Transactional outbox, RabbitMQ quorum queues with publisher confirms, an inbox at each consumer.",
        "reasons": [
            "A publisher does not wait for its subscribers, and fails without them",
            "Order is kept per key, and nothing is lost or applied twice",
        ],
        "alternatives": [
            "Synchronous calls: each would multiply into the caller's availability",
            "Kafka: a log to replay, at a rate that these answers do not reach",
        ],
        "consequences": ["Readers of other services' data see it late by the outbox lag"],
        "sources": ["Richardson, Microservices Patterns, ch. 3", "Kleppmann, Designing Data-Intensive Applications, ch. 11"],
    }


def _consistency(selection: Selection, answers: Answers) -> Plain:
    names = ", ".join(saga["name"] for saga in selection.sagas)
    return {
        "title": "Sagas instead of distributed transactions",
        "context": f"Must agree at once: {answers.words('strongConsistency')}.",
        "choice": f"{names}: local transactions with compensations, each step idempotent and bounded in time.",
        "reasons": ["A two-phase commit would hold locks in every service while the slowest one answers"],
        "alternatives": ["Two-phase commit", "One service for all of this data"],
        "consequences": ["In between, the data is visibly pending; the lifecycle's states say so"],
        "sources": [
            "Richardson, Microservices Patterns, ch. 4",
            "Garcia-Molina and Salem, Sagas (1987)",
            "Kleppmann, Designing Data-Intensive Applications, ch. 9",
        ],
    }


def _access(answers: Answers) -> Plain:
    return {
        "title": "Tokens with scopes at every service",
        "context": (
            f"Reached by: {answers.words('exposure')}. Regulations: {answers.words('regulations')}. Audits: {answers.words('compliance')}."
        ),
        "choice": "JWT bearer tokens of one issuer, checked by each service against the issuer's keys; a scope for each operation.",
        "reasons": ["A service that trusts its network trusts every other service in it"],
        "alternatives": ["Checks at the gateway only: one breach behind it opens everything"],
        "consequences": ["A token is valid until it expires; lifetimes stay short"],
        "sources": ["Newman, Building Microservices, 2nd ed., ch. 11", "RFC 9068"],
    }
