"""The migrations of a FastAPI service: the first one in Alembic's words, the later ones as the statements of each database."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.quoting import py_str
from microservices_skill.evolution.history import History, Migration
from microservices_skill.evolution.schema import Column, Index, Kind, Schema, Table
from microservices_skill.evolution.spelling import Driver
from microservices_skill.evolution.statements import script

_TYPES = {
    Kind.TEXT: "sa.Text()",
    Kind.INTEGER: "sa.Integer()",
    Kind.BIGINT: "sa.BigInteger()",
    Kind.DOUBLE: "sa.Double()",
    Kind.BOOLEAN: "sa.Boolean()",
    Kind.UUID: "sa.Uuid()",
    Kind.DATE: "sa.Date()",
    Kind.MOMENT: "moment",
    Kind.JSON: "json",
    Kind.HEADERS: "sa.JSON()",
    Kind.BYTES: "sa.LargeBinary()",
    Kind.SERIAL: 'sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True',
}


@dataclass(frozen=True, slots=True)
class NewTable:
    """A table: its columns, constraints and indexes as Alembic's source."""

    name: str
    columns: tuple[str, ...]
    constraints: tuple[str, ...]
    indexes: tuple[str, ...]


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
        return cls(
            tables=tuple(map(_new_table, made)),
            dropped=tuple(py_str(each.name) for each in reversed(made)),
            has_streams=any(each.append_only for each in made),
        )


@dataclass(frozen=True, slots=True)
class MigrationView:
    """What a later migration prints."""

    title: str
    does: tuple[str, ...]
    locks: str
    loses: str
    revision: str
    parent: str
    postgresql_up: tuple[str, ...]
    postgresql_down: tuple[str, ...]
    sqlite_up: tuple[str, ...]
    sqlite_down: tuple[str, ...]

    @classmethod
    def of(cls, migration: Migration, before: Schema) -> MigrationView:
        """A migration on the schema before it."""
        found = script(migration, before, Driver.SQLALCHEMY)
        return cls(
            title=title_of(migration),
            does=found.does,
            locks=found.locks,
            loses=", ".join(found.loses),
            revision=py_str(migration.revision),
            parent=py_str(f"{migration.number - 1:04}"),
            postgresql_up=tuple(map(_text, found.postgresql.up)),
            postgresql_down=tuple(map(_text, found.postgresql.down)),
            sqlite_up=tuple(map(_text, found.sqlite.up)),
            sqlite_down=tuple(map(_text, found.sqlite.down)),
        )


def title_of(migration: Migration) -> str:
    """A migration's name as a sentence."""
    said = migration.name.replace("_", " ")
    return f"{said[0].upper()}{said[1:]}."


def left_behind(schema: Schema) -> tuple[str, ...]:
    """The tables and the columns that a database has beside the models."""
    tables = [each.name for each in schema.tables if each.is_left]
    columns = [f"{table.name}.{each.column.name}" for table in schema.tables for each in table.left]
    return tuple(map(py_str, sorted([*tables, *columns])))


def _text(statement: str) -> str:
    """A statement as source: on one line where it is one."""
    if "\n" in statement or ("'" in statement and '"' in statement):
        return f'"""{statement}{" " if statement.endswith(chr(34)) else ""}"""'
    return f"'{statement}'" if '"' in statement else py_str(statement)


def _new_table(table: Table) -> NewTable:
    constraints = [f'sa.PrimaryKeyConstraint({", ".join(map(py_str, table.primary_key))}, name="pk_{table.name}")']
    for column in table.columns:
        target = next((each.table for each in table.references if each.column == column.name), None)
        if target is not None:
            key, name = py_str(f"{target}.id"), py_str(f"fk_{table.name}_{column.name}")
            constraints.append(f"sa.ForeignKeyConstraint([{py_str(column.name)}], [{key}], name={name})")
        if column.name in table.unique:
            constraints.append(f'sa.UniqueConstraint({py_str(column.name)}, name="uq_{table.name}_{column.name}")')
    columns = tuple(f"sa.Column({py_str(each.name)}, {_type(each)}, nullable={each.nullable})" for each in table.columns)
    return NewTable(py_str(table.name), columns, tuple(constraints), tuple(_index(table, each) for each in table.indexes))


def _type(column: Column) -> str:
    if column.kind is Kind.STRING:
        return f"sa.String({column.length})"
    if column.kind is Kind.DECIMAL:
        precision = column.precision or 0
        return f'sa.Numeric({precision}, {column.scale}).with_variant(sa.String({precision + 2}), "sqlite")'
    return _TYPES[column.kind]


def _index(table: Table, index: Index) -> str:
    columns = f"[{', '.join(map(py_str, index.columns))}]"
    made = f"{py_str(index.name(table.name))}, {py_str(table.name)}, {columns}"
    if index.where is None:
        return f"op.create_index({made})"
    name = index.called or "where"
    where = f"{name} = sa.text({py_str(index.where)})"
    return f"{where}\n    op.create_index(\n        {made}, postgresql_where={name}, sqlite_where={name}\n    )"
