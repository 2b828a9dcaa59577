"""Starts the service: ``python -m notification``."""

from __future__ import annotations

import signal
import sys

import uvicorn

from notification.config import get_settings


def main() -> None:
    """Serve until told to stop; requests in hand are finished first."""
    settings = get_settings()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it again once everything has ended
    uvicorn.run(
        "notification.main:create_app",
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
