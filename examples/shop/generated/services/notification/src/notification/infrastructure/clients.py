"""The services that this one calls, each with the policy that the system's model gives it."""

from __future__ import annotations

from notification.config import Settings
from notification.infrastructure.http_client import DependencyClient, Policy

MAIL_PROVIDER_POLICY = Policy(
    name="mail-provider",
    timeout_s=3.0,
    attempts=3,
    backoff_s=0.5,
    breaker_failures=5,
    breaker_reset_s=60.0,
    concurrency=10,
)


class MailProviderClient:
    """Hands messages to the mail server."""

    def __init__(self, base_url: str) -> None:
        self.http = DependencyClient(MAIL_PROVIDER_POLICY, base_url)


class Clients:
    """All of them."""

    def __init__(self, settings: Settings) -> None:
        self.mail_provider = MailProviderClient(settings.mail_provider_url)

    async def close(self) -> None:
        """Close every connection."""
        await self.mail_provider.http.close()


def create_clients(settings: Settings) -> Clients:
    """Make the clients of this process; rules reach them by ``get_clients``."""
    _current[:] = [Clients(settings)]
    return _current[0]


def get_clients() -> Clients:
    """The clients of the running service."""
    return _current[0]


_current: list[Clients] = []
