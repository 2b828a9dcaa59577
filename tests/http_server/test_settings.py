from pathlib import Path

import pytest
from click.testing import CliRunner

from microservices_skill.cli import main
from microservices_skill.errors import SkillError
from microservices_skill.http_server.callers import Workspaces
from microservices_skill.http_server.settings import Settings, read_settings

KEY = "k" * 32


@pytest.fixture
def given(tmp_path: Path) -> dict[str, object]:
    (tmp_path / "jwks.json").write_text('{"keys": []}', encoding="utf-8")
    return {"root": tmp_path / "base", "issuer": "https://issuer.example", "jwks": str(tmp_path / "jwks.json")}


def refused(options: dict[str, object]) -> str:
    with pytest.raises(SkillError) as caught:
        read_settings(options)
    return str(caught.value)


def test_the_environment_is_read_and_options_stand_over_it(given: dict[str, object], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MICROSERVICES_SKILL_HTTP_PORT", "9000")
    monkeypatch.setenv("MICROSERVICES_SKILL_HTTP_WORKERS", "4")
    monkeypatch.setenv("MICROSERVICES_SKILL_HTTP_STATE_KEYS", f"{KEY}, {'o' * 40}")
    monkeypatch.setenv("MICROSERVICES_SKILL_HTTP_ALLOWED_HOSTS", "a.example,b.example")
    found = read_settings(given | {"port": 9001})
    assert (found.port, found.workers, found.hosts) == (9001, 4, ["a.example", "b.example"])
    assert [each.get_secret_value() for each in found.state_keys] == [KEY, "o" * 40]
    assert KEY not in repr(found)


def test_every_fault_names_its_variable_and_no_value(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MICROSERVICES_SKILL_HTTP_STATE_KEYS", KEY)
    said = refused({"port": 0, "workers": "secret"})
    assert [line.partition(":")[0] for line in said.splitlines()] == [
        f"MICROSERVICES_SKILL_HTTP_{name}" for name in ("ROOT", "PORT", "WORKERS")
    ]
    assert "secret" not in said
    assert KEY not in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 2}, "STATE_KEYS: is empty, and 2 workers must open what each of them sealed; set it in the environment, never"),
        ({"workers": 2, "state_keys": "short"}, "STATE_KEYS: one has fewer than 32 bytes"),
        ({"issuer": ""}, "ISSUER: is empty, so no token can be checked"),
        ({"jwks": ""}, "JWKS: is empty"),
        ({"jwks": "http://issuer.example/keys"}, "JWKS: keys over plain http"),
        ({"jwks": "nowhere.json"}, "JWKS: is neither a URL nor a file"),
        ({"algorithms": "ES256,HS256"}, "ALGORITHMS: has one that is not asymmetric"),
        ({"algorithms": "none"}, "ALGORITHMS: has one that is not asymmetric"),
        ({"algorithms": ""}, "ALGORITHMS"),
        ({"host": "0.0.0.0", "insecure_no_auth": True}, "INSECURE_NO_AUTH: host 0.0.0.0 is reached from other machines"),
        ({"host": "::", "insecure_no_auth": True}, "INSECURE_NO_AUTH"),
        ({"host": "mcp.example", "insecure_no_auth": True}, "INSECURE_NO_AUTH"),
        ({"host": "0.0.0.0", "public_url": "https://mcp.example.com/mcp"}, "ALLOWED_HOSTS: is empty"),
        ({"host": "0.0.0.0", "allowed_hosts": "mcp.example.com"}, "PUBLIC_URL: is empty"),
        ({"rate_limit": "often"}, "RATE_LIMIT: 'often' is no rate"),
        ({"rate_limit_storage": "paper://"}, "RATE_LIMIT_STORAGE: cannot be used"),
        ({"rate_limit_storage": "memory://"}, "RATE_LIMIT_STORAGE: would block"),
    ],
)
def test_what_is_not_safe_is_refused_with_what_to_do(given: dict[str, object], options: dict[str, object], message: str):
    assert message in refused(given | options)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_without_tokens_only_this_machine_is_served(tmp_path: Path, host: str):
    assert read_settings({"root": tmp_path, "host": host, "insecure_no_auth": True}).is_loopback


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ann: ../bob", "no plain name"),
        ("ann: .locks", "no plain name"),
        ("ann: a/b", "no plain name"),
        ("ann: /etc", "no plain name"),
        ("- ann", "is no mapping"),
        ("ann: [", "is no mapping"),
        ("ann: 7", "is no mapping"),
    ],
)
def test_a_file_of_workspaces_names_plain_folders(tmp_path: Path, text: str, message: str):
    (tmp_path / "workspaces.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SkillError, match="WORKSPACES") as caught:
        Workspaces(Settings(root=tmp_path / "base", workspaces=tmp_path / "workspaces.yaml"))
    assert message in str(caught.value)


def test_the_command_refuses_before_it_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["serve", "--http", "--root", str(tmp_path)])
    assert done.exit_code == 1
    assert "MICROSERVICES_SKILL_HTTP_ISSUER: is empty" in done.output
    stdio = CliRunner().invoke(main, ["serve", "--port", "9000"])
    assert (stdio.exit_code, "--port needs --http" in stdio.output) == (2, True)


def test_no_option_takes_a_secret():
    said = CliRunner().invoke(main, ["serve", "--help"]).output
    assert "state-key" not in said
    assert "--token" not in said
