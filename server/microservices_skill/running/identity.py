"""Who may ask the local issuer for tokens: a client for each service and one for the person, with secrets made for one run."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from microservices_skill.running.errors import NoClientsError, NoIssuerError, UnknownScopeError
from microservices_skill.running.system import LOGS

CLIENTS = "security/clients.yaml"
IDENTITY = "issuer.json"
PERSON = "person@localhost"
"""No service can have this name."""


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Audience(_Read):
    """A service that checks tokens, and every scope that it knows."""

    name: str
    scopes: tuple[str, ...] = ()


class Grant(_Read):
    """What a client may have in a token for an audience."""

    audience: str
    scopes: tuple[str, ...] = ()


class Client(_Read):
    """A service that calls others."""

    id: str
    folder: str
    grants: tuple[Grant, ...] = ()


class Access(_Read):
    """What ``security/clients.yaml`` says."""

    audiences: tuple[Audience, ...]
    clients: tuple[Client, ...]

    @property
    def scopes(self) -> tuple[str, ...]:
        """Every scope of the system."""
        return tuple(sorted({scope for each in self.audiences for scope in each.scopes}))


@dataclass(frozen=True, slots=True)
class Credential:
    """A client as the issuer knows it: its secret, and the scopes that it may have for each audience."""

    secret: str
    grants: Mapping[str, frozenset[str]]


class Identity(_Read):
    """What a person's tools need to ask the issuer that runs now."""

    issuer: str
    token_url: str
    jwks_url: str
    client_id: str
    client_secret: str
    services: dict[str, dict[str, str]]
    """The variables of each service, by the name of its process."""

    def save(self, root: Path) -> Path:
        """Keep it where only this user can read it, and git does not look."""
        path = root / LOGS / IDENTITY
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(self.model_dump(), file, indent=2)
            file.write("\n")
        return path


def read_access(root: Path) -> Access:
    """The clients of the system in a folder.

    Raises:
        SkillError: the file is missing or cannot be read.

    """
    path = root / CLIENTS
    if not path.is_file():
        raise NoClientsError(path, "it is not there")
    try:
        return Access.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise NoClientsError(path, f"it cannot be read: {error}") from error


def credentials(access: Access) -> dict[str, Credential]:
    """A new secret for each client; the person may have every scope."""
    found = {each.id: Credential(_secret(), {grant.audience: frozenset(grant.scopes) for grant in each.grants}) for each in access.clients}
    return found | {PERSON: Credential(_secret(), {each.name: frozenset(each.scopes) for each in access.audiences})}


def identity(access: Access, known: Mapping[str, Credential], url: str) -> Identity:
    """What services and people are told of the issuer at an address."""
    token_url, jwks_url = f"{url}/oauth2/token", f"{url}/.well-known/jwks.json"
    checking = {"AUTH_JWKS_URL": jwks_url, "AUTH_ISSUER": url}
    services = {}
    for each in access.clients:
        own = {"AUTH_TOKEN_URL": token_url, "AUTH_CLIENT_ID": each.id, "AUTH_CLIENT_SECRET": known[each.id].secret}
        services[each.folder.rpartition("/")[2]] = checking | (own if each.grants else {})
    return Identity(
        issuer=url, token_url=token_url, jwks_url=jwks_url, client_id=PERSON, client_secret=known[PERSON].secret, services=services
    )


def read_identity(root: Path) -> Identity:
    """The issuer that runs now, or ran last.

    Raises:
        SkillError: none has run.

    """
    path = root / LOGS / IDENTITY
    try:
        return Identity.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise NoIssuerError(path) from error


def chosen(access: Access, scopes: tuple[str, ...], audiences: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The scopes and audiences that a person asks for; where none are named, all scopes, and the audiences that know them.

    Raises:
        SkillError: there is no such scope or audience.

    """
    names = tuple(each.name for each in access.audiences)
    for audience in audiences:
        if audience not in names:
            raise UnknownScopeError("audience", audience, names)
    known = tuple(each for each in access.audiences if not audiences or each.name in audiences)
    offered = tuple(sorted({scope for each in known for scope in each.scopes}))
    for scope in scopes:
        if scope not in offered:
            raise UnknownScopeError("scope", scope, offered)
    asked = scopes or offered
    return asked, audiences or tuple(each.name for each in known if not scopes or set(scopes) & set(each.scopes))


def _secret() -> str:
    return secrets.token_urlsafe(32)
