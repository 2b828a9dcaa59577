"""The series of metrics that a service can have, in every language: they begin at zero, so that a first increase is seen as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from microservices_skill.codegen.quoting import py_str, ts_str
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.naming import words
from microservices_skill.model.service import Service

Quote = Callable[[str], str]
"""How a language writes a text."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a language writes a text, what it puts around a pair, and the types of many texts and of many pairs."""

    quote: Quote
    around: tuple[str, str]
    texts: str
    pairs: str


PYTHON = Spelling(py_str, ("(", ")"), "tuple[str, ...]", "tuple[tuple[str, str], ...]")
TYPESCRIPT = Spelling(ts_str, ("[", "]"), "readonly string[]", "readonly (readonly [string, string])[]")


@dataclass(frozen=True, slots=True)
class SeriesGroup:
    """What a label's value can be, or the values of two labels that go together. Each member is source code."""

    constant: str
    about: str
    kind: str
    members: tuple[str, ...]


def series_of(architecture: Architecture, service: Service, spelling: Spelling) -> tuple[SeriesGroup, ...]:
    """The groups of a service."""

    def single(constant: str, about: str, names: Iterable[str]) -> SeriesGroup:
        return SeriesGroup(constant, about, spelling.texts, tuple(map(spelling.quote, dict.fromkeys(names))))

    def double(constant: str, about: str, names: Iterable[tuple[str, str]]) -> SeriesGroup:
        opening, closing = spelling.around
        members = (f"{opening}{spelling.quote(one)}, {spelling.quote(other)}{closing}" for one, other in dict.fromkeys(names))
        return SeriesGroup(constant, about, spelling.pairs, tuple(members))

    system = architecture.system.name
    told = [each for each in architecture.messages if each.publisher == service.name]
    heard = [each for each in architecture.messages if service.name in architecture.receivers(each.name)]
    dependencies = service.dependencies
    return (
        single("PUBLISHED", "Types of the events that it tells.", (f"{system}.{each.name}.v{each.version}" for each in told)),
        single("HEARD", "Types of the events that it hears.", (f"{system}.{each.name}.v{each.version}" for each in heard)),
        single("DEPENDENCIES", "Whom it calls.", (each.to for each in dependencies)),
        single("GUARDED", "Whom it calls through a circuit breaker.", (each.to for each in dependencies if each.circuit_breaker)),
        single("SAGAS", "Sagas that it coordinates.", _sagas(architecture, service)),
        single("STEPS", "Steps of sagas that it carries out.", _steps(architecture, service)),
        double("TRANSITIONS", "Its entities and how each can change its state.", _transitions(service)),
        double(
            "PARTS", "Its compositions and their parts.", ((each.name, part.name) for each in service.compositions for part in each.parts)
        ),
        single("VIEWS", "Its views.", (each.name for each in service.views)),
    )


def _sagas(architecture: Architecture, service: Service) -> Iterable[str]:
    return (each.saga.name for each in architecture.running_sagas if each.coordinator.name == service.name)


def _steps(architecture: Architecture, service: Service) -> Iterable[str]:
    yield from (part.id for each in architecture.orchestrations for part in each.parts if part.service.name == service.name)
    yield from (one.id for each in architecture.choreographies for one in each.reactions if one.service.name == service.name)


def _transitions(service: Service) -> Iterable[tuple[str, str]]:
    for entity in service.entities:
        for transition in entity.lifecycle.transitions if entity.lifecycle is not None else ():
            yield " ".join(words(entity.name)), transition.name
