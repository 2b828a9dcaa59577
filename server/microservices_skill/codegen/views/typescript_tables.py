"""The migrations of a NestJS service: the first one in the words that both databases share, the later ones in each one's own."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.quoting import ts_str
from microservices_skill.evolution.definitions import column_line, create_index, reference, unique
from microservices_skill.evolution.history import History, Migration
from microservices_skill.evolution.schema import Column, Index, Kind, Schema, Table
from microservices_skill.evolution.spelling import Driver, sqlite
from microservices_skill.evolution.statements import script
from microservices_skill.model.naming import kebab, pascal

_TYPES = {
    Kind.UUID: "${t.uuid}",
    Kind.MOMENT: "${t.moment}",
    Kind.DATE: "${t.day}",
    Kind.JSON: "${t.json}",
    Kind.HEADERS: "${t.json}",
    Kind.BYTES: "${t.bytes}",
    Kind.SERIAL: "${t.serial}",
}
_LAST = ("idempotency_keys", "inbox_messages", "outbox_messages")
_EPOCH = 1_700_000_000_000
"""TypeORM orders migrations by the number at the end of their names, which it takes for milliseconds."""


@dataclass(frozen=True, slots=True)
class NewTable:
    """A table: the lines of its CREATE statement, and its indexes."""

    name: str
    lines: tuple[str, ...]
    indexes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MigrationName:
    """A migration: its class and its file."""

    class_name: str
    file: str


@dataclass(frozen=True, slots=True)
class InitialView:
    """What the first migration prints."""

    tables: tuple[NewTable, ...]
    dropped: tuple[str, ...]
    has_streams: bool

    @classmethod
    def of(cls, history: History) -> InitialView:
        """The first migration of a history."""
        made = history.schemas[1].tables
        names = [each.name for each in reversed(made)]
        own = [each.name for each in reversed(made) if each.entity]
        return cls(
            tables=tuple(map(_new_table, made)),
            dropped=(*(each for each in names if each not in own and each not in _LAST), *own, *_LAST),
            has_streams=any(each.append_only for each in made),
        )


@dataclass(frozen=True, slots=True)
class MigrationView:
    """What a later migration prints."""

    class_name: str
    title: str
    does: tuple[str, ...]
    locks: str
    loses: str
    postgresql_up: tuple[str, ...]
    postgresql_down: tuple[str, ...]
    sqlite_up: tuple[str, ...]
    sqlite_down: tuple[str, ...]

    @classmethod
    def of(cls, migration: Migration, before: Schema) -> MigrationView:
        """A migration on the schema before it."""
        found = script(migration, before, Driver.TYPEORM)
        said = migration.name.replace("_", " ")
        return cls(
            class_name=name_of(migration).class_name,
            title=f"{said[0].upper()}{said[1:]}.",
            does=found.does,
            locks=found.locks,
            loses=", ".join(found.loses),
            postgresql_up=tuple(map(_text, found.postgresql.up)),
            postgresql_down=tuple(map(_text, found.postgresql.down)),
            sqlite_up=tuple(map(_text, found.sqlite.up)),
            sqlite_down=tuple(map(_text, found.sqlite.down)),
        )


def name_of(migration: Migration) -> MigrationName:
    """What a migration is called."""
    return MigrationName(f"{pascal(migration.name)}{_EPOCH + migration.number}", f"{migration.revision}-{kebab(migration.name)}")


def _text(statement: str) -> str:
    """A statement as source: on one line where it is one."""
    return f"`{statement}`" if "\n" in statement or "'" in statement else ts_str(statement)


def _new_table(table: Table) -> NewTable:
    lines = [_column(each) for each in table.columns]
    lines.append(f'CONSTRAINT "pk_{table.name}" PRIMARY KEY ({", ".join(f"{chr(34)}{each}{chr(34)}" for each in table.primary_key)})')
    for column in table.columns:
        found = next((each for each in table.references if each.column == column.name), None)
        if found is not None:
            lines.append(f'CONSTRAINT "fk_{table.name}_{column.name}" {reference(found)}')
        if column.name in table.unique:
            lines.append(f'CONSTRAINT "uq_{table.name}_{column.name}" {unique(column.name)}')
    indexes = tuple(_index(table.name, each) for each in table.indexes)
    return NewTable(table.name, (*(f"{line}," for line in lines[:-1]), lines[-1]), indexes)


def _index(table: str, index: Index) -> str:
    source = ts_str(create_index(table, index, sqlite(Driver.TYPEORM)))
    return source if index.where is None else f"\n      {source},\n    "


def _column(column: Column) -> str:
    if column.kind is Kind.DECIMAL:
        kind = f"${{t.decimal({column.precision}, {column.scale})}}"
    elif column.kind in _TYPES:
        kind = _TYPES[column.kind]
    else:
        return column_line(column, sqlite(Driver.TYPEORM))
    return f'"{column.name}" {kind}{"" if column.nullable else " NOT NULL"}'
