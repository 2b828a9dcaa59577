"""Tables, constraints and indexes as SQL that PostgreSQL and SQLite share."""

from __future__ import annotations

import hashlib

from microservices_skill.evolution.schema import Column, Index, Reference, Table
from microservices_skill.evolution.spelling import Spelling

NAME_LIMIT = 63
_APPEND_ONLY = (
    "CREATE OR REPLACE FUNCTION refuse_change_of_events() RETURNS trigger LANGUAGE plpgsql AS $$"
    " BEGIN RAISE EXCEPTION 'events are append-only' USING ERRCODE = 'restrict_violation'; END $$"
)


def named(*words: str) -> str:
    """A name of those words that every database takes whole."""
    name = "_".join(words)
    return name if len(name) <= NAME_LIMIT else f"{name[: NAME_LIMIT - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def column_line(column: Column, spelling: Spelling) -> str:
    """A column as a table's definition has it."""
    return f'"{column.name}" {spelling.type(column)}{"" if column.nullable else " NOT NULL"}'


def create_table(table: Table, spelling: Spelling, *, name: str | None = None) -> str:
    """A table's definition, under another name where one is given."""
    lines = [column_line(each, spelling) for each in table.columns]
    lines.append(f'CONSTRAINT "pk_{table.name}" PRIMARY KEY ({_quoted(table.primary_key)})')
    lines += [f'CONSTRAINT "{unique_name(table.name, each)}" {unique(each)}' for each in table.unique]
    lines += [f'CONSTRAINT "{reference_name(table.name, each)}" {reference(each)}' for each in table.references]
    found = "IF NOT EXISTS " if spelling.is_postgresql else ""
    body = ",\n".join(f"  {line}" for line in lines)
    return f'CREATE TABLE {found}"{name or table.name}" (\n{body}\n)'


def table_extras(table: Table, spelling: Spelling) -> list[str]:
    """What belongs to a new table beside its definition: indexes, and what keeps it as it was told."""
    found = [create_index(table.name, each, spelling) for each in table.indexes]
    if table.append_only and spelling.is_postgresql:
        found += [_APPEND_ONLY, f'DROP TRIGGER IF EXISTS "{table.name}_append_only" ON "{table.name}"']
        found.append(
            f'CREATE TRIGGER "{table.name}_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "{table.name}"'
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_events()"
        )
    elif table.append_only:
        found += [
            f'CREATE TRIGGER "{table.name}_no_{action.lower()}" BEFORE {action} ON "{table.name}"'
            " BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
            for action in ("UPDATE", "DELETE")
        ]
    return found


def create_index(table: str, index: Index, spelling: Spelling) -> str:
    """An index on a table that nobody uses yet."""
    found = "IF NOT EXISTS " if spelling.is_postgresql else ""
    return f'CREATE INDEX {found}"{index.name(table)}" ON {index_columns(table, index)}'


def index_columns(table: str, index: Index) -> str:
    """What an index is on."""
    where = f" WHERE {index.where}" if index.where is not None else ""
    return f'"{table}" ({_quoted(index.columns)}){where}'


def unique(column: str) -> str:
    """A unique constraint."""
    return f'UNIQUE ("{column}")'


def reference(found: Reference) -> str:
    """A foreign key."""
    return f'FOREIGN KEY ("{found.column}") REFERENCES "{found.table}" ("id")'


def unique_name(table: str, column: str) -> str:
    """The name of a unique constraint."""
    return f"uq_{table}_{column}"


def reference_name(table: str, found: Reference) -> str:
    """The name of a foreign key."""
    return f"fk_{table}_{found.column}"


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)
