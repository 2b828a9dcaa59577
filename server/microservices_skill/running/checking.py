"""What must hold before a system starts: tools, servers and free ports. All is checked before anything is installed."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from microservices_skill.running.errors import MissingToolError, PortTakenError, UnreachableError
from microservices_skill.running.system import RunnableSystem

_CONNECT_LIMIT_S = 5.0
_BROKERS = {
    "amqp": ("RabbitMQ", 5672),
    "amqps": ("RabbitMQ", 5671),
    "nats": ("NATS", 4222),
    "tls": ("NATS", 4222),
    "kafka": ("Kafka", 9092),
    "kafkas": ("Kafka", 9092),
}
"""The name and the usual port of each broker, by the scheme of its URL."""


def check(system: RunnableSystem) -> None:
    """Refuse where something is missing.

    Raises:
        SkillError: what is missing, and what to do.

    """
    for process in system.processes:
        _check_node(system.folder(process))
    servers = {_address(process.database_url(system.variables), 5432) for process in system.processes}
    for host, port in sorted(servers):
        _connect("PostgreSQL", host, port, "--database-url")
    if "BROKER_URL" in system.variables:
        url = system.variables["BROKER_URL"]
        title, port = _BROKERS.get(urlsplit(url).scheme, _BROKERS["amqp"])
        _connect(title, *_address(url, port), "--broker-url")
    for process in system.processes:
        port = process.port(system.variables)
        if is_taken(port):
            raise PortTakenError(process.name, port, process.port_variable)


def is_taken(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what is just closing is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _check_node(folder: Path) -> None:
    if not (folder / "package.json").exists():
        return
    needed = json.loads((folder / "package.json").read_text(encoding="utf-8")).get("engines", {}).get("node", ">=24")
    says = f"{folder.name} needs Node {needed}"
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            raise MissingToolError(tool, "is not installed", says)
    found = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout.strip()  # noqa: S607 - the one of PATH runs the services
    if _version(found) < _version(needed):
        raise MissingToolError("node", f"is {found or 'broken'}", says)


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)[:3]))


def _address(url: str, default_port: int) -> tuple[str, int]:
    parts = urlsplit(url.partition(",")[0])  # of several servers the first
    return parts.hostname or "127.0.0.1", parts.port or default_port


def _connect(server: str, host: str, port: int, option: str) -> None:
    try:
        socket.create_connection((host, port), timeout=_CONNECT_LIMIT_S).close()
    except OSError as error:
        raise UnreachableError(server, f"{host}:{port}", error.strerror or str(error), option) from error
