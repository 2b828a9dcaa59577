"""Installs the tools and the skill into agents' clients, takes them out again, and says what is wrong."""

from __future__ import annotations

import shutil
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microservices_skill.app.existing_results import Diagnosis, Installation
from microservices_skill.clients import json_text, toml_text
from microservices_skill.clients.catalogue import CLIENTS, SERVER, Client, Scope
from microservices_skill.errors import SkillError
from microservices_skill.files import FileTree
from microservices_skill.regeneration.changes import Kind
from microservices_skill.regeneration.request import Choices, Request
from microservices_skill.running.handshake import handshake
from microservices_skill.workspace import tree
from microservices_skill.workspace.document import write_document
from microservices_skill.workspace.skill import skill_tree

SKILL = "microservices-skill"


class NoSuchPlaceError(SkillError):
    """The client does not know this scope."""

    def __init__(self, client: Client, scope: Scope) -> None:
        others = " or ".join(f"--scope {each}" for each in client.settings)
        super().__init__(f"{client.name} has no settings of MCP servers for scope {scope}; use {others}")


class UnreadableSettingsError(SkillError):
    """The client's settings cannot be edited."""

    def __init__(self, path: Path, why: str, entry: str) -> None:
        super().__init__(f"{path} is left as it is, as it cannot be read: {why}; mend it and run again, or add by hand: {entry}")


@dataclass(frozen=True, slots=True)
class _Place:
    """A client in a scope: its settings and its skills on this machine."""

    client: Client
    root: Path
    settings: Path
    skills: Path

    @property
    def path(self) -> tuple[str, str]:
        return self.client.key, SERVER


def install(client: str, scope: str, *, project: Path, home: Path, command: str = "", preview: bool = False) -> Installation:
    """Write our server into a client's settings and copy the skill beside its others; what is there stays.

    Raises:
        SkillError: the client has no such scope, its settings cannot be read, or the disk refuses.

    """
    place = _place(client, Scope(scope), project, home)
    words = command.split() or [_executable(Scope(scope)), "serve"]
    entry: dict[str, object] = {**place.client.extra, "command": words[0], "args": words[1:]}
    before = _text(place.settings)
    after = _edited(place, before, entry)
    skill, folder = skill_tree(), place.skills / SKILL
    lost = tuple(path for path in skill if not (folder / path).exists())
    changes = (tree.preview if preview else tree.apply)(folder, Request(skill, choices=Choices(theirs=lost)))
    if after != before and not preview:
        write_document(place.settings, after)
    return Installation(
        client=client,
        settings=str(place.settings),
        skill=str(folder),
        written=not preview and not changes.is_blocked,
        is_changed=after != before,
        conflicts=changes.paths(Kind.CONFLICT),
        next=f"Start {client} anew; ask it to use {SKILL}. microservices-skill doctor says whether it works.",
    )


def uninstall(client: str, scope: str, *, project: Path, home: Path) -> Installation:
    """Take our server out of a client's settings and the skill away; what people wrote into either stays.

    Raises:
        SkillError: as for ``install``.

    """
    place = _place(client, Scope(scope), project, home)
    before = _text(place.settings)
    after = _edited(place, before, None)
    if after != before:
        if _is_empty(place, after):
            _remove(place.settings, place.root)
        else:
            write_document(place.settings, after)
    folder = place.skills / SKILL
    orphans: tuple[str, ...] = ()
    if folder.is_dir():
        orphans = tree.apply(folder, Request(FileTree(()))).paths(Kind.ORPHAN)
        if not orphans:
            _remove(folder, place.root)
    return Installation(
        client=client,
        settings=str(place.settings),
        skill=str(folder),
        written=True,
        is_changed=after != before,
        conflicts=orphans,
        next="Files of the skill that you edited stay: remove them by hand." if orphans else f"Nothing of it is left in {client}.",
    )


def diagnose(*, project: Path, home: Path) -> Iterator[Diagnosis]:
    """What each client on this machine has of us, and how to mend what is wrong."""
    for client in CLIENTS.values():
        for scope in client.settings:
            place = _place(client.name, scope, project, home)
            if place.settings.exists():
                yield _diagnosis(place, scope)
    node = shutil.which("node")
    yield Diagnosis("node", node is not None, node or "not found", "" if node else "install Node 24 or newer to run NestJS services")


def _diagnosis(place: _Place, scope: Scope) -> Diagnosis:
    name, add = f"{place.client.name} ({scope})", f"microservices-skill install --client {place.client.name} --scope {scope}"
    try:
        found = _entry(place)
    except ValueError as error:
        return Diagnosis(name, ok=False, found=f"{place.settings} cannot be read: {error}", fix="mend it; the client cannot read it either")
    if found is None:
        return Diagnosis(name, ok=False, found=f"{place.settings} does not name {SERVER}", fix=add)
    command, arguments = str(found.get("command", "")), [str(each) for each in found.get("args", [])]
    if shutil.which(command) is None:
        return Diagnosis(name, ok=False, found=f"{place.settings} starts {command!r}, which is not there", fix=add)
    refusal = handshake(command, arguments)
    if refusal:
        return Diagnosis(name, ok=False, found=f"{command} does not answer as an MCP server: {refusal}", fix=add)
    if not (place.skills / SKILL / "SKILL.md").is_file():
        return Diagnosis(name, ok=False, found=f"the skill is not in {place.skills}", fix=add)
    changes = tree.preview(place.skills / SKILL, Request(skill_tree()))
    if changes.written:
        return Diagnosis(name, ok=False, found=f"the skill in {place.skills} is of another version", fix=add)
    return Diagnosis(name, ok=True, found=f"starts {command}, with the skill", fix="")


def _place(client: str, scope: Scope, project: Path, home: Path) -> _Place:
    found = CLIENTS[client]
    if scope not in found.settings:
        raise NoSuchPlaceError(found, scope)
    root = project if scope is Scope.PROJECT else home
    return _Place(found, root, root / found.settings[scope], root / found.skills[scope])


def _executable(scope: Scope) -> str:
    """By its name where everybody finds it, as a project's file is shared; else by its place on this machine."""
    here = Path(sys.argv[0]).resolve()
    on_path = shutil.which(SKILL)
    if scope is Scope.PROJECT and on_path is not None and Path(on_path).resolve() == here:
        return SKILL
    return str(here)


def _remove(path: Path, root: Path) -> None:
    """A file or a folder, and the folders above that are empty then."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    for folder in path.parents:
        if folder == root or any(folder.iterdir()):
            return
        folder.rmdir()


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableSettingsError(path, str(error), SERVER) from error


def _edited(place: _Place, text: str, entry: dict[str, object] | None) -> str:
    """The settings with our entry, or without it; ends of lines stay what they are."""
    edit = toml_text if place.client.is_toml else json_text
    lines = text.replace("\r\n", "\n")
    try:
        found = edit.put(lines, place.path, entry) if entry is not None else edit.without(lines, place.path) if lines.strip() else lines
    except ValueError as error:
        raise UnreadableSettingsError(place.settings, str(error), f"{place.client.key}.{SERVER} = {entry}") from error
    return found.replace("\n", "\r\n") if "\r\n" in text else found


def _entry(place: _Place) -> dict[str, Any] | None:
    text = _text(place.settings)
    data: Any = tomllib.loads(text) if place.client.is_toml else json_text.read(text)
    with suppress(KeyError, TypeError):
        found = data[place.client.key][SERVER]
        return found if isinstance(found, dict) else None
    return None


def _is_empty(place: _Place, text: str) -> bool:
    """Whether the settings hold nothing any more, and no comment of anybody either."""
    return not text.strip() or "".join(text.split()) in ("{}", f'{{"{place.client.key}":{{}}}}')
