"""What pipelines know of a system: which services are built, and what each promises."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from microservices_skill.deployment.environment import Place, places
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.system import BrokerKind, Language

BUILT = (Language.PYTHON, Language.TYPESCRIPT)
"""The languages whose services have a Dockerfile and a Makefile of ours."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The services that are built, those that their teams build, the promised availabilities, and the broker."""

    system: str
    built: tuple[Place, ...]
    others: tuple[Place, ...]
    promises: Mapping[str, float]
    broker: BrokerKind

    def of(self, language: Language) -> tuple[Place, ...]:
        """The services in one language."""
        return tuple(each for each in self.built if each.language is language)

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages of the services that are built."""
        return tuple(each for each in BUILT if self.of(each))


def facts(architecture: Architecture, folders: Mapping[str, str] | None = None) -> Facts:
    """The facts of a system; ``folders`` where services are not ``services/<name>``."""
    found = places(architecture, folders)
    return Facts(
        system=architecture.system.name,
        built=tuple(each for each in found if each.language in BUILT),
        others=tuple(each for each in found if each.language not in BUILT),
        promises={each.name: each.slo.availability for each in architecture.services},
        broker=architecture.system.platform.broker,
    )


def image(system: str, place: Place) -> str:
    """The name of a service's image, without its registry, as the manifests have it."""
    return f"{system}/{place.name}"


def document(found: Facts) -> str:
    """``deploy/release.json``: the same for the scripts that release."""
    services: Sequence[object] = [
        {"name": each.name, "folder": each.folder, "language": each.language.value, "image": image(found.system, each)}
        for each in found.built
    ]
    return json.dumps({"system": found.system, "services": services, "promises": found.promises}, indent=2) + "\n"
