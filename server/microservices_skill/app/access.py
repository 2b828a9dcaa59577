"""Runs a token issuer on this machine, and asks it for tokens."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from microservices_skill.running.errors import IssuerRefusedError
from microservices_skill.running.identity import Identity, chosen, credentials, identity, read_access, read_identity
from microservices_skill.running.issuer import LIFETIME_S, Issuer, serving

_ASK_LIMIT_S = 5.0


@contextmanager
def issuer(root: Path, *, port: int = 0, lifetime_s: int = LIFETIME_S) -> Iterator[Identity]:
    """An issuer for the system below ``root`` while the block runs; ids and secrets of its clients are kept in ``.run``.

    Raises:
        SkillError: the system names no clients, or the port is taken.

    """
    access = read_access(root)
    known = credentials(access)
    with serving(Issuer(known, lifetime_s=lifetime_s), port=port) as running:
        told = identity(access, known, running.url)
        told.save(root)
        yield told


def token(root: Path, *, scopes: tuple[str, ...] = (), audiences: tuple[str, ...] = (), subject: str = "") -> str:
    """A token for a person, from the issuer that runs for the system below ``root``.

    Raises:
        SkillError: no issuer runs, or there is no such scope or audience.

    """
    known = read_identity(root)
    asked, where = chosen(read_access(root), scopes, audiences)
    form = [("grant_type", "client_credentials"), ("client_id", known.client_id), ("client_secret", known.client_secret)]
    form += [("scope", " ".join(asked)), *(("audience", each) for each in where), *([("subject", subject)] if subject else [])]
    try:
        status, said = _post(known.token_url, urlencode(form))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise IssuerRefusedError(known.token_url, str(error)) from error
    if status != http.HTTPStatus.OK:
        raise IssuerRefusedError(known.token_url, said.get("error_description", f"answered {status}"))
    return said["access_token"]


def _post(url: str, form: str) -> tuple[int, dict[str, str]]:
    """What the issuer of this machine answers; no proxy stands between."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=_ASK_LIMIT_S)
    try:
        connection.request("POST", parts.path, form, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        return answer.status, dict(json.load(answer))
    finally:
        connection.close()
