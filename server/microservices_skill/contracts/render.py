"""The contract files of a system, and of one service."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from microservices_skill.contracts import asyncapi, events, openapi, pacts
from microservices_skill.contracts.json_schema import Schema
from microservices_skill.files import File, FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.messaging import Event
from microservices_skill.model.service import Service

FOLDER = "contracts"


def render(architecture: Architecture) -> FileTree:
    """Every contract of the system: OpenAPI per service, AsyncAPI, a schema per event version, a pact per consumer and provider."""
    return FileTree(
        [
            *((f"{FOLDER}/openapi/{each.name}.json", _file(openapi.document(architecture, each))) for each in architecture.services),
            (f"{FOLDER}/asyncapi.json", _file(asyncapi.document(architecture))),
            *_event_files(architecture, architecture.messages),
            *_pact_files(pacts.documents(architecture)),
        ]
    )


def for_service(architecture: Architecture, service: Service) -> FileTree:
    """The contracts that one service keeps: its API, the events that it publishes or reacts to, its pacts on either side."""
    concerned = (event for event in architecture.messages if service.name in (event.publisher, *architecture.receivers(event.name)))
    api = (f"{FOLDER}/openapi.json", _file(openapi.document(architecture, service)))
    return FileTree([api, *_event_files(architecture, concerned), *_pact_files(pacts.documents(architecture, of=service.name))])


def _event_files(architecture: Architecture, chosen: Iterable[Event]) -> Iterator[tuple[str, File]]:
    for event in chosen:
        yield f"{FOLDER}/events/{events.versioned_name(event)}.json", _file(events.schema(architecture, event))


def _pact_files(documents: Mapping[tuple[str, str], Schema]) -> Iterator[tuple[str, File]]:
    for names, pact in documents.items():
        yield f"{FOLDER}/pacts/{pacts.file_name(*names)}", _file(pact)


def _file(document: Schema) -> File:
    return File(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
