"""What an operator decides: read from the environment and from the options of the command, checked before anything listens."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import limits
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from microservices_skill.http_server.errors import PREFIX, SettingError, UnreadableSettingsError, variable

PATH = "/mcp"
ASYMMETRIC = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
_LEAST_KEY = 32
_MAKE_KEY = "python -c 'import secrets; print(secrets.token_urlsafe(32))'"

Words = Annotated[tuple[str, ...], NoDecode]
"""Several words, in the environment with commas between."""


class Settings(BaseSettings):
    """Where to listen, whom to believe, what a caller may use up."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    root: Path
    """The folder that holds the workspaces of all callers."""
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    workers: int = Field(default=1, ge=1, le=64)
    public_url: str = ""
    """The server as clients name it, such as https://mcp.example.com/mcp: the resource that tokens are for."""

    issuer: str = ""
    jwks: str = ""
    """The keys of the issuer: an https URL or a file."""
    audience: str = ""
    """Who tokens must be for; else the public URL."""
    algorithms: Words = ("ES256", "RS256", "PS256", "EdDSA")
    leeway_s: int = Field(default=10, ge=0, le=120)
    caller_claim: str = "sub"
    """The claim that tells callers apart."""
    workspaces: Path | None = None
    """A YAML file of callers with the folders that they work in; several may share one. Callers that it lacks are refused."""
    insecure_no_auth: bool = False

    allowed_hosts: Words = ()
    allowed_origins: Words = ()
    max_body_bytes: int = Field(default=1024 * 1024, ge=1024, le=64 * 1024 * 1024)
    body_timeout_s: float = Field(default=20, gt=0)
    max_connections: int = Field(default=1000, ge=1)
    rate_limit: str = "120/minute"
    rate_limit_storage: str = "async+memory://"
    """Where requests are counted: in each worker, or for all in one place (async+redis://host)."""
    lock_timeout_s: float = Field(default=30, ge=0)
    """How long a writing call waits for another one in the same workspace."""

    audit_log: str = "stderr"
    state_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """What the state of a call that asks back is sealed with: the first seals, all open. One for all workers and instances."""
    timeout_graceful_shutdown: int = Field(default=20, ge=1)

    @field_validator("algorithms", "allowed_hosts", "allowed_origins", "state_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @property
    def resource(self) -> str:
        """The URL that names this server, also in its metadata."""
        return self.public_url or f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}{PATH}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches the server."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def hosts(self) -> list[str]:
        """The Host headers that are answered."""
        return list(self.allowed_hosts) or ["127.0.0.1:*", "localhost:*", "[::1]:*"]

    @property
    def origins(self) -> list[str]:
        """The Origin headers that are answered; a request without one comes from no browser."""
        if self.allowed_origins or not self.is_loopback:
            return list(self.allowed_origins)
        return ["http://127.0.0.1:*", "http://localhost:*", "http://[::1]:*"]


def read_settings(options: Mapping[str, Any] | None = None) -> Settings:
    """The settings of the environment, and over them the options that were given.

    Raises:
        SkillError: one is missing, wrong, or not safe with the others.

    """
    try:
        settings = Settings(**(options or {}))
    except ValidationError as error:
        raise UnreadableSettingsError([(str(each["loc"][0]), _told(each["msg"], each["type"])) for each in error.errors()]) from error
    _check_reach(settings)
    _check_tokens(settings)
    _check_keys(settings)
    _check_limits(settings)
    return settings


def export(options: Mapping[str, object]) -> None:
    """Hand options on to the workers, which read the environment."""
    os.environ.update({variable(name): str(value) for name, value in options.items()})


def _told(message: str, kind: str) -> str:
    return "is missing; give it here or as an option, see serve --help" if kind == "missing" else message


def _check_reach(settings: Settings) -> None:
    if settings.is_loopback:
        return
    if settings.insecure_no_auth:
        raise SettingError(
            "insecure_no_auth", f"host {settings.host} is reached from other machines", "listen on 127.0.0.1 or check tokens"
        )
    if not settings.allowed_hosts:
        fix = "name the Host headers that clients send, with commas between: mcp.example.com"
        raise SettingError("allowed_hosts", f"is empty, and host {settings.host} is reached from other machines", fix)
    if not settings.public_url:
        raise SettingError("public_url", "is empty", "name the server as clients do: https://mcp.example.com/mcp")


def _check_tokens(settings: Settings) -> None:
    if settings.insecure_no_auth:
        return
    local = "or --insecure-no-auth on a machine of your own"
    for name in ("issuer", "jwks"):
        if not getattr(settings, name):
            raise SettingError(name, "is empty, so no token can be checked", f"name the issuer of your tokens and its keys, {local}")
    if not settings.algorithms or not set(settings.algorithms) <= ASYMMETRIC:
        raise SettingError("algorithms", "has one that is not asymmetric", f"choose of {', '.join(sorted(ASYMMETRIC))}")
    keys = urlsplit(settings.jwks)
    if keys.scheme == "http" and keys.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise SettingError("jwks", "keys over plain http can be exchanged on the way", "give an https URL or a file")
    if keys.scheme not in ("http", "https") and not Path(settings.jwks).is_file():
        raise SettingError("jwks", "is neither a URL nor a file", "give an https URL or the path of a JSON Web Key Set")


def _check_keys(settings: Settings) -> None:
    if settings.workers > 1 and not settings.state_keys:
        what = f"is empty, and {settings.workers} workers must open what each of them sealed"
        raise SettingError("state_keys", what, f"set it in the environment, never as an option; {_MAKE_KEY} makes one")
    if any(len(each.get_secret_value().encode()) < _LEAST_KEY for each in settings.state_keys):
        raise SettingError("state_keys", f"one has fewer than {_LEAST_KEY} bytes", f"{_MAKE_KEY} makes one")


def _check_limits(settings: Settings) -> None:
    try:
        limits.parse(settings.rate_limit)
    except ValueError as error:
        raise SettingError("rate_limit", f"{settings.rate_limit!r} is no rate", "write it as 120/minute") from error
    try:
        limits.storage.storage_from_string(settings.rate_limit_storage)
    except (limits.errors.ConfigurationError, ImportError) as error:
        fix = "async+memory:// counts in each worker, async+redis://host:6379 for all (pip install 'limits[async-redis]')"
        raise SettingError("rate_limit_storage", "cannot be used", fix) from error
    if not settings.rate_limit_storage.startswith("async+"):
        raise SettingError("rate_limit_storage", "would block the server", "put async+ before it: async+redis://host:6379")
