"""A token issuer for a developer's machine: real keys, real checks, nothing kept beyond the run.

It speaks what an issuer of an environment speaks: discovery (OpenID Connect Discovery 1.0, RFC 8414), keys (RFC 7517) and
client credentials (RFC 6749, section 4.4) with access tokens as JWT (RFC 9068). It listens on this machine alone.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from jwt.algorithms import ECAlgorithm

from microservices_skill.running.errors import IssuerPortError
from microservices_skill.running.identity import PERSON, Credential

LIFETIME_S = 300
KEY_ID = "one"
BODY_LIMIT = 65_536

TOKEN_PATH = "/oauth2/token"  # noqa: S105 - a path
KEYS_PATH = "/.well-known/jwks.json"
DISCOVERY_PATHS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")


class RefusedError(Exception):
    """A token request that is refused, as RFC 6749, section 5.2 says it."""

    def __init__(self, error: str, description: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        self.body = {"error": error, "error_description": description}
        self.status = status
        super().__init__(description)


class Issuer:
    """Signs tokens for the clients that it knows; its key is new in each run."""

    def __init__(self, clients: Mapping[str, Credential], *, lifetime_s: int = LIFETIME_S) -> None:
        self._clients = clients
        self._lifetime_s = lifetime_s
        self._key = generate_private_key(SECP256R1())
        self.url = ""

    @property
    def keys(self) -> dict[str, Any]:
        """What services check its tokens with."""
        public = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": KEY_ID, "alg": "ES256", "use": "sig"}]}

    @property
    def discovery(self) -> dict[str, Any]:
        """Where everything of it is."""
        return {
            "issuer": self.url,
            "token_endpoint": self.url + TOKEN_PATH,
            "jwks_uri": self.url + KEYS_PATH,
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": ["none"],
            "subject_types_supported": ["public"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "id_token_signing_alg_values_supported": ["ES256"],
        }

    def grant(self, form: Sequence[tuple[str, str]], authorization: str) -> dict[str, Any]:
        """The answer to a token request.

        Raises:
            RefusedError: the client is unknown, or asks for more than it may have.

        """
        said = dict(form)
        client_id, client = self._client(said, authorization)
        if said.get("grant_type") != "client_credentials":
            raise RefusedError("unsupported_grant_type", "grant_type must be client_credentials")
        audiences = [value for name, value in form if name in ("audience", "resource")]
        unknown = sorted(set(audiences) - client.grants.keys())
        if unknown or not audiences:
            known = ", ".join(client.grants) or "none"
            raise RefusedError(
                "invalid_target", f"{client_id} may name these audiences: {known}; not {', '.join(unknown) or 'none at all'}"
            )
        allowed = frozenset[str]().union(*(client.grants[each] for each in audiences))
        scopes = set(said["scope"].split()) if "scope" in said else set(allowed)
        if scopes - allowed:
            excess = " ".join(sorted(scopes - allowed))
            raise RefusedError("invalid_scope", f"{client_id} may not have {excess} for {', '.join(audiences)}")
        subject = said.get("subject", client_id) if client_id == PERSON else client_id
        scope = " ".join(sorted(scopes))
        return {
            "access_token": self._sign(subject, client_id, audiences, scope),
            "token_type": "Bearer",
            "expires_in": self._lifetime_s,
            "scope": scope,
        }

    def _sign(self, subject: str, client_id: str, audiences: Sequence[str], scope: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": subject,
            "aud": audiences[0] if len(audiences) == 1 else list(audiences),
            "client_id": client_id,
            "scope": scope,
            "iat": now,
            "exp": now + self._lifetime_s,
            "jti": str(uuid4()),
        }
        return jwt.encode(claims, self._key, "ES256", headers={"kid": KEY_ID, "typ": "at+jwt"})

    def _client(self, said: Mapping[str, str], authorization: str) -> tuple[str, Credential]:
        name, secret = _basic(authorization) if authorization else (said.get("client_id", ""), said.get("client_secret", ""))
        client = self._clients.get(name)
        if client is None or not hmac.compare_digest(client.secret.encode(), secret.encode()):
            raise RefusedError("invalid_client", "the client is unknown or its secret is wrong", HTTPStatus.UNAUTHORIZED)
        return name, client


@contextmanager
def serving(issuer: Issuer, *, port: int = 0) -> Iterator[Issuer]:
    """Answer on a port of this machine, any free one by default.

    Raises:
        SkillError: the port is taken.

    """
    try:
        listening = ThreadingHTTPServer(("127.0.0.1", port), _handler(issuer))
    except OSError as error:
        raise IssuerPortError(port, error.strerror or str(error)) from error
    with listening as server:
        issuer.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()


def _handler(issuer: Issuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            found = {KEYS_PATH: issuer.keys} | dict.fromkeys(DISCOVERY_PATHS, issuer.discovery)
            path = urlsplit(self.path).path
            if path in found:
                self._answer(HTTPStatus.OK, found[path])
            else:
                self._answer(HTTPStatus.NOT_FOUND, {"error": "not_found", "error_description": f"there is only {', '.join(found)}"})

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if urlsplit(self.path).path != TOKEN_PATH or not length.isdigit() or int(length) > BODY_LIMIT:
                self.close_connection = True
                self._answer(HTTPStatus.BAD_REQUEST, {"error": "invalid_request", "error_description": f"post a form to {TOKEN_PATH}"})
                return
            form = parse_qsl(self.rfile.read(int(length)).decode("utf-8", "replace"))
            try:
                self._answer(HTTPStatus.OK, issuer.grant(form, self.headers.get("Authorization", "")))
            except RefusedError as refusal:
                self._answer(refusal.status, refusal.body)

        def _answer(self, status: HTTPStatus, body: Mapping[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Cache-Control", "no-store")
            if status is HTTPStatus.UNAUTHORIZED:
                self.send_header("WWW-Authenticate", 'Basic realm="issuer"')
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing: a log of token requests would hold what is in them."""

    return Handler


def _basic(authorization: str) -> tuple[str, str]:
    """Name and secret of HTTP Basic, each encoded as in a form (RFC 6749, section 2.3.1)."""
    scheme, _, value = authorization.partition(" ")
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (unquote_plus(name), unquote_plus(secret)) if scheme.lower() == "basic" else ("", "")
