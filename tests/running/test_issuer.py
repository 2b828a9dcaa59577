"""An issuer for development that refuses what an issuer of production would refuse."""

from __future__ import annotations

import http.client
import json
import stat
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
import pytest
from click.testing import CliRunner
from tests.generated.architectures import read_example, write_tree

from microservices_skill.app import access
from microservices_skill.cli import main
from microservices_skill.deployment.render import render
from microservices_skill.errors import SkillError
from microservices_skill.running.identity import PERSON, Identity


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """The files of a system in which trips ask for vehicles."""
    return write_tree(render(read_example("fleet")), tmp_path)


@pytest.fixture
def issuer(fleet: Path) -> Iterator[Identity]:
    with access.issuer(fleet) as found:
        yield found


def ask(issuer: Identity, path: str = "", form: dict[str, str] | None = None, **headers: str) -> tuple[int, dict[str, Any]]:
    parts = urlsplit(issuer.token_url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=5)
    try:
        if form is None:
            connection.request("GET", path, headers=headers)
        else:
            connection.request("POST", path or parts.path, urlencode(form), headers)
        answer = connection.getresponse()
        return answer.status, json.load(answer)
    finally:
        connection.close()


def credentials(issuer: Identity, service: str = "trip") -> dict[str, str]:
    own = issuer.services[service]
    return {"client_id": own["AUTH_CLIENT_ID"], "client_secret": own["AUTH_CLIENT_SECRET"], "grant_type": "client_credentials"}


def claims(issuer: Identity, token: str, audience: str) -> dict[str, Any]:
    """What a token says, checked with the keys that the issuer shows."""
    keys = jwt.PyJWKSet.from_dict(ask(issuer, urlsplit(issuer.jwks_url).path)[1])
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return dict(jwt.decode(token, key, ["ES256"], audience=audience, issuer=issuer.issuer))


def test_a_service_gets_a_token_for_those_that_it_calls_with_the_scopes_that_it_needs(issuer: Identity):
    status, said = ask(issuer, form=credentials(issuer) | {"audience": "vehicle"})
    assert (status, said["token_type"], said["scope"]) == (200, "Bearer", "vehicles:read")
    found = claims(issuer, said["access_token"], "vehicle")
    assert (found["sub"], found["client_id"], found["scope"]) == ("trip", "trip", "vehicles:read")
    assert found["exp"] - found["iat"] == said["expires_in"]
    assert jwt.get_unverified_header(said["access_token"])["typ"] == "at+jwt"


def test_credentials_may_come_in_the_header(issuer: Identity):
    own = credentials(issuer)
    basic = b64encode(f"{own['client_id']}:{own['client_secret']}".encode()).decode()
    form = {"grant_type": "client_credentials", "audience": "vehicle"}
    assert ask(issuer, form=form, Authorization=f"Basic {basic}")[0] == 200
    for bad in ("Basic !", f"Bearer {basic}", "Basic", "Basic /w=="):
        assert ask(issuer, form=form, Authorization=bad)[0] == 401


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"scope": "vehicles:write"}, 400, "invalid_scope"),
        ({"scope": "vehicles:read vehicles:write"}, 400, "invalid_scope"),
        ({"audience": "dispatch"}, 400, "invalid_target"),
        ({"audience": ""}, 400, "invalid_target"),
        ({"client_secret": "guess"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": "vehicle"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_whoever_asks_for_more_is_refused(issuer: Identity, change: dict[str, str], status: int, error: str):
    found = ask(issuer, form=credentials(issuer) | {"audience": "vehicle"} | change)
    assert (found[0], found[1]["error"]) == (status, error)


def test_a_service_cannot_speak_in_the_name_of_another(issuer: Identity):
    _, said = ask(issuer, form=credentials(issuer) | {"audience": "vehicle", "subject": "dispatch"})
    assert claims(issuer, said["access_token"], "vehicle")["sub"] == "trip"


def test_discovery_says_where_everything_is(issuer: Identity):
    for path in ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"):
        status, said = ask(issuer, path)
        assert status == 200
        assert (said["issuer"], said["token_endpoint"], said["jwks_uri"]) == (issuer.issuer, issuer.token_url, issuer.jwks_url)
    assert ask(issuer, "/nothing")[0] == 404
    assert ask(issuer, "/elsewhere", form={})[0] == 400


def test_no_private_key_is_shown(issuer: Identity):
    _, said = ask(issuer, urlsplit(issuer.jwks_url).path)
    assert all(set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"} for key in said["keys"])


def test_secrets_are_new_in_each_run_and_for_this_user_alone(fleet: Path):
    found = []
    for _ in range(2):
        with access.issuer(fleet) as told:
            found.append(told.services["trip"]["AUTH_CLIENT_SECRET"])
            assert stat.S_IMODE((fleet / ".run" / "issuer.json").stat().st_mode) == 0o600
    assert found[0] != found[1]
    assert all(len(each) >= 43 for each in found)
    assert ".run/" in (fleet / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_who_calls_nobody_gets_no_credentials(issuer: Identity):
    assert set(issuer.services["vehicle"]) == {"AUTH_JWKS_URL", "AUTH_ISSUER"}


def test_a_person_gets_a_token_with_the_scopes_asked_for(fleet: Path, issuer: Identity):
    done = CliRunner().invoke(main, ["token", str(fleet), "--scope", "vehicles:read", "--subject", "ada"])
    assert done.exit_code == 0, done.output
    found = claims(issuer, done.output.strip(), "vehicle")
    assert (found["sub"], found["scope"], found["client_id"]) == ("ada", "vehicles:read", PERSON)


def test_without_a_scope_a_person_gets_them_all_for_all(fleet: Path, issuer: Identity):
    found = claims(issuer, access.token(fleet), "trip")
    assert set(found["aud"]) == set(issuer.services)
    assert {"vehicles:read", "vehicles:write"} < set(found["scope"].split())


@pytest.mark.parametrize(
    "arguments", [["--scope", "vehicles:fly"], ["--audience", "submarine"], ["--audience", "trip", "--scope", "vehicles:read"]]
)
def test_an_unknown_scope_is_named_with_those_that_are_known(fleet: Path, issuer: Identity, arguments: list[str]):
    done = CliRunner().invoke(main, ["token", str(fleet), *arguments])
    assert done.exit_code == 1
    assert "known:" in done.output
    assert issuer.client_secret not in done.output


def test_without_an_issuer_it_is_said_how_to_start_one(fleet: Path):
    with pytest.raises(SkillError, match="up --auth"):
        access.token(fleet)
    with access.issuer(fleet):
        pass
    with pytest.raises(SkillError, match="start it again"):
        access.token(fleet)


def test_a_taken_port_and_a_folder_without_clients_are_clear_errors(
    fleet: Path, issuer: Identity, tmp_path_factory: pytest.TempPathFactory
):
    with pytest.raises(SkillError, match="--port"), access.issuer(fleet, port=int(issuer.issuer.rpartition(":")[2])):
        pass
    empty = tmp_path_factory.mktemp("empty")
    with pytest.raises(SkillError, match="generate"), access.issuer(empty):
        pass
    (empty / "security").mkdir()
    for text in ("audiences: 3", "[", ""):
        (empty / "security" / "clients.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(SkillError, match=r"clients\.yaml"), access.issuer(empty):
            pass
