"""Starts the service: ``python -m payment``."""

from __future__ import annotations

import uvicorn

from payment.config import get_settings


def main() -> None:
    """Serve until told to stop; requests in hand are finished first."""
    settings = get_settings()
    uvicorn.run(
        "payment.main:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=settings.shutdown_grace_s,
    )


if __name__ == "__main__":
    main()
