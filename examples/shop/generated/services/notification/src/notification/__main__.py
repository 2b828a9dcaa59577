"""Starts the service: ``python -m notification``."""

from __future__ import annotations

import gc
import signal
import sys

import uvicorn
from fastapi import FastAPI

from notification.config import get_settings


def main() -> None:
    """Serve until told to stop; requests in hand are finished first."""
    settings = get_settings()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it again once everything has ended
    uvicorn.run(
        create_served_app,
        factory=True,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=settings.shutdown_grace_s,
    )


def create_served_app() -> FastAPI:
    """The application in a process of its own, with a garbage collector that suits requests.

    What is loaded now stays until the end, so no collection looks at it again, and one comes after some requests rather
    than several times in each.
    """
    from notification.main import create_app  # noqa: PLC0415 - takes a second, and a signal may come before

    app = create_app()
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    return app


if __name__ == "__main__":
    main()
