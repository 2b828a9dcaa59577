"""Data that must agree at once: a saga where it crosses services, named in the requirements (Richardson, ch. 4)."""

from __future__ import annotations

from collections.abc import Sequence

from microservices_skill.model.naming import pascal
from microservices_skill.proposal.domains import Plain, mentions
from microservices_skill.proposal.selection import Reason, Selection
from microservices_skill.questionnaire.answers import Answers


def agree(selection: Selection, answers: Answers) -> list[Plain]:
    """The consistency needs as the requirements say them; sagas are added or told what they cover."""
    needs: list[Plain] = []
    for words in answers.items("strongConsistency"):
        services = _services_in(words, selection)
        needs.append({"data": words, "services": services})
        if len(services) > 1:
            _cover(words, services, selection)
    return needs


def _services_in(words: str, selection: Selection) -> list[str]:
    known = {entry.name: entry.features for entry in selection.domain.services} if selection.domain is not None else {}
    return [name for name in selection.names if any(mentions(words, word) for word in (name, *known.get(name, ())))]


def _cover(words: str, services: Sequence[str], selection: Selection) -> None:
    for index, saga in enumerate(selection.sagas):
        if set(services) <= {saga["coordinator"], *(step["service"] for step in saga["steps"])}:
            selection.sagas[index] = saga | {"covers": [*dict.fromkeys([*saga.get("covers", []), words])]}
            return
    steps = [step for name in services if (step := _step(name, selection)) is not None]
    if len(steps) == len(services):
        name = f"{pascal(' '.join(words.split()[:3]))[:40]}Saga"
        first = next(service for service in selection.services if service["name"] == services[0])
        steps[-1] |= {"pivot": True}
        selection.sagas.append(
            {
                "name": name if name[0].isalpha() else f"Agree{name}",
                "description": f"Brings {words} to one state, or back",
                "coordinator": first["name"],
                "covers": [words],
                "timeout": "10m",
                "steps": steps,
            }
        )
        because = f"{words!r} must agree, and lies in {', '.join(services)}"
        selection.reasons.append(Reason(f"/sagas/{len(selection.sagas) - 1}", f"a saga {name}", because, "strongConsistency"))


def _step(name: str, selection: Selection) -> Plain | None:
    """A step that a service can make and take back: create and then delete, or end its lifecycle."""
    service = next(each for each in selection.services if each["name"] == name)
    endpoints = service.get("endpoints", [])
    makes = next((each["operation"] for each in endpoints if each.get("action") == "create"), None)
    undoes = next((each["operation"] for each in endpoints if each.get("action") in ("delete", "transition")), None)
    if makes is None or undoes is None:
        return None
    return {"name": f"{name.replace('-', '_')}_step", "service": name, "operation": makes, "compensation": undoes, "timeout": "30s"}
