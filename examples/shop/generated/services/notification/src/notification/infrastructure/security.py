"""Who calls, and what they may do: bearer tokens (JWT, RFC 9068) checked against the issuer's keys, scopes per operation."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Annotated, Any

import httpx2
import jwt
import structlog
from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from notification.config import Settings
from notification.middleware.audit import KEY as AUDITED
from notification.middleware.audit import Actor
from notification.middleware.problems import ForbiddenError, IssuerUnavailableError, UnauthorizedError

log = structlog.get_logger(__name__)

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Asymmetric only: a shared secret would let every service forge tokens."""

KEYS_LIFETIME_S = 600.0
MIN_REFRESH_S = 10.0
_bearer = HTTPBearer(scheme_name="bearerAuth", bearerFormat="JWT", auto_error=False)


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller."""

    subject: str
    scopes: frozenset[str]
    client: str | None = None
    """The client of the issuer that the token was given to, where it says so."""


ANONYMOUS = Principal("anonymous", frozenset())


class TokenVerifier:
    """Verifies tokens; fetches the issuer's keys once for all requests, and again when a key is unknown, but not often."""

    def __init__(self, settings: Settings, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        self._http = httpx2.AsyncClient(timeout=3.0, transport=transport)
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._turn = asyncio.Lock()

    async def verify(self, token: str) -> Principal:
        """The caller that the token names.

        Raises:
            UnauthorizedError: it is not a token of our issuer for us, or no longer.
            IssuerUnavailableError: the issuer's keys cannot be had.
        """
        try:
            key = await self._key(str(jwt.get_unverified_header(token).get("kid", "")))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._settings.auth_audience,
                issuer=self._settings.auth_issuer,
                leeway=10,
                options={"require": ["exp", "sub", "aud"] + (["iss"] if self._settings.auth_issuer else [])},
            )
        except jwt.PyJWTError as error:
            raise UnauthorizedError(f"the token is not valid: {error}") from error
        scopes = claims.get("scope", claims.get("scp", ""))
        client = claims.get("client_id", claims.get("azp"))
        names = scopes.split() if isinstance(scopes, str) else map(str, scopes)
        return Principal(str(claims["sub"]), frozenset(names), client if isinstance(client, str) else None)

    async def close(self) -> None:
        """Close the connection to the issuer."""
        await self._http.aclose()

    async def _key(self, key_id: str) -> jwt.PyJWK:
        now = time.monotonic()
        if key_id not in self._keys or now - self._fetched_at > KEYS_LIFETIME_S:
            async with self._turn:
                is_stale = key_id not in self._keys or time.monotonic() - self._fetched_at > KEYS_LIFETIME_S
                if is_stale and time.monotonic() - self._tried_at > MIN_REFRESH_S:
                    await self._fetch()
        if not self._keys:
            raise IssuerUnavailableError
        if key_id not in self._keys:
            raise UnauthorizedError("the token is signed with an unknown key")
        return self._keys[key_id]

    async def _fetch(self) -> None:
        self._tried_at = time.monotonic()
        try:
            response = await self._http.get(self._settings.auth_jwks_url or "")
            response.raise_for_status()
            keys = jwt.PyJWKSet.from_dict(response.json()).keys
        except (httpx2.HTTPError, jwt.PyJWTError, ValueError) as error:
            log.warning("auth.keys_unavailable", error=repr(error))  # old keys stay in use
            return
        self._keys = {str(key.key_id): key for key in keys}
        self._fetched_at = time.monotonic()


async def authenticate(
    request: Request, needed: SecurityScopes, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
) -> Principal:
    """The caller, who must hold every scope that the operation needs.

    Raises:
        UnauthorizedError: no token, or a bad one.
        ForbiddenError: a scope is missing.
    """
    verifier: TokenVerifier | None = request.app.state.verifier
    if verifier is None:
        _note(request, Actor(ANONYMOUS.subject))
        return ANONYMOUS
    _note(request, Actor())
    if credentials is None:
        raise UnauthorizedError("send a bearer token in the Authorization header")
    principal = await verifier.verify(credentials.credentials)
    _note(request, Actor(principal.subject, principal.client))
    missing = sorted(set(needed.scopes) - principal.scopes)
    if missing:
        raise ForbiddenError(missing)
    request.state.principal = principal.subject
    return principal


def _note(request: Request, actor: Actor) -> None:
    """Let the audit log know."""
    setattr(request.state, AUDITED, actor)


def principal_of(request: Request) -> str:
    """The subject of the caller, once authenticated."""
    return str(getattr(request.state, "principal", ANONYMOUS.subject))
