"""A service's tables as data, in no database's and no language's words, with what a rolling deployment still owes them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints

P = TypeVar("P", bound="Part")
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=63)]


class Part(BaseModel):
    """A piece of a schema or of its history; it never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Kind(StrEnum):
    """What a column holds."""

    STRING = "string"
    TEXT = "text"
    INTEGER = "integer"
    BIGINT = "bigint"
    DOUBLE = "double"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    UUID = "uuid"
    DATE = "date"
    MOMENT = "moment"
    JSON = "json"
    HEADERS = "headers"
    BYTES = "bytes"
    SERIAL = "serial"


class Column(Part):
    """A column; ``fill`` is what rows get that were there before it, as text, where the model's type offers a neutral value."""

    name: Name
    kind: Kind
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    nullable: bool = False
    fill: Annotated[str, StringConstraints(pattern=r"^[-A-Za-z0-9_:.\[\]]*$")] | None = None

    @property
    def type(self) -> tuple[Kind, int | None, int | None, int | None]:
        """Its type alone."""
        return self.kind, self.length, self.precision, self.scale

    @property
    def said(self) -> str:
        """Its type in words, such as ``string(40)``."""
        limits = [str(each) for each in (self.length, self.precision, self.scale) if each is not None]
        return f"{self.kind}({', '.join(limits)})" if limits else str(self.kind)


class Reference(Part):
    """A foreign key: a column that holds the id of a row of another table."""

    column: Name
    table: Name


class Index(Part):
    """An index; ``where`` makes it partial. ``called`` is the end of its name where that is not its columns."""

    columns: tuple[Name, ...]
    where: Annotated[str, StringConstraints(pattern=r"^[a-z_]+ IS NULL$")] | None = None
    called: Name | None = None

    def name(self, table: str) -> str:
        """Its name in a table, by the rule of each language: the generation of a view's rows is not named."""
        return f"ix_{table}_{self.called or '_'.join(self.columns)}"


class Left(Part):
    """A column that the model no longer has: for the version before, or ``follows`` says which column took its place."""

    column: Column
    unique: bool = False
    indexes: tuple[Index, ...] = ()
    follows: Name | None = None


class Table(Part):
    """A table, and below what waits to be contracted."""

    name: Name
    entity: str = ""
    columns: tuple[Column, ...]
    primary_key: tuple[Name, ...]
    unique: tuple[Name, ...] = ()
    references: tuple[Reference, ...] = ()
    indexes: tuple[Index, ...] = ()
    append_only: bool = False
    left: tuple[Left, ...] = ()
    defaulted: tuple[Name, ...] = ()
    """Columns whose default lets the version before insert rows without them."""
    filled: tuple[Name, ...] = ()
    """Columns that a trigger fills where the version before writes nothing."""
    alias: Name | None = None
    """The former name, by which a view still answers."""
    is_left: bool = False
    """Whether the model no longer has it."""

    def column(self, name: str) -> Column | None:
        """The column of that name that the model has."""
        return next((each for each in self.columns if each.name == name), None)

    def left_column(self, name: str) -> Left | None:
        """The column of that name that is left behind."""
        return next((each for each in self.left if each.column.name == name), None)

    def with_(self, **changes: object) -> Self:
        """The same with some things exchanged."""
        return self.model_copy(update=changes)


class Schema(Part):
    """Every table of a service, each after those that it refers to (as far as references are not circular)."""

    tables: tuple[Table, ...] = ()

    def table(self, name: str) -> Table | None:
        """The table of that name."""
        return next((each for each in self.tables if each.name == name), None)

    def replacing(self, name: str, table: Table | None) -> Schema:
        """The same with one table exchanged, or gone."""
        kept = (table if each.name == name else each for each in self.tables)
        return Schema(tables=tuple(each for each in kept if each is not None))


def as_modelled(schema: Schema) -> Schema:
    """What the model has of a schema, in an order that does not tell how it came about."""
    return Schema(tables=tuple(sorted((_as_modelled(each) for each in schema.tables if not each.is_left), key=lambda each: each.name)))


def _as_modelled(table: Table) -> Table:
    return table.with_(
        columns=tuple(each.model_copy(update={"fill": None}) for each in _sorted(table.columns, "name")),
        unique=tuple(sorted(table.unique)),
        references=tuple(_sorted(table.references, "column")),
        indexes=tuple(sorted(table.indexes, key=lambda each: each.name(table.name))),
        left=(),
        defaulted=(),
        filled=(),
        alias=None,
        entity="",
    )


def _sorted(parts: Iterable[P], by: str) -> list[P]:
    return sorted(parts, key=lambda each: str(getattr(each, by)))
