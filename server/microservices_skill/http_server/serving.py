"""Listens, with as many workers as are wanted, until it is told to end."""

from __future__ import annotations

import importlib
import os
import socket
import tempfile
from collections.abc import Callable, Mapping
from contextlib import nullcontext

from microservices_skill.http_server.errors import MissingPackagesError, PortError

_NEEDED = ("uvicorn", "starlette", "limits", "filelock", "prometheus_client", "pydantic_settings")
_SHARED = "PROMETHEUS_MULTIPROC_DIR"
_KEEP_ALIVE_S = 65
"""Longer than what proxies keep idle connections for, so that they close them, not we."""


def serve(options: Mapping[str, object], *, say: Callable[[str], None]) -> None:
    """Serve until a signal ends it; calls that run then are finished first.

    Raises:
        SkillError: a setting is missing or wrong, the port is taken, or a package is missing.

    """
    for package in _NEEDED:
        try:
            importlib.import_module(package)
        except ModuleNotFoundError as error:
            raise MissingPackagesError(package) from error
    import uvicorn  # noqa: PLC0415 - an extra

    from microservices_skill.http_server.callers import Workspaces  # noqa: PLC0415 - needs it
    from microservices_skill.http_server.settings import export, read_settings  # noqa: PLC0415 - as above

    settings = read_settings(options)
    Workspaces(settings)
    _demand_free(settings.host, settings.port)
    export(options)
    with tempfile.TemporaryDirectory(prefix="microservices-skill-") if settings.workers > 1 else nullcontext() as shared:
        if shared is not None:
            os.environ[_SHARED] = shared
        say(f"serving {settings.resource} on {settings.host}:{settings.port}; workspaces are below {settings.root.resolve()}")
        uvicorn.run(
            "microservices_skill.http_server.application:create",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            limit_concurrency=settings.max_connections,
            timeout_graceful_shutdown=settings.timeout_graceful_shutdown,
            timeout_keep_alive=_KEEP_ALIVE_S,
            ws="none",
            lifespan="on",
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
        )


def _demand_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((host, port))
    except OSError as error:
        raise PortError(host, port, error.strerror or str(error)) from error
