"""Tokens of a test key, an application in this process, and plain JSON-RPC over it."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from jwt.algorithms import ECAlgorithm

from microservices_skill.http_server.application import application
from microservices_skill.http_server.settings import read_settings

ISSUER = "https://issuer.example"
RESOURCE = "http://127.0.0.1:8080/mcp"
BOTH = "microservices:read microservices:write"
HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}


class Signer:
    """Issues what a test wants, good or bad."""

    def __init__(self) -> None:
        self.key = generate_private_key(SECP256R1())

    def jwks(self) -> str:
        public = ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return json.dumps({"keys": [{**public, "kid": "one", "alg": "ES256", "use": "sig"}]})

    def claims(self, **changes: object) -> dict[str, Any]:
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": RESOURCE, "sub": "ann", "client_id": "editor", "scope": BOTH, "iat": now, "exp": now + 300}
        return {key: value for key, value in (claims | changes).items() if value is not None}

    def token(self, **changes: object) -> str:
        return jwt.encode(self.claims(**changes), self.key, "ES256", headers={"kid": "one", "typ": "at+jwt"})


class Team:
    """A server and its callers."""

    def __init__(self, folder: Path, client: httpx2.AsyncClient, signer: Signer) -> None:
        self.folder = folder
        self.client = client
        self.signer = signer

    async def post(self, body: object, token: str | None = "", **headers: str) -> httpx2.Response:
        sent = HEADERS | ({} if token is None else {"Authorization": f"Bearer {token or self.signer.token()}"})
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.client.post("/mcp", content=content, headers={"Content-Type": "application/json"} | sent)

    async def rpc(self, method: str, params: dict[str, Any] | None = None, token: str | None = "", **headers: str) -> httpx2.Response:
        return await self.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}, token, **headers)

    async def tool(self, name: str, arguments: dict[str, Any] | None = None, token: str | None = "") -> httpx2.Response:
        return await self.rpc("tools/call", {"name": name, "arguments": arguments or {}}, token)

    def audit(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "audit.log").read_text(encoding="utf-8").splitlines()]

    def workspaces(self) -> list[Path]:
        return sorted(each for each in (self.folder / "base").iterdir() if not each.name.startswith("."))


@asynccontextmanager
async def team(folder: Path, **options: object) -> AsyncIterator[Team]:
    """A server in this process; options are settings."""
    signer = Signer()
    (folder / "jwks.json").write_text(signer.jwks(), encoding="utf-8")
    defaults = {"root": folder / "base", "issuer": ISSUER, "jwks": str(folder / "jwks.json"), "audit_log": str(folder / "audit.log")}
    app = application(read_settings(defaults | options))
    transport = httpx2.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        yield Team(folder, client, signer)


def structured(response: httpx2.Response) -> dict[str, Any]:
    result = response.json()["result"]
    assert not result.get("isError"), result
    return dict(result["structuredContent"])
