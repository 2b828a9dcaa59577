"""Who keeps which data, and how safely."""

from __future__ import annotations

from collections.abc import Iterator

from microservices_skill.model import erasure
from microservices_skill.model.fields import Classification, Field
from microservices_skill.model.service import Action, Service
from microservices_skill.model.system import ERASING, Regulation, Replication, StoreKind
from microservices_skill.rules.analysis import Analysis
from microservices_skill.rules.findings import Severity, Violation
from microservices_skill.rules.rule import rule


@rule("shared-data-store", Severity.ERROR)
def shared_data_store(analysis: Analysis) -> Iterator[Violation]:
    """Two services use the same data store.

    Why: a shared schema couples deployments; neither team can change a table alone.
    Fix: give the store to one service; let the other read through its API or events.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 2: Database per service
    """
    for index, store in enumerate(analysis.architecture.stores):
        users = analysis.users.get(store.name, ())
        if len(users) > 1:
            names = ", ".join(analysis.architecture.services[user].name for user in users)
            yield Violation(f"/stores/{index}", f"{store.name} is used by {names}")


@rule("unused-data-store", Severity.INFO)
def unused_data_store(analysis: Analysis) -> Iterator[Violation]:
    """No service uses a data store.

    Why: it costs money and attention and may hold forgotten data.
    Fix: name it in its service's stores, or remove it.
    Source: Sam Newman, Building Microservices, 2nd ed. (2021), ch. 4
    """
    for index, store in enumerate(analysis.architecture.stores):
        if store.name not in analysis.users:
            yield Violation(f"/stores/{index}", f"no service uses {store.name}")


@rule("entities-without-store", Severity.WARNING)
def entities_without_store(analysis: Analysis) -> Iterator[Violation]:
    """A service has entities but nowhere to keep them.

    Why: its data is lost when it restarts, or lands in another service's store.
    Fix: give the service a store of its own.
    Source: Chris Richardson, Microservices Patterns (2018), ch. 2: Database per service
    """
    for index, service in enumerate(analysis.architecture.services):
        if service.entities and not service.stores:
            yield Violation(f"/services/{index}", f"{service.name} has entities and no store")


@rule("unencrypted-sensitive-data", Severity.ERROR)
def unencrypted_sensitive_data(analysis: Analysis) -> Iterator[Violation]:
    """Sensitive data lies in a store without encryption.

    Why: whoever gets a disk or a backup reads it.
    Fix: set encrypted: true.
    Source: OWASP Cryptographic Storage Cheat Sheet
    """
    for index, store in enumerate(analysis.architecture.stores):
        for user in analysis.users.get(store.name, ()):
            service = analysis.architecture.services[user]
            if not store.encrypted and any(field.classification.is_sensitive for field in _fields(service)):
                yield Violation(f"/stores/{index}/encrypted", f"{store.name} keeps sensitive data of {service.name} unencrypted")


@rule("unreplicated-store", Severity.WARNING)
def unreplicated_store(analysis: Analysis) -> Iterator[Violation]:
    """A service promises 99.9 % or more on a store without a replica.

    Why: a single node's repair alone can use up the month's error budget of 43 minutes.
    Fix: set replication: sync or async, or promise less.
    Source: Beyer et al., Site Reliability Engineering (2016), ch. 3 and 26
    """
    for index, store in enumerate(analysis.architecture.stores):
        for user in analysis.users.get(store.name, ()):
            service = analysis.architecture.services[user]
            if store.replication is Replication.NONE and store.kind is not StoreKind.S3 and service.slo.availability >= 99.9:
                yield Violation(f"/stores/{index}", f"{store.name} has no replica; {service.name} promises {service.slo.availability} %")


@rule("missed-recovery-point", Severity.WARNING)
def missed_recovery_point(analysis: Analysis) -> Iterator[Violation]:
    """A store can lose more data than the recovery point objective allows.

    Why: what is neither copied nor backed up in time is gone after a failure.
    Fix: replicate synchronously, or back up at least as often as the RPO.
    Source: Beyer et al., Site Reliability Engineering (2016), ch. 26
    """
    rpo = analysis.architecture.system.requirements.rpo
    for index, store in enumerate(analysis.architecture.stores):
        backed_up = store.backup_interval is not None and rpo is not None and store.backup_interval <= rpo
        if rpo is None or store.replication is Replication.SYNC or backed_up or (store.replication is Replication.ASYNC and rpo > 0):
            continue
        yield Violation(f"/stores/{index}", f"{store.name} cannot hold an RPO of {rpo} ms with replication {store.replication}")


@rule("missing-backup", Severity.INFO)
def missing_backup(analysis: Analysis) -> Iterator[Violation]:
    """A store is never backed up.

    Why: replication copies a wrong deletion as fast as a right one.
    Fix: set backupInterval.
    Source: Beyer et al., Site Reliability Engineering (2016), ch. 26
    """
    for index, store in enumerate(analysis.architecture.stores):
        if store.backup_interval is None and store.kind not in (StoreKind.REDIS, StoreKind.ELASTICSEARCH):
            yield Violation(f"/stores/{index}", f"{store.name} has no backupInterval")


@rule("volatile-primary-store", Severity.WARNING)
def volatile_primary_store(analysis: Analysis) -> Iterator[Violation]:
    """Entities are kept only in a cache or a search index.

    Why: both may drop or lag acknowledged writes.
    Fix: keep the truth in a database and fill the cache or index from it.
    Source: Martin Kleppmann, Designing Data-Intensive Applications (2017), ch. 11
    """
    for index, service in enumerate(analysis.architecture.services):
        kinds = {analysis.architecture.stores_by_name[name].kind for name in service.stores}
        if service.entities and kinds and kinds <= {StoreKind.REDIS, StoreKind.ELASTICSEARCH}:
            yield Violation(f"/services/{index}/stores", f"{service.name} keeps its entities only in {', '.join(sorted(kinds))}")


@rule("ambiguous-ownership", Severity.INFO)
def ambiguous_ownership(analysis: Analysis) -> Iterator[Violation]:
    """Two services create entities of the same name.

    Why: it is unclear which of them holds the truth.
    Fix: let one create it and the others copy by events, or name the two concepts apart.
    Source: Eric Evans, Domain-Driven Design (2003), ch. 14
    """
    owner: dict[str, str] = {}
    for index, service in enumerate(analysis.architecture.services):
        created = {endpoint.entity for endpoint in service.endpoints if endpoint.action is Action.CREATE}
        for place, entity in enumerate(service.entities):
            if entity.name in created and owner.setdefault(entity.name, service.name) != service.name:
                yield Violation(f"/services/{index}/entities/{place}", f"{entity.name} is created in {owner[entity.name]} too")


@rule("unclassified-regulated-data", Severity.WARNING)
def unclassified_regulated_data(analysis: Analysis) -> Iterator[Violation]:
    """A regulation applies but no field is classified for it.

    Why: data that is not marked is logged, copied and shared like any other.
    Fix: set classification: personal, health or card on the fields concerned.
    Source: Regulation (EU) 2016/679 (GDPR), art. 30: records of processing
    """
    needs = {Regulation.GDPR: Classification.PERSONAL, Regulation.CCPA: Classification.PERSONAL}
    needs |= {Regulation.HIPAA: Classification.HEALTH, Regulation.PCI_DSS: Classification.CARD}
    found = {field.classification for service in analysis.architecture.services for field in _fields(service)}
    found |= {field.classification for event in analysis.architecture.events for field in event.payload}
    for index, regulation in enumerate(analysis.architecture.system.requirements.regulations):
        if regulation in needs and needs[regulation] not in found:
            yield Violation(f"/system/requirements/regulations/{index}", f"{regulation} applies, but no field is {needs[regulation]}")


@rule("personal-data-without-erasure", Severity.WARNING)
def personal_data_without_erasure(analysis: Analysis) -> Iterator[Violation]:
    """A law lets people ask for erasure, and nothing erases the personal data of an entity.

    Why: somebody will have to change the database by hand for each request, and forget a service.
    Fix: add a step with erases to an orchestrated saga, offer an operation with action: delete, or say in keptBy which law keeps the
        data.
    Source: GDPR, Art. 17; Chris Richardson, Microservices Patterns (2018), ch. 4
    """
    if not ERASING & set(analysis.architecture.system.requirements.regulations):
        return
    erased = {
        (part.service.name, part.operation.entity.name)
        for each in analysis.architecture.orchestrations
        for part in each.parts
        if part.erases
    }
    for index, service in enumerate(analysis.architecture.services):
        deleted = {each.entity for each in service.endpoints if each.action is Action.DELETE}
        for place, entity in enumerate(service.entities):
            fields = erasure.erased_fields(service, entity)
            if fields and not entity.is_event_sourced and entity.name not in deleted and (service.name, entity.name) not in erased:
                named = ", ".join(field.name for field in fields)
                yield Violation(f"/services/{index}/entities/{place}", f"nothing erases {named} of {entity.name}")


def _fields(service: Service) -> Iterator[Field]:
    for entity in service.entities:
        yield from entity.fields
    for value in service.value_types:
        yield from value.fields
