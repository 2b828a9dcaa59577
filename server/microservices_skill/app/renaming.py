"""Finds what the model says was called otherwise before, for edits to follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from microservices_skill.app.design import Design
from microservices_skill.regeneration.renames import Rename


def renames_of(designs: Mapping[str, Design]) -> tuple[Rename, ...]:
    """The renames of services, and of entities and fields within each service's folder; services come first."""
    return tuple(sorted(_renames(designs), key=lambda rename: bool(rename.within)))


def _renames(designs: Mapping[str, Design]) -> Iterator[Rename]:
    for suffix, design in designs.items():
        for service in design.architecture.services:
            folder = f"services/{service.name}{suffix}/"
            if service.formerly is not None:
                yield Rename("", service.formerly, service.name)
            for entity in service.entities:
                if entity.formerly is not None:
                    yield Rename(folder, entity.formerly, entity.name)
            fields = [field for entity in service.entities for field in entity.fields]
            fields += [field for value in service.value_types for field in value.fields]
            yield from (Rename(folder, each.formerly, each.name) for each in fields if each.formerly is not None)
