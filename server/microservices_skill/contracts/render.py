"""The contract files of a system, and of one service."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from microservices_skill.contracts import asyncapi, events, openapi
from microservices_skill.contracts.json_schema import Schema
from microservices_skill.files import File, FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.messaging import Event
from microservices_skill.model.service import Service

FOLDER = "contracts"


def render(architecture: Architecture) -> FileTree:
    """Every contract of the system: OpenAPI per service, AsyncAPI, and a schema per event version."""
    return FileTree(
        [
            *((f"{FOLDER}/openapi/{each.name}.json", _file(openapi.document(architecture, each))) for each in architecture.services),
            (f"{FOLDER}/asyncapi.json", _file(asyncapi.document(architecture))),
            *_event_files(architecture, architecture.messages),
        ]
    )


def for_service(architecture: Architecture, service: Service) -> FileTree:
    """The contracts that one service keeps: its API, and the events that it publishes or reacts to."""
    concerned = (event for event in architecture.messages if service.name in (event.publisher, *architecture.receivers(event.name)))
    api = (f"{FOLDER}/openapi.json", _file(openapi.document(architecture, service)))
    return FileTree([api, *_event_files(architecture, concerned)])


def _event_files(architecture: Architecture, chosen: Iterable[Event]) -> Iterator[tuple[str, File]]:
    for event in chosen:
        yield f"{FOLDER}/events/{events.versioned_name(event)}.json", _file(events.schema(architecture, event))


def _file(document: Schema) -> File:
    return File(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
