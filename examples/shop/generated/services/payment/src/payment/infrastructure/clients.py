"""The services that this one calls, each with the policy that the system's model gives it."""

from __future__ import annotations

from payment.config import Settings
from payment.infrastructure.http_client import DependencyClient, Policy

PAYMENT_PROVIDER_POLICY = Policy(
    name="payment-provider",
    timeout_s=2.0,
    attempts=2,
    backoff_s=0.2,
    breaker_failures=5,
    breaker_reset_s=30.0,
    concurrency=20,
)


class PaymentProviderClient:
    """Captures and refunds at the card network."""

    def __init__(self, base_url: str) -> None:
        self.http = DependencyClient(PAYMENT_PROVIDER_POLICY, base_url)


class Clients:
    """All of them."""

    def __init__(self, settings: Settings) -> None:
        self.payment_provider = PaymentProviderClient(settings.payment_provider_url)

    async def close(self) -> None:
        """Close every connection."""
        await self.payment_provider.http.close()


def create_clients(settings: Settings) -> Clients:
    """Make the clients of this process; rules reach them by ``get_clients``."""
    _current[:] = [Clients(settings)]
    return _current[0]


def get_clients() -> Clients:
    """The clients of the running service."""
    return _current[0]


_current: list[Clients] = []
