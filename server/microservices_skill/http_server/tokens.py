"""Checks bearer tokens: JWT of one issuer, for this server, signed with a key that the issuer shows (RFC 9068, RFC 8725)."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
import jwt
from jwt import PyJWK, PyJWKClient, PyJWKClientConnectionError, PyJWKClientError, PyJWKSet, PyJWKSetError
from mcp.server.auth.provider import AccessToken

from microservices_skill.http_server.settings import Settings

FETCH_LIMIT_S = 5.0
KEPT_S = 300.0
PAUSE_S = 5.0
"""After keys could not be fetched, nobody waits for them again so long."""
_LARGEST = 8192
_TYPES = frozenset({"", "jwt", "at+jwt", "application/at+jwt"})


class InvalidTokenError(Exception):
    """A token that is not believed, with a reason that may be told."""


class KeysUnavailableError(Exception):
    """The issuer's keys cannot be had just now."""


class Keys(Protocol):
    """Where the issuer's keys are."""

    async def find(self, kid: str) -> PyJWK | None:
        """The key of that id; None where there is none."""

    async def load(self) -> None:
        """Have keys at hand."""


class Verifier:
    """Believes tokens or not."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._audience = settings.audience or settings.resource
        is_url = urlsplit(settings.jwks).scheme in ("http", "https")
        self._had_keys = False
        self.keys: Keys = FetchedKeys(settings.jwks) if is_url else FileKeys(Path(settings.jwks))

    async def verify(self, token: str) -> AccessToken:
        """What a token says.

        Raises:
            InvalidTokenError: it is not believed.
            KeysUnavailableError: it cannot be checked.

        """
        if len(token) > _LARGEST:
            raise InvalidTokenError("the token is too long")
        claims = await self._claims(token)
        name = claims.get(self._settings.caller_claim)
        if not isinstance(name, str) or not name:
            raise InvalidTokenError(f"the token has no claim {self._settings.caller_claim}")
        client = claims.get("client_id") or claims.get("azp")
        return AccessToken(
            token="",  # nothing behind the gate needs it
            client_id=client if isinstance(client, str) else name,
            scopes=_scopes(claims),
            expires_at=int(claims["exp"]),
            resource=self._settings.resource,
            subject=name,
            claims={"iss": claims["iss"]},
        )

    async def has_keys(self) -> bool:
        """Whether keys were had once; an issuer that is away for a while is no reason to send nobody here."""
        if not self._had_keys:
            try:
                await self.keys.load()
            except KeysUnavailableError:
                return False
            self._had_keys = True
        return True

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            kid, kind = header.get("kid"), str(header.get("typ", "")).lower()
            if header.get("alg") not in self._settings.algorithms or kind not in _TYPES or not isinstance(kid, str):
                raise InvalidTokenError("the token's header is not one of an access token of the issuer")
            key = await self.keys.find(kid)
            if key is None:
                raise InvalidTokenError("the token's key is unknown")
            return jwt.decode(
                token,
                key,
                algorithms=list(self._settings.algorithms),
                audience=self._audience,
                issuer=self._settings.issuer,
                leeway=self._settings.leeway_s,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise InvalidTokenError("the token has expired") from error
        except jwt.InvalidAudienceError as error:
            raise InvalidTokenError("the token is for another audience") from error
        except jwt.PyJWTError as error:
            raise InvalidTokenError("the token is not valid") from error


class FetchedKeys:
    """Keys behind a URL, fetched again after some minutes and where a new id is met."""

    def __init__(self, url: str) -> None:
        self._client = PyJWKClient(url, lifespan=KEPT_S, timeout=FETCH_LIMIT_S)
        self._fetching = anyio.CapacityLimiter(1)  # a slow issuer must not take the threads that tools run in
        self._failed_at = float("-inf")

    async def find(self, kid: str) -> PyJWK | None:
        """The key of that id; None where there is none.

        Raises:
            KeysUnavailableError: the issuer does not answer.

        """
        known = self._client.jwk_set_cache.get() if self._client.jwk_set_cache is not None else None
        if isinstance(known, PyJWKSet) and (found := PyJWKClient.match_kid(known.keys, kid)) is not None:
            return found
        if time.monotonic() - self._failed_at < PAUSE_S:
            raise KeysUnavailableError
        try:
            return await anyio.to_thread.run_sync(self._client.get_signing_key, kid, limiter=self._fetching)
        except (PyJWKClientConnectionError, PyJWKSetError, json.JSONDecodeError, UnicodeDecodeError) as error:
            self._failed_at = time.monotonic()
            raise KeysUnavailableError from error
        except PyJWKClientError:
            return None

    async def load(self) -> None:
        """Fetch the keys, if none are at hand.

        Raises:
            KeysUnavailableError: the issuer does not answer.

        """
        await self.find("")


class FileKeys:
    """Keys in a file, read again when it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[int, PyJWKSet] | None = None

    async def find(self, kid: str) -> PyJWK | None:
        """The key of that id; None where there is none.

        Raises:
            KeysUnavailableError: the file holds no keys.

        """
        try:
            changed = self._path.stat().st_mtime_ns
            if self._read is None or self._read[0] != changed:
                self._read = changed, PyJWKSet.from_json(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, jwt.PyJWTError) as error:
            raise KeysUnavailableError from error
        return PyJWKClient.match_kid(self._read[1].keys, kid)

    async def load(self) -> None:
        """Read the file.

        Raises:
            KeysUnavailableError: it holds no keys.

        """
        await self.find("")


def _scopes(claims: dict[str, Any]) -> list[str]:
    """Scopes as RFC 9068 writes them, or as a list under the name that some issuers give it."""
    found = claims.get("scope", claims.get("scp", ""))
    if isinstance(found, str):
        return found.split()
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
