"""The erasure of a person's data, where a law asks for it: a request where the person is known, and a saga to all who keep something."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from microservices_skill.model import erasure
from microservices_skill.model.entity import Entity
from microservices_skill.model.fields import FieldType
from microservices_skill.model.naming import snake
from microservices_skill.model.service import Action, Service
from microservices_skill.model.system import ERASING
from microservices_skill.proposal.domains import Plain
from microservices_skill.proposal.selection import Reason, Selection
from microservices_skill.questionnaire.answers import Answers

STEP_TIMEOUT, SAGA_TIMEOUT = "30s", "1h"
BY_HAND = (
    "No saga reaches it, as no id of a person leads there from where one could ask: erase by hand on request, as"
    " docs/security/personal-data.md lists, or say in keptBy which law keeps it"
)


@dataclass(frozen=True, slots=True)
class Holder:
    """An entity that keeps personal data of a subject, and the field by which it is found."""

    service: Service
    entity: Entity
    key: str


def provide_erasure(selection: Selection, answers: Answers) -> None:
    """Add a saga for each kind of person whose data more than one service keeps, and what starts it."""
    law = next((each for each in answers.items("regulations") if each in ERASING), None)
    services = _read(selection)
    if law is None:
        return
    covered: set[tuple[str, str]] = set()
    for subject in _subjects(services):
        holders = [subject, *_holders(services, subject)]
        if {(each.service.name, each.entity.name) for each in holders} & covered:
            continue
        covered |= {(each.service.name, each.entity.name) for each in holders}
        _add(selection, subject, holders, law)


def left_to_hands(selection: Selection, answers: Answers) -> list[Plain]:
    """The risks to accept: what a law lets a person have erased, and neither a saga nor an operation erases."""
    if not ERASING & set(answers.items("regulations")):
        return []
    services = _read(selection)
    erased = {(step["service"], step["erases"]) for saga in selection.sagas for step in saga["steps"] if "erases" in step}
    return [
        {"rule": "personal-data-without-erasure", "at": f"/services/{index}/entities/{place}", "reason": BY_HAND}
        for index, service in enumerate(services)
        for place, entity in enumerate(service.entities)
        if erasure.erased_fields(service, entity)
        and not entity.is_event_sourced
        and (service.name, entity.name) not in erased
        and not any(each.action is Action.DELETE and each.entity == entity.name for each in service.endpoints)
    ]


def _read(selection: Selection) -> list[Service]:
    """The services as the model knows them; none where one has faults, which are told later."""
    try:
        return [Service.model_validate(each) for each in selection.services]
    except ValidationError:
        return []


def _subjects(services: list[Service]) -> list[Holder]:
    """Those whose data lies in other services too, the most widely kept first."""
    found = [Holder(service, entity, "id") for service in services for entity in service.entities if _can_be_erased(service, entity)]
    spread = {(each.service.name, each.entity.name): len(_elsewhere(services, each)) for each in found}
    wide = [each for each in found if spread[each.service.name, each.entity.name]]
    return sorted(wide, key=lambda each: -spread[each.service.name, each.entity.name])


def _elsewhere(services: list[Service], subject: Holder) -> list[Holder]:
    return [each for each in _holders(services, subject) if each.service.name != subject.service.name]


def _holders(services: list[Service], subject: Holder) -> list[Holder]:
    """The entities that name the subject by its id and keep personal data."""
    return [
        Holder(service, entity, field.name)
        for service in services
        for entity in service.entities
        for field in entity.fields
        if field.type is FieldType.UUID and field.name == subject.entity.reference and _can_be_erased(service, entity)
    ]


def _can_be_erased(service: Service, entity: Entity) -> bool:
    return not any(erasure.obstacles(service, entity))


def _add(selection: Selection, subject: Holder, holders: list[Holder], law: str) -> None:
    entity = subject.entity
    name, reference = f"{entity.name}Erasure", entity.reference
    index = selection.names.index(subject.service.name)
    service = selection.services[index]
    selection.services[index] = service | {
        "entities": [*service.get("entities", []), _request(name, entity)],
        "endpoints": [*service.get("endpoints", []), *_endpoints(name, subject)],
    }
    saga = f"Erase{entity.name}Saga"
    start = {
        "name": "request",
        "service": subject.service.name,
        "operation": f"request{name}",
        "compensation": f"reject{name}",
        "timeout": STEP_TIMEOUT,
    }
    steps = [
        {
            "name": f"erase_{snake(each.entity.name)}_of_{each.service.package}"[:60],
            "service": each.service.name,
            "erases": each.entity.name,
            "match": {"field": each.key, "source": reference},
            "pivot": each is subject,
            "retriable": True,
            "timeout": STEP_TIMEOUT,
        }
        for each in holders
    ]
    selection.sagas.append(
        {
            "name": saga,
            "description": f"Takes the personal data of one {' '.join(snake(entity.name).split('_'))} out of every service",
            "coordinator": subject.service.name,
            "entity": name,
            "startsWith": f"request{name}",
            "succeedsWith": "complete",
            "failsWith": "reject",
            "timeout": SAGA_TIMEOUT,
            "steps": [start, *steps],
        }
    )
    where = ", ".join(dict.fromkeys(each.service.name for each in holders))
    because = f"{law.upper()} lets a person ask for erasure, and {where} keep personal data by {reference}"
    selection.reasons.append(Reason(f"/sagas/{len(selection.sagas) - 1}", f"a saga {saga}", because, "regulations"))


def _request(name: str, entity: Entity) -> Plain:
    return {
        "name": name,
        "description": f"That the personal data of one {' '.join(snake(entity.name).split('_'))} is to be erased, and whether it is",
        "fields": [{"name": entity.reference, "type": "uuid", "immutable": True}],
        "lifecycle": {
            "initial": "requested",
            "states": ["requested", "completed", "rejected"],
            "transitions": [
                {"name": "complete", "from": ["requested"], "to": "completed"},
                {"name": "reject", "from": ["requested"], "to": "rejected"},
            ],
        },
    }


def _endpoints(name: str, subject: Holder) -> list[Plain]:
    scopes = (each.scope for each in subject.service.endpoints if each.entity == subject.entity.name and each.scope is not None)
    kind = next(scopes, subject.entity.collection).partition(":")[0]
    known: Plain = {"entity": name, "scope": f"{kind}:erase", "rateLimit": {"requests": 60, "per": "minute"}}
    return [
        known | {"operation": f"request{name}", "action": "create", "summary": "Ask for the erasure of personal data"},
        known | {"operation": f"get{name}", "action": "get", "summary": "Read how far an erasure is"},
        known
        | {
            "operation": f"list{name}s",
            "action": "list",
            "summary": "List erasures",
            "filters": [subject.entity.reference, "status"],
        },
        known | {"operation": f"reject{name}", "action": "transition", "transition": "reject", "summary": "Refuse an erasure"},
    ]
