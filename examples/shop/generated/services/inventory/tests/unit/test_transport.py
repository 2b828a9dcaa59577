"""What is reached in the clear, and what a URL says of certificates."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from inventory.config import Settings
from inventory.transport import broker_tls, database_tls

DATABASE = "postgresql://ada:{}@database.example/ada"
BROKER = "amqp://ada:{}@broker.example/"
UNSEEN = "between-us"
GUARDED = {
    "environment": "production",
    "auth_jwks_url": "https://issuer.example/keys",
    "auth_issuer": "https://issuer.example/",
    "auth_token_url": "https://issuer.example/token",
    "auth_client_id": "ada",
    "auth_client_secret": UNSEEN,
    "database_url": f"{DATABASE.format(UNSEEN)}?sslmode=verify-full",
    "broker_url": f"amqps://ada:{UNSEEN}@broker.example/",
}
IN_THE_CLEAR = [
    ("DATABASE_URL", DATABASE.format(UNSEEN)),
    ("DATABASE_URL", f"{DATABASE.format(UNSEEN)}?sslmode=disable"),
    ("DATABASE_URL", f"{DATABASE.format(UNSEEN)}?sslmode=require&sslmode=disable"),
    ("BROKER_URL", BROKER.format(UNSEEN)),
]


def test_production_starts_where_everything_encrypts() -> None:
    assert not Settings.model_validate(GUARDED).may_be_plain


@pytest.mark.parametrize(("name", "url"), IN_THE_CLEAR)
def test_production_refuses_what_does_not_encrypt_and_keeps_the_password_to_itself(name: str, url: str) -> None:
    with pytest.raises(ValueError, match=f"{name} does not encrypt: .*ALLOW_PLAINTEXT=true") as refused:
        Settings.model_validate({**GUARDED, name.lower(): url})
    assert UNSEEN not in str(refused.value)


def test_a_refusal_shows_nothing_of_what_was_given() -> None:
    with pytest.raises(ValueError, match="DATABASE_URL") as refused:
        Settings.model_validate({"allow_plaintext": "false", "database_url": f"postgresql://a:{UNSEEN}@b"})
    assert UNSEEN not in str(refused.value)


@pytest.mark.parametrize(("name", "url"), IN_THE_CLEAR)
def test_a_setting_allows_it_or_refuses_it_everywhere(name: str, url: str) -> None:
    given = {**GUARDED, name.lower(): url}
    assert Settings.model_validate({**given, "allow_plaintext": "true"}).may_be_plain
    assert Settings.model_validate({**given, "environment": "test"}).may_be_plain
    with pytest.raises(ValueError, match=f"{name} does not encrypt"):
        Settings.model_validate({**given, "environment": "test", "allow_plaintext": "false"})


def test_what_stays_in_the_process_needs_no_encryption() -> None:
    settings = Settings.model_validate({"database_url": "sqlite:///x.db", "broker_url": "memory://", "allow_plaintext": "false"})
    assert not settings.may_be_plain


@pytest.mark.parametrize(("query", "fault"), [("sslmode=prefer", "must be one of"), ("sslmode=verify-ca", "needs sslrootcert")])
def test_a_mode_that_proves_nothing_is_refused(query: str, fault: str) -> None:
    with pytest.raises(ValueError, match=f"DATABASE_URL: sslmode.*{fault}"):
        Settings.model_validate({"database_url": f"postgresql://database.example/ada?{query}"})


def test_a_mode_says_whether_the_certificate_and_the_name_are_checked() -> None:
    found = {mode: database_tls(f"postgresql://database.example/ada?sslmode={mode}") for mode in ("require", "verify-full")}
    seen = {mode: (each.verify_mode, each.check_hostname) for mode, each in found.items() if isinstance(each, ssl.SSLContext)}
    assert seen == {"require": (ssl.CERT_NONE, False), "verify-full": (ssl.CERT_REQUIRED, True)}
    assert database_tls("postgresql://database.example/ada?sslmode=disable") is False
    assert database_tls("postgresql://database.example/ada") is None


def test_the_driver_is_not_told_what_it_would_not_understand() -> None:
    asked = "sslmode=verify-full&application_name=ada&sslrootcert=/run/tls/ca.crt&sslcert=a&sslkey=b"
    settings = Settings.model_validate({"database_url": f"postgresql://database.example/ada?{asked}"})
    assert settings.async_database_url == "postgresql+asyncpg://database.example/ada?application_name=ada"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        database_tls(f"postgresql://database.example/ada?sslmode=verify-full&sslrootcert={tmp_path}/none.crt")
    with pytest.raises(FileNotFoundError):
        broker_tls(f"amqps://broker.example/?cafile={tmp_path}/none.crt")
