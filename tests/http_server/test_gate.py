import json
import os
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.http_server.kit import BOTH, Signer, Team, structured, team

pytestmark = pytest.mark.anyio
ASK = {"answers": {"domain": "a shop"}}
READ_ONLY = "microservices:read"


async def test_a_good_token_lets_a_caller_read_and_write(ours: Team):
    answer = await ours.tool("ask_questionnaire", ASK)
    assert structured(answer)["written"] is True
    [workspace] = ours.workspaces()
    assert (workspace / "answers.yaml").is_file()
    assert workspace.stat().st_mode & 0o077 == 0


async def test_without_a_token_a_client_is_told_where_to_get_one(ours: Team):
    answer = await ours.rpc("tools/list", token=None)
    challenge = answer.headers["www-authenticate"]
    assert answer.status_code == 401
    assert "error=" not in challenge, "RFC 6750, section 3.1: no code where nothing was sent"
    assert 'resource_metadata="http://127.0.0.1:8080/.well-known/oauth-protected-resource/mcp"' in challenge
    metadata = (await ours.client.get("/.well-known/oauth-protected-resource/mcp")).json()
    assert metadata["resource"] == "http://127.0.0.1:8080/mcp"
    assert metadata["authorization_servers"] == ["https://issuer.example/"]
    assert metadata["scopes_supported"] == BOTH.split()


def confused(signer: Signer) -> str:
    """Signed by HMAC with the public key, which everybody knows."""
    public = signer.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head, claims = (
        urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in ({"alg": "HS256", "kid": "one", "typ": "at+jwt"}, signer.claims())
    )
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(head + b"." + claims, public)
    return b".".join([head, claims, urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def bad_tokens(signer: Signer) -> dict[str, tuple[str, str]]:
    past = int(time.time()) - 60
    none = jwt.encode(signer.claims(), None, "none", headers={"kid": "one"})
    foreign = Signer().token()
    unknown = jwt.encode(signer.claims(), signer.key, "ES256", headers={"kid": "two"})
    identity = jwt.encode(signer.claims(), signer.key, "ES256", headers={"kid": "one", "typ": "logout+jwt"})
    whole = signer.token()
    return {
        "expired": (signer.token(exp=past), "expired"),
        "without an end": (signer.token(exp=None), "not valid"),
        "not yet": (signer.token(nbf=int(time.time()) + 600), "not valid"),
        "of another issuer": (signer.token(iss="https://evil.example"), "not valid"),
        "for another audience": (signer.token(aud="https://other.example/mcp"), "another audience"),
        "for no audience": (signer.token(aud=None), "not valid"),
        "without a subject": (signer.token(sub=None), "no claim sub"),
        "with a number as subject": (signer.token(sub=7), "not valid"),
        "unsigned": (none, "header"),
        "signed with the public key": (confused(signer), "header"),
        "of another key": (foreign, "not valid"),
        "of an unknown key": (unknown, "key is unknown"),
        "of another kind": (identity, "header"),
        "cut": (whole[:-5], "not valid"),
        "no token": ("x.y.z", "not valid"),
        "too long": (whole + "x" * 9000, "too long"),
    }


async def test_a_token_that_is_not_to_be_believed_is_refused(ours: Team):
    for name, (token, reason) in bad_tokens(ours.signer).items():
        answer = await ours.tool("ask_questionnaire", ASK, token=token)
        assert answer.status_code == 401, name
        assert 'error="invalid_token"' in answer.headers["www-authenticate"], name
        assert reason in answer.json()["error_description"], name
    assert ours.workspaces() == []
    assert {each["outcome"] for each in ours.audit()} == {"invalid_token"}
    assert "eyJ" not in (ours.folder / "audit.log").read_text(encoding="utf-8")


async def test_writing_needs_its_scope_and_a_preview_does_not(ours: Team):
    token = ours.signer.token(scope=READ_ONLY)
    refused = await ours.tool("ask_questionnaire", ASK, token=token)
    assert refused.status_code == 403
    assert 'error="insufficient_scope", scope="microservices:write"' in refused.headers["www-authenticate"]
    seen = await ours.tool("ask_questionnaire", ASK | {"preview": True}, token=token)
    assert structured(seen)["written"] is False
    assert (await ours.rpc("resources/read", {"uri": "microservices://rules"}, token=token)).status_code == 200
    nothing = ours.signer.token(scope="other")
    for method in ("tools/list", "initialize", "resources/list", "ping"):
        assert (await ours.rpc(method, token=nothing)).status_code == 403, method


@pytest.mark.parametrize("preview", ["true", 1, [True], None, False])
async def test_only_a_true_preview_is_one(ours: Team, preview: object):
    answer = await ours.tool("ask_questionnaire", ASK | {"preview": preview}, token=ours.signer.token(scope=READ_ONLY))
    assert answer.status_code == 403


async def test_of_an_unknown_tool_the_worst_is_believed(ours: Team):
    assert (await ours.tool("erase", {"preview": True}, token=ours.signer.token(scope=READ_ONLY))).status_code == 403


async def test_a_message_says_the_same_to_the_gate_and_to_what_stands_behind(ours: Team):
    call = '"params": {"name": "ask_questionnaire", "arguments": {"answers": {"domain": "x"}}}'
    twice = f'{{"jsonrpc": "2.0", "id": 1, "method": "tools/call", {call}, "method": "ping"}}'
    answer = await ours.post(twice.encode(), token=ours.signer.token(scope=READ_ONLY))
    assert answer.json()["result"] == {}
    assert [each["method"] for each in ours.audit()] == ["ping"]


@pytest.mark.parametrize(
    ("claims", "expected"),
    [({"scope": None, "scp": ["microservices:read"]}, 200), ({"scope": None, "scp": "microservices:read"}, 200), ({"scope": None}, 403)],
)
async def test_scopes_are_read_as_issuers_write_them(ours: Team, claims: dict[str, object], expected: int):
    assert (await ours.rpc("ping", token=ours.signer.token(**claims))).status_code == expected


async def test_hosts_and_origins_that_are_not_named_are_refused(ours: Team):
    assert (await ours.rpc("ping", Host="evil.example")).status_code == 421
    assert (await ours.rpc("ping", Origin="https://evil.example")).status_code == 403
    assert (await ours.rpc("ping", Origin="http://localhost:3000")).status_code == 200
    assert [each["outcome"] for each in ours.audit()] == ["bad_host", "bad_origin", "ok"]


async def test_named_hosts_and_origins_are_the_only_ones(tmp_path: Path):
    named = {"host": "0.0.0.0", "public_url": "https://mcp.example.com/mcp", "allowed_hosts": "mcp.example.com", "allowed_origins": ""}
    async with team(tmp_path, **named) as ours:
        token = ours.signer.token(aud="https://mcp.example.com/mcp")
        assert (await ours.rpc("ping", token=token, Host="mcp.example.com")).status_code == 200
        assert (await ours.rpc("ping", token=token, Host="127.0.0.1:8080")).status_code == 421
        assert (await ours.rpc("ping", token=token, Host="mcp.example.com", Origin="https://mcp.example.com")).status_code == 403
        assert (await ours.rpc("ping", Host="mcp.example.com")).status_code == 401, "a token for another resource"


async def test_a_browser_of_an_allowed_origin_may_ask_first(ours: Team):
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    good = await ours.client.options("/mcp", headers=asked | {"Origin": "http://localhost:3000"})
    bad = await ours.client.options("/mcp", headers=asked | {"Origin": "http://localhost.evil.example:3000"})
    assert good.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert "access-control-allow-origin" not in bad.headers


async def test_a_request_that_is_too_large_is_refused_with_and_without_a_length(tmp_path: Path):
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b" " * 1000

    async with team(tmp_path, max_body_bytes=2048) as ours:
        assert (await ours.post(b" " * 3000)).status_code == 413
        headers = {"Authorization": f"Bearer {ours.signer.token()}", "Content-Type": "application/json"}
        assert (await ours.client.post("/mcp", content=pieces(), headers=headers)).status_code == 413
        assert (await ours.rpc("ping")).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 100_000, b'{"a": NaN}', b"\xff", b"7"])
async def test_what_is_no_message_is_refused(ours: Team, body: bytes):
    assert (await ours.post(body)).status_code == 400
    assert ours.audit()[0]["outcome"] == "bad_json"


async def test_only_posts_of_json_are_answered(ours: Team):
    assert (await ours.client.get("/mcp")).status_code == 405
    assert (await ours.client.delete("/mcp")).status_code == 405
    assert (await ours.rpc("ping", Content_Type="text/plain")).status_code == 400


async def test_a_caller_that_is_too_fast_waits_and_others_do_not(tmp_path: Path):
    async with team(tmp_path, rate_limit="3/minute") as ours:
        statuses = [(await ours.rpc("ping")).status_code for _ in range(4)]
        late = await ours.rpc("ping")
        other = await ours.rpc("ping", token=ours.signer.token(sub="bob"))
    assert statuses == [200, 200, 200, 429]
    assert 1 <= int(late.headers["retry-after"]) <= 60
    assert other.status_code == 200


async def test_keys_that_cannot_be_had_are_not_the_callers_fault(tmp_path: Path):
    async with team(tmp_path, jwks="http://127.0.0.1:9/jwks.json") as ours:
        answer = await ours.rpc("ping")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert (await ours.client.get("/health/live")).status_code == 200
        ready = await ours.client.get("/health/ready")
    assert (ready.status_code, ready.json()["missing"]) == (503, ["the issuer's keys were never had"])


async def test_a_new_key_in_the_file_is_believed_and_the_old_one_no_more(ours: Team):
    old, new = ours.signer.token(), Signer()
    assert (await ours.rpc("ping", token=old)).status_code == 200
    (ours.folder / "jwks.json").write_text(new.jwks(), encoding="utf-8")
    os.utime(ours.folder / "jwks.json", ns=(1, 1))
    assert (await ours.rpc("ping", token=new.token())).status_code == 200
    assert (await ours.rpc("ping", token=old)).status_code == 401


async def test_long_lasting_subscriptions_are_not_served(ours: Team):
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
    headers = {"MCP_Protocol_Version": "2026-07-28", "Mcp_Method": "subscriptions/listen"}
    answer = await ours.rpc("subscriptions/listen", {"_meta": meta, "notifications": {}}, **headers)
    assert answer.json()["error"]["code"] == -32601
