"""The schema that follows from an operation."""

from __future__ import annotations

from typing import assert_never

from microservices_skill.evolution import operations as op
from microservices_skill.evolution.errors import InapplicableError
from microservices_skill.evolution.operations import Changing, Operation
from microservices_skill.evolution.schema import Schema, Table


def apply(operation: Operation, schema: Schema) -> Schema:
    """The schema after an operation.

    Raises:
        InapplicableError: the schema is not one that the operation was made for.
    """
    match operation:
        case op.CreateTable(table=table):
            if schema.table(table.name) is not None:
                raise InapplicableError(operation.op, table.name)
            return Schema(tables=(*schema.tables, table))
        case op.LeaveTable(table=table):
            return schema.replacing(_found(schema, table.name, operation.op).name, left_behind(table))
        case op.RestoreTable(table=table):
            return schema.replacing(_found(schema, table.name, operation.op).name, table)
        case op.DropTable(table=table):
            return schema.replacing(_found(schema, table.name, operation.op).name, None)
        case op.RenameTable():
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


def _renamed(operation: op.RenameTable, schema: Schema) -> Schema:
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


def _changed(operation: Changing, table: Table) -> Table:  # noqa: C901, PLR0911, PLR0912 - one for each operation
    match operation:
        case op.DropAlias():
            return table.with_(alias=None)
        case op.AddColumn(column=column):
            defaulted = table.defaulted if column.nullable else (*table.defaulted, column.name)
            return table.with_(columns=(*table.columns, column), defaulted=defaulted)
        case op.LeaveColumn(left=left):
            return _without(table, left.column.name).with_(left=(*table.left, left))
        case op.RestoreColumn(left=left, column=column):
            return table.with_(
                left=tuple(each for each in table.left if each != left),
                columns=(*table.columns, column),
                defaulted=table.defaulted if column.nullable else (*table.defaulted, column.name),
                unique=(*table.unique, column.name) if left.unique else table.unique,
                indexes=(*table.indexes, *left.indexes),
            )
        case op.DropColumn(left=left):
            return table.with_(left=tuple(each for each in table.left if each.column.name != left.column.name))
        case op.RenameColumn(left=left, column=column):
            slim = _without(table, left.column.name)
            return slim.with_(columns=(*slim.columns, column), left=(*slim.left, left))
        case op.AlterColumn(before=before, after=after):
            filled = (*table.filled, after.name) if before.nullable and not after.nullable else table.filled
            if after.nullable:
                filled = _less(filled, after.name)
            is_free = after.nullable or after.type != before.type
            defaulted = _less(table.defaulted, after.name) if is_free else table.defaulted
            columns = tuple(after if each.name == before.name else each for each in table.columns)
            return table.with_(columns=columns, filled=filled, defaulted=defaulted)
        case op.DropDefault(column=column):
            return table.with_(defaulted=_less(table.defaulted, column.name))
        case op.DropFill(column=column):
            return table.with_(filled=_less(table.filled, column.name))
        case op.AddUnique(column=name):
            return table.with_(unique=(*table.unique, name))
        case op.DropUnique(column=name):
            return table.with_(unique=_less(table.unique, name))
        case op.AddIndex(index=index):
            return table.with_(indexes=(*table.indexes, index))
        case op.DropIndex(index=index):
            return table.with_(indexes=tuple(each for each in table.indexes if each != index))
        case op.AddReference(reference=reference):
            return table.with_(references=(*table.references, reference))
        case op.DropReference(reference=reference):
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
