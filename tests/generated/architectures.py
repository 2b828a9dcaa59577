"""The architectures that are run: the examples, in a language and under a system name of the test's choice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from microservices_skill.codegen.generate import SUPPORTED, generate_service
from microservices_skill.contracts.render import for_service
from microservices_skill.files import FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.loading import read_architecture
from microservices_skill.model.service import Service
from microservices_skill.model.system import BrokerKind, Language

ROOT = Path(__file__).parents[2]
EXAMPLES = tuple(sorted(each.parent.name for each in (ROOT / "examples").glob("*/architecture.yaml")))
LANGUAGES: tuple[Language, ...] = tuple(SUPPORTED)
"""The languages that the suites run in: all that code is generated for."""


def read_example(name: str, *, system: str = "") -> Architecture:
    """The architecture of an example, under a system name of its own where queues must not be shared."""
    return named(_read((ROOT / "examples" / name / "architecture.yaml"), name), system)


def read_case(name: str, *, system: str = "") -> Architecture:
    """An architecture that only tests need."""
    return named(_read(Path(__file__).parent / "cases" / f"{name}.yaml", name), system)


def _read(path: Path, source: str) -> Architecture:
    architecture, _ = read_architecture(path.read_text(encoding="utf-8"), source=source)
    return architecture


def named(architecture: Architecture, system: str) -> Architecture:
    """The same under another system name, so that its queues are its own."""
    return changed(architecture, system=architecture.system.model_copy(update={"name": system})) if system else architecture


def changed(architecture: Architecture, **changes: object) -> Architecture:
    """The same with some parts exchanged, made anew: a copy would keep what was looked up before."""
    parts: dict[str, Any] = {name: getattr(architecture, name) for name in Architecture.model_fields}
    return Architecture(**parts | changes)


def own_name(example: str) -> str:
    """A system name that no other run has."""
    return f"{example}-{uuid4().hex[:8].translate(str.maketrans('0123456789', 'ghijklmnop'))}"


def in_language(architecture: Architecture, language: Language) -> Architecture:
    """The same with every service in one language."""
    return in_languages(architecture, {service.name: language for service in architecture.services})


def on_broker(architecture: Architecture, broker: BrokerKind) -> Architecture:
    """The same with its events over another broker."""
    platform = architecture.system.platform.model_copy(update={"broker": broker})
    return changed(architecture, system=architecture.system.model_copy(update={"platform": platform}))


def in_languages(architecture: Architecture, languages: Mapping[str, Language]) -> Architecture:
    """The same with each service in the language that it is given."""
    services = tuple(service.model_copy(update={"language": languages[service.name]}) for service in architecture.services)
    return changed(architecture, services=services)


def with_services(architecture: Architecture, *services: Service) -> Architecture:
    """The same with some services exchanged for what they have become."""
    found = {each.name: each for each in services}
    return changed(architecture, services=tuple(found.get(each.name, each) for each in architecture.services))


def only(architecture: Architecture, *names: str) -> Architecture:
    """The same with these services alone; the others still hear and tell their events."""
    return changed(architecture, services=tuple(each for each in architecture.services if each.name in names))


def write_service(architecture: Architecture, service: Service, folder: Path) -> Path:
    """Write one generated service and its contracts."""
    return write_tree(generate_service(architecture, service.name) | for_service(architecture, service), folder)


def write_tree(tree: FileTree, folder: Path) -> Path:
    """Write a tree as it is."""
    for path, file in tree.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.text, encoding="utf-8")
    return folder


Claim = Callable[[Architecture, Service], bool]


def services_where(claim: Claim = lambda *_: True) -> Iterator[tuple[Language, str, str]]:
    """Every service of every example, in every language, for which the claim holds."""
    for language in LANGUAGES:
        for example in EXAMPLES:
            architecture = read_example(example)
            for service in architecture.services:
                if claim(architecture, service):
                    yield language, example, service.name


def in_turns(found: Sequence[tuple[Language, str, str]]) -> list[tuple[Language, str, str]]:
    """The first service of each system in every language, the others in one or the other: each check still runs in all."""
    services = list(dict.fromkeys((example, name) for _, example, name in found))
    firsts = {next(each for each in services if each[0] == example) for example, _ in services}
    return [
        (language, example, name)
        for language, example, name in found
        if (example, name) in firsts or (services.index((example, name)) + LANGUAGES.index(language)) % len(LANGUAGES) == 0
    ]
