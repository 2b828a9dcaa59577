"""Only tokens of our issuer, for us, in time, with the right scopes."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from jwt.algorithms import ECAlgorithm

from inventory.config import SERVICE_NAME, Settings
from inventory.infrastructure.security import TokenVerifier
from inventory.middleware.problems import IssuerUnavailableError, UnauthorizedError

ISSUER = "https://issuer.test/"


class Issuer:
    """Signs tokens and serves its keys."""

    def __init__(self) -> None:
        self.key: EllipticCurvePrivateKey = generate_private_key(SECP256R1())
        self.fetches = 0
        self.is_up = True

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.fetches += 1
        await asyncio.sleep(0.01)
        if not self.is_up:
            return httpx2.Response(503)
        key = ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return httpx2.Response(200, json={"keys": [key | {"kid": "one", "alg": "ES256", "use": "sig"}]})

    def token(self, *, kid: str = "one", **claims: Any) -> str:
        body = {"iss": ISSUER, "aud": SERVICE_NAME, "sub": "someone", "exp": time.time() + 60, "scope": "a b"} | claims
        return jwt.encode({name: value for name, value in body.items() if value is not None}, self.key, "ES256", headers={"kid": kid})

    def verifier(self) -> TokenVerifier:
        settings = Settings(auth_jwks_url="https://issuer.test/keys", auth_issuer=ISSUER)
        return TokenVerifier(settings, transport=httpx2.MockTransport(self))


async def test_a_good_token_names_its_caller_and_scopes() -> None:
    issuer = Issuer()
    principal = await issuer.verifier().verify(issuer.token())
    assert (principal.subject, principal.scopes) == ("someone", frozenset({"a", "b"}))


@pytest.mark.parametrize(
    "claims",
    [{"exp": 1}, {"aud": "another"}, {"iss": "https://evil.test/"}, {"sub": None}, {"exp": None}, {"kid": "unknown"}],
    ids=["expired", "audience", "issuer", "no subject", "no expiry", "unknown key"],
)
async def test_a_bad_token_is_refused(claims: dict[str, Any]) -> None:
    issuer = Issuer()
    with pytest.raises(UnauthorizedError):
        await issuer.verifier().verify(issuer.token(**claims))


async def test_an_unsigned_token_and_garbage_are_refused() -> None:
    issuer = Issuer()
    unsigned = jwt.encode({"sub": "someone", "aud": SERVICE_NAME, "exp": time.time() + 60}, "", "none", headers={"kid": "one"})
    for token in (unsigned, "garbage", "", "a.b.c", issuer.token() + "x"):
        with pytest.raises(UnauthorizedError):
            await issuer.verifier().verify(token)


async def test_the_keys_are_fetched_once_for_many_and_not_again_for_unknown_ones() -> None:
    issuer = Issuer()
    verifier = issuer.verifier()
    await asyncio.gather(*(verifier.verify(issuer.token()) for _ in range(8)))
    for _ in range(5):
        with pytest.raises(UnauthorizedError):
            await verifier.verify(issuer.token(kid="unknown"))
    assert issuer.fetches == 1


async def test_without_the_issuers_keys_the_answer_is_unavailable_not_unauthorized() -> None:
    issuer = Issuer()
    issuer.is_up = False
    with pytest.raises(IssuerUnavailableError):
        await issuer.verifier().verify(issuer.token())
