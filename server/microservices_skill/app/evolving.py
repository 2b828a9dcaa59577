"""What becomes of a service's database when it is generated again: its history, as it stands on disk and as it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from microservices_skill.codegen.generate import generate_service
from microservices_skill.evolution.comparing import Renames
from microservices_skill.evolution.errors import UnrecordedError
from microservices_skill.evolution.history import RECORD, History, Migration, first, grown, read
from microservices_skill.evolution.naming import waiting
from microservices_skill.evolution.spelling import Driver
from microservices_skill.evolution.statements import script
from microservices_skill.evolution.tables import former_columns, former_tables, schema_of
from microservices_skill.model.architecture import Architecture
from microservices_skill.workspace.reading import read_text

_FIRST = ("src/*/migrations/versions/0001_initial.py", "src/infrastructure/database/migrations/0001-initial.ts")


@dataclass(frozen=True, slots=True)
class Evolution:
    """A service's history, the migrations that are new in it, and what waits to be contracted, in a few words each."""

    history: History
    migrations: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()


def evolve(root: Path, folders: Sequence[str], architecture: Architecture, service: str, *, grows: bool, destructive: bool) -> Evolution:
    """The history of a service; where it ``grows``, with a migration for what the model asks for now.

    Of ``folders``, its own and the one of its former name, the first that has a record is where it stands.

    Raises:
        RecordError: the record is damaged, or two branches have both added to it.
        UnrecordedError: there are migrations, but no record, and the model has changed since.
        EvolutionError: no safe migration follows from a change of the model.
    """
    found = architecture.services_by_name[service]
    wanted = schema_of(architecture, found)
    folder = next((each for each in folders if (root / each / RECORD).exists()), folders[0])
    path = root / folder / RECORD
    if not path.exists():
        if grows:
            _demand_unchanged(root / folder, folder, architecture, service)
        return Evolution(first(wanted))
    before = read(read_text(path), source=f"{folder}/{RECORD}")
    if not grows:
        return Evolution(before)
    renames = Renames(former_tables(found), former_columns(found))
    history = grown(before, wanted, renames=renames, destructive=destructive)
    said = tuple(f"{service}: {_said(each, history)}" for each in history.migrations[len(before.migrations) :])
    return Evolution(history, said, tuple(f"{service}: {each}" for each in waiting(history.schema_now)))


def _said(migration: Migration, history: History) -> str:
    found = script(migration, history.schemas[migration.number - 1], Driver.SQLALCHEMY)
    lost = f"; DESTRUCTIVE: loses {', '.join(found.loses)}" if found.loses else ""
    return f"{migration.title} ({'; '.join(found.does)}){lost}"


def _demand_unchanged(folder: Path, name: str, architecture: Architecture, service: str) -> None:
    """A first migration that was there before the record must be what the model still asks for: then the record begins with it."""
    there = next((each for pattern in _FIRST for each in sorted(folder.glob(pattern))), None)
    if there is None:
        return
    path = there.relative_to(folder).as_posix()
    would_be = generate_service(architecture, service).get(path)
    if would_be is None or _plain(would_be.text) != _plain(read_text(there)):
        raise UnrecordedError(name, path)


def _plain(source: str) -> str:
    """A migration without what does not matter to the schema that it makes."""
    return " ".join(source.replace("autoincrement=False, ", "").split())
