"""What the tests of upcasters need to know in every language: what an older version looks like, and where each value goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from microservices_skill.codegen.views.choreographies import heard_events
from microservices_skill.codegen.views.projections import events_of, projections_of
from microservices_skill.codegen.views.versions import upcasts_of
from microservices_skill.codegen.views.view_tests import Writer
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.service import Service


@dataclass(frozen=True, slots=True)
class UpcastExample:
    """An example of an older version, and which of its fields each of the next version is."""

    source: str
    taken: str


def upcast_examples(architecture: Architecture, service: Service, examples: Mapping[str, str], writer: Writer) -> tuple[UpcastExample, ...]:
    """The steps from older versions of incoming events; ``examples`` has the source of each version's data by its name in code."""
    read = heard_events(architecture, service) | events_of(projections_of(architecture, service))
    return tuple(
        UpcastExample(examples[each.older.versioned_name], writer.value({one.field.name: one.source.name for one in each.taken}))
        for each in upcasts_of(architecture, read)
    )
