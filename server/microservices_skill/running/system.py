"""A generated system on this disk, as it would be run: its processes and the variables that they get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from microservices_skill.running.errors import NotASystemError
from microservices_skill.running.procfile import Process, parse_procfile, parse_variables

LOGS = ".run"


@dataclass(frozen=True, slots=True)
class RunnableSystem:
    """The processes of a system below ``root``, and their variables."""

    root: Path
    processes: tuple[Process, ...]
    variables: Mapping[str, str]
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What only one process gets, by its name: credentials."""

    def folder(self, process: Process) -> Path:
        """Where a service stands."""
        return self.root / process.folder

    def environment(self, process: Process) -> dict[str, str]:
        """The variables of one process."""
        return {**self.variables, **self.own.get(process.name, {})}

    def log(self, process: Process) -> Path:
        """Where what it says is kept."""
        return self.root / LOGS / f"{process.name}.log"


def read_system(root: Path, *, database_url: str = "", broker_url: str = "") -> RunnableSystem:
    """The system in a folder; the URLs, where given, stand over those of its ``.env`` or ``.env.example``.

    Raises:
        SkillError: there is no system, or its files cannot be read.

    """
    if not (root / "Procfile").is_file():
        raise NotASystemError(root, "there is no Procfile")
    processes = parse_procfile((root / "Procfile").read_text(encoding="utf-8"))
    if not processes:
        raise NotASystemError(root, "its Procfile names no service")
    for process in processes:
        if not (root / process.folder).is_dir():
            raise NotASystemError(root, f"there is no folder {process.folder}, which its Procfile names")
    variables = _variables(root)
    if broker_url:
        variables["BROKER_URL"] = broker_url
    if database_url:
        own = {each.database_variable: each.database_url(variables) for each in processes}
        variables |= {name: moved(url, database_url) for name, url in own.items()}
    return RunnableSystem(root, processes, variables)


def moved(url: str, server_url: str) -> str:
    """The same database on another server.

    >>> moved("postgresql://postgres@127.0.0.1:5432/shop_order", "postgresql://me:secret@db/postgres")
    'postgresql://me:secret@db/shop_order'
    """
    return urlunsplit(urlsplit(server_url)._replace(path=urlsplit(url).path))


def _variables(root: Path) -> dict[str, str]:
    """Those of ``.env`` over those of ``.env.example``, so that a person's file names only what differs."""
    found: dict[str, str] = {}
    for name in (".env.example", ".env"):
        if (root / name).is_file():
            found |= parse_variables((root / name).read_text(encoding="utf-8"), name)
    return found
