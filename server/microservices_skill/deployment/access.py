"""Who may ask the issuer for which tokens: a client for each service, as data that every issuer can be set up from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from microservices_skill.deployment.environment import Place
from microservices_skill.model.access import Grant, grants_of, scopes_of
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.dumping import dump_plain

Value: TypeAlias = "str | list[Value] | dict[str, Value]"

PATH = "security/clients.yaml"

_HEAD = """\
# Generated: the clients of the token issuer (OAuth 2.0 client credentials). Each service may ask for tokens for those that it
# calls, with the scopes of the operations that it calls there, and for nothing else. `microservices-skill issuer` and
# `up --auth` read it on a developer's machine; set up the issuer of an environment by it. It holds no secrets.
"""


def clients(architecture: Architecture, places: Sequence[Place]) -> str:
    """The file."""
    return _HEAD + dump_plain(document(architecture, places))


def document(architecture: Architecture, places: Sequence[Place]) -> dict[str, Value]:
    """The file as data."""
    folders = {place.name: place.folder for place in places}
    return {
        "audiences": [{"name": each.name, "scopes": list(scopes_of(architecture, each))} for each in architecture.services],
        "clients": [
            {"id": each.name, "folder": folders[each.name], "grants": [_grant(grant) for grant in grants_of(architecture, each)]}
            for each in architecture.services
        ],
    }


def _grant(grant: Grant) -> dict[str, Value]:
    return {"audience": grant.audience, "scopes": list(grant.scopes), "operations": list(grant.operations)}
