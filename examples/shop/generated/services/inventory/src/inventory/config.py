"""Settings: read once from the environment, checked at start, never changed afterwards."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from inventory.transport import fault_of_ssl_mode, is_broker_encrypted, is_database_encrypted, without_certificates

SERVICE_NAME = "inventory"
SYSTEM_NAME = "shop"
LATENCY_PROMISE_S = 0.15
"""Within which 99 of 100 requests are answered."""


class Settings(BaseSettings):
    """Each field is the environment variable of its name in capitals; every default runs on a laptop without a server."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    environment: Literal["development", "test", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    otel_exporter_otlp_endpoint: str | None = None

    allow_plaintext: bool | None = None
    """Whether the database and the broker may be reached in the clear; unset, everywhere but in production.

    True is right only where what is below encrypts, such as a mesh with mTLS up to them, or where nothing leaves the machine:
    a socket, the loopback address. False refuses it in every environment.
    """

    database_url: SecretStr = SecretStr("sqlite:///./inventory.db")
    database_pool_size: int = Field(default=10, ge=1, le=200)
    database_timeout_s: float = Field(default=5.0, gt=0)
    database_lifetime_s: int = Field(default=1800, ge=1)
    """After which a connection is replaced by a new one, which reads the certificates anew."""

    broker_url: SecretStr = SecretStr("memory://")
    broker_timeout_s: float = Field(default=5.0, gt=0)
    consumer_prefetch: int = Field(default=20, ge=1, le=1000)
    delivery_attempts: int = Field(default=5, ge=1, le=100)
    delivery_backoff_s: float = Field(default=0.2, gt=0)

    outbox_batch: int = Field(default=100, ge=1, le=1000)
    outbox_poll_s: float = Field(default=1.0, gt=0)
    outbox_lease_s: float = Field(default=30.0, gt=0)
    retention_hours: int = Field(default=7 * 24, ge=1)
    idempotency_retention_hours: int = Field(default=24, ge=1)

    auth_jwks_url: str | None = None
    auth_issuer: str | None = None
    auth_audience: str = SERVICE_NAME

    rate_limit_storage: SecretStr = SecretStr("memory://")
    cors_origins: tuple[str, ...] = ()
    max_body_bytes: int = Field(default=1_048_576, ge=1024)
    request_deadline_s: float = Field(default=1.5, gt=0)
    shutdown_grace_s: int = Field(default=20, ge=1)

    @model_validator(mode="after")
    def _production_is_guarded(self) -> Self:
        if self.environment == "production":
            missing = [
                name
                for name, unset in (
                    ("DATABASE_URL", self.is_sqlite),
                    ("BROKER_URL", self.is_embedded_broker),
                    ("AUTH_JWKS_URL", self.auth_jwks_url is None),
                    ("AUTH_ISSUER", self.auth_issuer is None),
                )
                if unset
            ]
            if missing:
                raise ValueError(f"production needs {', '.join(missing)}; set them in the environment")
        return self

    @model_validator(mode="after")
    def _transport_is_encrypted(self) -> Self:
        database, broker = self.database_url.get_secret_value(), self.broker_url.get_secret_value()
        if fault := fault_of_ssl_mode(database):
            raise ValueError(f"DATABASE_URL: {fault}")
        ways = (
            ("DATABASE_URL", "add sslmode=verify-full to its query", self.is_sqlite or is_database_encrypted(database)),
            ("BROKER_URL", "begin it with amqps://", self.is_embedded_broker or is_broker_encrypted(broker)),
        )
        faults = [f"{name} does not encrypt: {way}" for name, way, is_safe in ways if not is_safe]
        if faults and not self.may_be_plain:
            raise ValueError(f"{'; '.join(faults)}; or set ALLOW_PLAINTEXT=true where what is below encrypts")
        return self

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is used."""
        return self.database_url.get_secret_value().startswith("sqlite")

    @property
    def is_embedded_broker(self) -> bool:
        """Whether events stay in this process."""
        return self.broker_url.get_secret_value().startswith("memory://")

    @property
    def may_be_plain(self) -> bool:
        """Whether the database and the broker may be reached in the clear."""
        return self.environment != "production" if self.allow_plaintext is None else self.allow_plaintext

    @property
    def async_database_url(self) -> str:
        """The database's URL with the async driver named, without what ``use_tls`` tells the driver."""
        url = without_certificates(self.database_url.get_secret_value())
        for prefix, driver in (
            ("postgresql://", "postgresql+asyncpg://"),
            ("postgres://", "postgresql+asyncpg://"),
            ("sqlite://", "sqlite+aiosqlite://"),
        ):
            if url.startswith(prefix):
                return driver + url.removeprefix(prefix)
        return url

    @property
    def auth_is_on(self) -> bool:
        """Whether tokens are checked; only development and tests may run without."""
        return self.auth_jwks_url is not None


@lru_cache
def get_settings() -> Settings:
    """The settings of this process.

    Raises:
        pydantic.ValidationError: a variable is malformed, or one that production needs is missing.
    """
    return Settings()
