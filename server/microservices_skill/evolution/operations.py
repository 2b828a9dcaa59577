"""What a migration does, step by step, and the schema that follows from a step."""

from __future__ import annotations

from typing import Annotated, Literal, assert_never

from pydantic import Field as Spec

from microservices_skill.evolution.errors import InapplicableError
from microservices_skill.evolution.schema import Column, Index, Left, Name, Part, Reference, Schema, Table


class CreateTable(Part):
    """A new table."""

    op: Literal["create_table"] = "create_table"
    table: Table


class LeaveTable(Part):
    """A table that the model no longer has: it stays, without the foreign keys that would hold others back."""

    op: Literal["leave_table"] = "leave_table"
    table: Table


class RestoreTable(Part):
    """A table that was left behind and that the model has again."""

    op: Literal["restore_table"] = "restore_table"
    table: Table


class DropTable(Part):
    """The end of a table that was left behind, and of its rows."""

    op: Literal["drop_table"] = "drop_table"
    table: Table


class RenameTable(Part):
    """A new name; a view answers by the old one."""

    op: Literal["rename_table"] = "rename_table"
    old: Name
    table: Name
    entity: str
    old_entity: str


class DropAlias(Part):
    """The end of the view by a table's old name."""

    op: Literal["drop_alias"] = "drop_alias"
    table: Name
    alias: Name


class AddColumn(Part):
    """A new column; a required one has a default for rows that are there and for the version before."""

    op: Literal["add_column"] = "add_column"
    table: Name
    column: Column


class LeaveColumn(Part):
    """A column that the model no longer has: it stays and demands nothing of new rows."""

    op: Literal["leave_column"] = "leave_column"
    table: Name
    left: Left
    reference: Reference | None = None


class RestoreColumn(Part):
    """A column that was left behind and that the model has again."""

    op: Literal["restore_column"] = "restore_column"
    table: Name
    left: Left
    column: Column


class DropColumn(Part):
    """The end of a column that was left behind, and of its values."""

    op: Literal["drop_column"] = "drop_column"
    table: Name
    left: Left


class RenameColumn(Part):
    """A new name, and perhaps a new type: a column of that name takes the place of the old one, which keeps in step."""

    op: Literal["rename_column"] = "rename_column"
    table: Name
    left: Left
    column: Column
    reference: Reference | None = None


class AlterColumn(Part):
    """Another type, or another answer to whether there may be no value."""

    op: Literal["alter_column"] = "alter_column"
    table: Name
    before: Column
    after: Column


class DropDefault(Part):
    """The end of a default that was there for the version before."""

    op: Literal["drop_default"] = "drop_default"
    table: Name
    column: Column


class DropFill(Part):
    """The end of a trigger that filled what the version before left empty."""

    op: Literal["drop_fill"] = "drop_fill"
    table: Name
    column: Column


class AddUnique(Part):
    """A column whose values differ from now on."""

    op: Literal["add_unique"] = "add_unique"
    table: Name
    column: Name


class DropUnique(Part):
    """A column whose values may repeat from now on."""

    op: Literal["drop_unique"] = "drop_unique"
    table: Name
    column: Name


class AddIndex(Part):
    """A new index."""

    op: Literal["add_index"] = "add_index"
    table: Name
    index: Index


class DropIndex(Part):
    """The end of an index."""

    op: Literal["drop_index"] = "drop_index"
    table: Name
    index: Index


class AddReference(Part):
    """A column whose values are ids of another table from now on."""

    op: Literal["add_reference"] = "add_reference"
    table: Name
    reference: Reference


class DropReference(Part):
    """The end of a foreign key."""

    op: Literal["drop_reference"] = "drop_reference"
    table: Name
    reference: Reference


Operation = Annotated[
    CreateTable
    | LeaveTable
    | RestoreTable
    | DropTable
    | RenameTable
    | DropAlias
    | AddColumn
    | LeaveColumn
    | RestoreColumn
    | DropColumn
    | RenameColumn
    | AlterColumn
    | DropDefault
    | DropFill
    | AddUnique
    | DropUnique
    | AddIndex
    | DropIndex
    | AddReference
    | DropReference,
    Spec(discriminator="op"),
]


def apply(operation: Operation, schema: Schema) -> Schema:
    """The schema after an operation.

    Raises:
        InapplicableError: the schema is not one that the operation was made for.
    """
    match operation:
        case CreateTable(table=table):
            if schema.table(table.name) is not None:
                raise InapplicableError(operation.op, table.name)
            return Schema(tables=(*schema.tables, table))
        case LeaveTable(table=table):
            return schema.replacing(_found(schema, table.name, operation.op).name, left_behind(table))
        case RestoreTable(table=table):
            return schema.replacing(_found(schema, table.name, operation.op).name, table)
        case DropTable(table=table):
            return schema.replacing(_found(schema, table.name, operation.op).name, None)
        case RenameTable():
            return _renamed(operation, schema)
        case _:
            return schema.replacing(operation.table, _changed(operation, _found(schema, operation.table, operation.op)))


def left_behind(table: Table) -> Table:
    """A table after the model has lost it."""
    return table.with_(is_left=True, references=())


def _found(schema: Schema, name: str, op: str) -> Table:
    table = schema.table(name)
    if table is None:
        raise InapplicableError(op, name)
    return table


def _renamed(operation: RenameTable, schema: Schema) -> Schema:
    table = _found(schema, operation.old, operation.op)
    renamed = schema.replacing(table.name, table.with_(name=operation.table, entity=operation.entity, alias=operation.old))
    return Schema(
        tables=tuple(
            each.with_(
                references=tuple(
                    at.model_copy(update={"table": operation.table}) if at.table == operation.old else at for at in each.references
                )
            )
            for each in renamed.tables
        )
    )


Changing = (
    DropAlias
    | AddColumn
    | LeaveColumn
    | RestoreColumn
    | DropColumn
    | RenameColumn
    | AlterColumn
    | DropDefault
    | DropFill
    | AddUnique
    | DropUnique
    | AddIndex
    | DropIndex
    | AddReference
    | DropReference
)
"""The operations that change one table."""


def _changed(operation: Changing, table: Table) -> Table:  # noqa: C901, PLR0911, PLR0912 - one for each operation
    match operation:
        case DropAlias():
            return table.with_(alias=None)
        case AddColumn(column=column):
            defaulted = table.defaulted if column.nullable else (*table.defaulted, column.name)
            return table.with_(columns=(*table.columns, column), defaulted=defaulted)
        case LeaveColumn(left=left):
            return _without(table, left.column.name).with_(left=(*table.left, left))
        case RestoreColumn(left=left, column=column):
            return table.with_(
                left=tuple(each for each in table.left if each != left),
                columns=(*table.columns, column),
                defaulted=table.defaulted if column.nullable else (*table.defaulted, column.name),
                unique=(*table.unique, column.name) if left.unique else table.unique,
                indexes=(*table.indexes, *left.indexes),
            )
        case DropColumn(left=left):
            return table.with_(left=tuple(each for each in table.left if each.column.name != left.column.name))
        case RenameColumn(left=left, column=column):
            slim = _without(table, left.column.name)
            return slim.with_(columns=(*slim.columns, column), left=(*slim.left, left))
        case AlterColumn(before=before, after=after):
            filled = (*table.filled, after.name) if before.nullable and not after.nullable else table.filled
            if after.nullable:
                filled = _less(filled, after.name)
            is_free = after.nullable or after.type != before.type
            defaulted = _less(table.defaulted, after.name) if is_free else table.defaulted
            columns = tuple(after if each.name == before.name else each for each in table.columns)
            return table.with_(columns=columns, filled=filled, defaulted=defaulted)
        case DropDefault(column=column):
            return table.with_(defaulted=_less(table.defaulted, column.name))
        case DropFill(column=column):
            return table.with_(filled=_less(table.filled, column.name))
        case AddUnique(column=name):
            return table.with_(unique=(*table.unique, name))
        case DropUnique(column=name):
            return table.with_(unique=_less(table.unique, name))
        case AddIndex(index=index):
            return table.with_(indexes=(*table.indexes, index))
        case DropIndex(index=index):
            return table.with_(indexes=tuple(each for each in table.indexes if each != index))
        case AddReference(reference=reference):
            return table.with_(references=(*table.references, reference))
        case DropReference(reference=reference):
            return table.with_(references=tuple(each for each in table.references if each != reference))
        case _:
            assert_never(operation)


def _without(table: Table, name: str) -> Table:
    return table.with_(
        columns=tuple(each for each in table.columns if each.name != name),
        unique=_less(table.unique, name),
        references=tuple(each for each in table.references if each.column != name),
        indexes=tuple(each for each in table.indexes if name not in each.columns),
        defaulted=_less(table.defaulted, name),
        filled=_less(table.filled, name),
    )


def _less(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(each for each in names if each != name)
