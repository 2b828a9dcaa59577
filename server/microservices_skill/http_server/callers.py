"""Who calls, and the folder that a caller works in: one of its own below the base, never another's."""

from __future__ import annotations

import contextlib
import hashlib
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from microservices_skill.http_server.errors import SettingError
from microservices_skill.http_server.settings import Settings
from microservices_skill.workspace.errors import DiskError

LOCAL = "local"
"""The one caller, and its folder, where no tokens are checked."""
SCOPE_KEY = "microservices_skill.caller"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class NoWorkspaceError(Exception):
    """No folder is this caller's."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: by whom the token was asked for, and which program sends it."""

    name: str
    workspace: Path
    trace_id: str
    client: str = ""
    agent: str = ""
    scopes: frozenset[str] = field(default_factory=frozenset)


class Workspaces:
    """The folders of callers."""

    def __init__(self, settings: Settings) -> None:
        try:
            settings.root.mkdir(parents=True, exist_ok=True)
            self.base = settings.root.resolve(strict=True)
            self._named = _named(settings.workspaces) if settings.workspaces is not None else None
        except OSError as error:
            raise DiskError(settings.root, error) from error
        self._issuer = settings.issuer

    def folder(self, caller: str) -> Path:
        """The folder of a caller, made where it is not there yet.

        Raises:
            NoWorkspaceError: the file of workspaces does not name the caller, or a link stands where the folder should be.

        """
        return self._made(self._name(caller))

    def local(self) -> Path:
        """The folder of the one caller, where no tokens are checked.

        Raises:
            NoWorkspaceError: a link stands there.

        """
        return self._made(LOCAL)

    def _made(self, name: str) -> Path:
        path = self.base / name
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
        if not stat.S_ISDIR(path.lstat().st_mode):
            raise NoWorkspaceError
        return path

    def _name(self, caller: str) -> str:
        if self._named is None:
            digest = hashlib.sha256(f"{self._issuer}\n{caller}".encode("utf-8", "surrogatepass")).hexdigest()
            return f"caller-{digest[:40]}"
        if caller not in self._named:
            raise NoWorkspaceError
        return self._named[caller]


def _named(path: Path) -> Mapping[str, str]:
    shape = "write a mapping of callers to plain names of folders: 'auth0|4711': team-a"
    try:
        found = TypeAdapter(dict[str, str]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingError("workspaces", f"{path}: {error.strerror}", "give the path of a YAML file") from error
    except (yaml.YAMLError, UnicodeDecodeError, ValidationError) as error:
        raise SettingError("workspaces", f"{path}: is no mapping of texts", shape) from error
    for folder in found.values():
        if not _PLAIN.fullmatch(folder):
            raise SettingError("workspaces", f"{path}: {folder!r} is no plain name", shape)
    return found
