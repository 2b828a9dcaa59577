"""An issuer of tokens: keys over HTTP, and tokens signed with them, good and bad."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from jwt.algorithms import ECAlgorithm

NAME = "http://issuer.test/"


class Issuer:
    """Signs with ES256; a service finds the public key at ``url``."""

    def __init__(self, url: str, key: EllipticCurvePrivateKey) -> None:
        self.url = url
        self._key = key

    @property
    def settings(self) -> dict[str, str]:
        """What a service must be told to trust it."""
        return {"AUTH_JWKS_URL": self.url, "AUTH_ISSUER": NAME}

    def token(self, audience: str, scopes: str, **claims: Any) -> str:
        """A token for a subject that nobody else is; ``claims`` change what it says, ``None`` leaves one out."""
        said = {"iss": NAME, "aud": audience, "sub": str(uuid4()), "exp": int(time.time()) + 3600, "scope": scopes, **claims}
        return jwt.encode({name: value for name, value in said.items() if value is not None}, self._key, "ES256", headers={"kid": "one"})

    def forged(self, audience: str, scopes: str) -> str:
        """A token that claims our key and was signed with another."""
        return Issuer(self.url, generate_private_key(SECP256R1())).token(audience, scopes)


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """An issuer whose keys can be fetched."""
    key = generate_private_key(SECP256R1())
    public = {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "one", "alg": "ES256", "use": "sig"}
    body = json.dumps({"keys": [public]}).encode()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Keys) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Issuer(f"http://127.0.0.1:{server.server_port}/", key)
        server.shutdown()
