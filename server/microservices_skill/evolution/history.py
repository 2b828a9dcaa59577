"""The record of a service's migrations: what each does, and the schema that all of them amount to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from microservices_skill.evolution.comparing import Renames, compare
from microservices_skill.evolution.errors import InapplicableError, RecordError
from microservices_skill.evolution.folding import apply
from microservices_skill.evolution.naming import name_of
from microservices_skill.evolution.operations import CreateTable, Operation
from microservices_skill.evolution.schema import Name, Part, Schema

RECORD = "schema-history.json"
"""The record's name in a service's folder."""

FORMAT = 1
WIDTH = 130
"""The longest piece of the record that stays on one line."""

_MEND = (
    "two branches may each have made a migration: take the file as it is on the branch that is deployed first, delete the other branch's"
    " new migration, and generate again, so that its change gets the next number; otherwise restore the file from version control"
)
_MARKERS = re.compile(r"^(<{7}|={7}|>{7}|\|{7})", re.MULTILINE)


class Migration(Part):
    """A numbered step of a schema."""

    number: int
    name: Name
    operations: tuple[Operation, ...]

    @property
    def revision(self) -> str:
        """Its number as migrations are called."""
        return f"{self.number:04}"

    @property
    def title(self) -> str:
        """Its number and its name."""
        return f"{self.revision}_{self.name}"


class History(Part):
    """Every migration of a service, oldest first."""

    format: int = FORMAT
    migrations: tuple[Migration, ...] = ()

    @property
    def schema_now(self) -> Schema:
        """The schema that all migrations amount to."""
        return self.schemas[-1]

    @property
    def schemas(self) -> tuple[Schema, ...]:
        """The schema before the first migration and after each one."""
        found = [Schema()]
        for migration in self.migrations:
            schema = found[-1]
            for operation in migration.operations:
                schema = apply(operation, schema)
            found.append(schema)
        return tuple(found)


def first(schema: Schema) -> History:
    """The history of a service that begins with a schema."""
    made = tuple(CreateTable(table=each) for each in schema.tables)
    return History(migrations=(Migration(number=1, name="initial", operations=made),))


def grown(history: History, wanted: Schema, *, renames: Renames | None = None, destructive: bool = False) -> History:
    """The history with one more migration where the model asks for what the history does not amount to.

    Raises:
        EvolutionError: no safe migration follows from the change.
    """
    found = compare(history.schema_now, wanted, renames=renames, destructive=destructive)
    if not found:
        return history
    migration = Migration(number=len(history.migrations) + 1, name=name_of(found, history.schema_now), operations=found)
    return history.model_copy(update={"migrations": (*history.migrations, migration)})


def read(text: str, *, source: str) -> History:
    """The history that a record tells.

    Raises:
        RecordError: it is damaged, or two branches have both added to it.
    """
    if _MARKERS.search(text):
        raise RecordError(source, "has the markers of a merge that is not resolved", _MEND)
    try:
        data = json.loads(text)
    except ValueError as error:
        raise RecordError(source, f"is not JSON ({error})", _MEND) from error
    if isinstance(data, dict) and data.get("format", FORMAT) != FORMAT:
        raise RecordError(source, f"has format {data['format']!r}", "upgrade microservices-skill")
    try:
        history = History.model_validate(data)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise RecordError(source, f"is not a history: {where}: {error.errors()[0]['msg']}", _MEND) from error
    for index, migration in enumerate(history.migrations, start=1):
        if migration.number != index:
            raise RecordError(source, f"has {migration.title} where number {index:04} belongs", _MEND)
    if not history.migrations:
        raise RecordError(source, "has no migration", _MEND)
    try:
        _ = history.schemas
    except InapplicableError as error:
        raise RecordError(source, f"does not add up: {error}", _MEND) from error
    return history


def dump(history: History) -> str:
    """The record's text: the same history always gives the same bytes."""
    migrations = [
        {
            "number": each.number,
            "name": each.name,
            "operations": [{"op": step.op, **step.model_dump(mode="json", exclude_defaults=True)} for step in each.operations],
        }
        for each in history.migrations
    ]
    return "".join(_written({"format": FORMAT, "migrations": migrations}, 0)) + "\n"


def _written(value: Any, depth: int) -> Iterator[str]:  # noqa: ANN401 - JSON
    """JSON that breaks lines only where a piece is too long for one."""
    flat = json.dumps(value, ensure_ascii=False)
    if depth * 2 + len(flat) <= WIDTH or not isinstance(value, (dict, list)) or not value:
        yield flat
        return
    space = "  " * (depth + 1)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    keys = [f"{json.dumps(key)}: " for key in value] if isinstance(value, dict) else [""] * len(value)
    yield opening
    for number, (key, each) in enumerate(zip(keys, value.values() if isinstance(value, dict) else value, strict=True)):
        yield f"{',' if number else ''}\n{space}{key}"
        yield from _written(each, depth + 1)
    yield f"\n{'  ' * depth}{closing}"
