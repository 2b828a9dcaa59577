"""Reads the catalogue of domains, and finds the one that a team speaks of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from microservices_skill.model import document as documents

Plain = dict[str, Any]
"""A part of an architecture document as JSON-like data."""


@dataclass(frozen=True, slots=True)
class CatalogueService:
    """A service that is known from the domain, and the features that call for it."""

    name: str
    features: tuple[str, ...]
    is_core: bool
    service: Plain
    events: tuple[Plain, ...]
    externals: tuple[Plain, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """A well-known domain."""

    name: str
    keywords: tuple[str, ...]
    services: tuple[CatalogueService, ...]
    sagas: tuple[Plain, ...]


@lru_cache(maxsize=1)
def domains() -> tuple[Domain, ...]:
    """Every domain of the catalogue, in name order."""
    folder = resources.files("microservices_skill.proposal.catalogue")
    files = sorted((each for each in folder.iterdir() if each.name.endswith(".yaml")), key=lambda each: each.name)
    return tuple(_domain(documents.parse(file.read_text(encoding="utf-8"), source=file.name).data) for file in files)


def find_domain(words: Sequence[str]) -> Domain | None:
    """The domain whose keywords and features the words name most often; none where no keyword is named."""
    text = " ".join(words).lower()
    scored = [(sum(mentions(text, keyword) for keyword in domain.keywords), domain) for domain in domains()]
    best = max((score for score, _ in scored), default=0)
    return next((domain for score, domain in scored if score == best), None) if best else None


def mentions(text: str, word: str) -> bool:
    """Whether a text names a word, in the singular or the plural."""
    return re.search(rf"\b{re.escape(word)}(s|es|ing|ed)?\b", text.lower()) is not None


def _domain(data: Plain) -> Domain:
    services = tuple(
        CatalogueService(
            name=entry["service"]["name"],
            features=tuple(entry["features"]),
            is_core=bool(entry.get("core", False)),
            service=entry["service"],
            events=tuple(entry.get("events", ())),
            externals=tuple(entry.get("externals", ())),
        )
        for entry in data["services"]
    )
    return Domain(data["domain"], tuple(data["keywords"]), services, tuple(data.get("sagas", ())))
