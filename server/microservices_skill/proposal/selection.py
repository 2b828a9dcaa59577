"""Which services there are: those of the draft, those that the features call for, and those that they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from microservices_skill.errors import SkillError
from microservices_skill.model.service import Service
from microservices_skill.proposal.domains import CatalogueService, Domain, Plain, find_domain, mentions
from microservices_skill.proposal.generic import generic_service, safe_slug, service_name
from microservices_skill.questionnaire.answers import Answers

MAX_GENERIC = 12


class DraftError(SkillError):
    """A draft is not in the shape of an architecture document."""

    def __init__(self, pointer: str, what: str) -> None:
        super().__init__(
            f"draft {pointer}: {what}; a draft is in the shape of architecture.yaml, and only the names of services are required"
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """A choice, why it was made, and the answer that led to it. ``pointer`` is where it stands in the document."""

    pointer: str
    choice: str
    because: str
    answer: str


@dataclass(slots=True)
class Selection:
    """The parts of an architecture while it is put together."""

    domain: Domain | None
    services: list[Plain] = field(default_factory=list)
    events: list[Plain] = field(default_factory=list)
    externals: list[Plain] = field(default_factory=list)
    sagas: list[Plain] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The names of the services."""
        return [service["name"] for service in self.services]

    def add(self, service: Plain, events: Sequence[Plain], externals: Sequence[Plain], reason: Reason) -> None:
        """Take a service in."""
        self.services.append(service)
        self.events += [event for event in events if event["name"] not in {each["name"] for each in self.events}]
        self.externals += [each for each in externals if each["name"] not in {known["name"] for known in self.externals}]
        self.reasons.append(reason)


def select(answers: Answers, draft: Mapping[str, Any] | None) -> Selection:
    """The services of the draft, completed; without one those that the features name.

    Raises:
        DraftError: the draft is not in the shape of an architecture.
    """
    features = answers.items("features")
    selection = Selection(find_domain([answers.choice("domain"), *features]))
    if draft:
        _take_draft(selection, draft)
    else:
        _take_features(selection, features)
    _drop_what_nobody_sends(selection)
    return selection


def _take_features(selection: Selection, features: Sequence[str]) -> None:
    known = selection.domain.services if selection.domain is not None else ()
    wanted = {entry.name: feature for entry in known for feature in features if _calls_for(entry, feature)}
    for entry in known:
        if entry.name in wanted or entry.is_core:
            because = f"the feature {wanted[entry.name]!r} is its business" if entry.name in wanted else "the others cannot do without it"
            selection.add(entry.service, entry.events, entry.externals, _chosen(selection, entry.name, because))
    unknown = [feature for feature in features if not any(_calls_for(entry, feature) for entry in known)]
    for feature in unknown[:MAX_GENERIC]:
        name = service_name(feature)
        if name not in selection.names:
            service, events = generic_service(name, f"{feature[:1].upper()}{feature[1:]}")
            selection.add(service, events, (), _chosen(selection, name, f"no other service covers the feature {feature!r}"))
    if selection.domain is not None:
        selection.sagas = [saga for saga in selection.domain.sagas if _participants(saga) <= set(selection.names)]


def _calls_for(entry: CatalogueService, feature: str) -> bool:
    return any(mentions(feature, word) for word in entry.features)


def _chosen(selection: Selection, name: str, because: str) -> Reason:
    return Reason(f"/services/{len(selection.services)}", f"a service {name!r}", because, "features")


def _participants(saga: Plain) -> set[str]:
    return {saga["coordinator"], *(step["service"] for step in saga["steps"])}


def _take_draft(selection: Selection, draft: Mapping[str, Any]) -> None:
    services = draft.get("services")
    if not isinstance(services, list) or not services:
        raise DraftError("/services", "must be a list of services, each with a name")
    known = {entry.name: entry for entry in selection.domain.services} if selection.domain is not None else {}
    names = [_draft_name(index, each) for index, each in enumerate(services)]
    for name, given in zip(names, services, strict=True):
        own = {key: value for key, value in given.items() if key != "name"}
        if name in known and not own.get("entities"):
            entry = known[name]
            reason = Reason(
                f"/services/{len(selection.services)}", f"a service {name!r}", "your draft names it; the catalogue fills it in", "features"
            )
            selection.add(_fitting(entry.service | own, names, selection), entry.events, entry.externals, reason)
        else:
            responsibility = str(own.get("responsibility") or name.replace("-", " "))
            service, events = generic_service(name, responsibility)
            if own.get("entities"):
                service, events = {"name": name, "responsibility": responsibility}, []
            reason = Reason(f"/services/{len(selection.services)}", f"a service {name!r}", "your draft names it", "features")
            selection.add(service | own, events, (), reason)
    for key, parts in (("events", selection.events), ("externals", selection.externals), ("sagas", selection.sagas)):
        given_parts = draft.get(key, [])
        if not isinstance(given_parts, list) or not all(isinstance(each, dict) for each in given_parts):
            raise DraftError(f"/{key}", "must be a list of mappings")
        replaced = {each.get("name") for each in given_parts}
        parts[:] = [each for each in parts if each["name"] not in replaced] + given_parts
    if selection.domain is not None and not selection.sagas:
        selection.sagas = [saga for saga in selection.domain.sagas if _participants(saga) <= set(names)]


def _draft_name(index: int, given: object) -> str:
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise DraftError(f"/services/{index}", "must be a mapping with a name")
    known = {field.alias for field in Service.model_fields.values()}
    for key in given:
        if key not in known:
            raise DraftError(f"/services/{index}/{key}", f"unknown key; known keys: {', '.join(sorted(str(name) for name in known))}")
    return safe_slug(given["name"])


def _fitting(service: Plain, names: Sequence[str], selection: Selection) -> Plain:
    """The service without calls to services that the draft does not have."""
    known = selection.domain.services if selection.domain is not None else ()
    absent = {entry.name for entry in known} - set(names)
    return service | {"dependencies": [each for each in service.get("dependencies", []) if each.get("to") not in absent]}


def _drop_what_nobody_sends(selection: Selection) -> None:
    """Reactions to events whose publisher is not part of the system cannot happen."""
    sent = {event["name"] for event in selection.events}
    selection.services = [
        service | {"subscriptions": [each for each in service["subscriptions"] if each.get("event") in sent]}
        if isinstance(service.get("subscriptions"), list)
        else service
        for service in selection.services
    ]
