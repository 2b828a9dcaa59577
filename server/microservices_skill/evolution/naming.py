"""Names of migrations, and what they do in words."""

from __future__ import annotations

from collections.abc import Sequence

from microservices_skill.evolution import operations as op
from microservices_skill.evolution.operations import Operation
from microservices_skill.evolution.schema import Schema, Table
from microservices_skill.model.naming import snake

_LIMIT = 60
CONTRACTING = (op.DropTable, op.DropAlias, op.DropColumn, op.DropDefault, op.DropFill)
"""The operations that end what the version before needs."""

_VERBS = {
    op.CreateTable: "create",
    op.LeaveTable: "leave",
    op.RestoreTable: "restore",
    op.DropTable: "drop",
    op.RenameTable: "rename",
    op.DropAlias: "drop_alias",
    op.AddColumn: "add",
    op.LeaveColumn: "leave",
    op.RestoreColumn: "restore",
    op.DropColumn: "drop",
    op.RenameColumn: "rename",
    op.AlterColumn: "change",
    op.DropDefault: "contract",
    op.DropFill: "contract",
    op.AddUnique: "unique",
    op.DropUnique: "not_unique",
    op.AddIndex: "index",
    op.DropIndex: "drop_index",
    op.AddReference: "refer",
    op.DropReference: "not_refer",
}


def name_of(operations: Sequence[Operation], before: Schema) -> str:
    """A name after the first operation, such as ``order_add_gift_note``, that says how many more there are."""
    leading = operations[0]
    words = [_subject(leading, before), _VERBS[type(leading)], *_object(leading)]
    more = len(operations) - 1
    end = f"_and_{more}_more" if more else ""
    return "_".join(each for each in words if each)[: _LIMIT - len(end)].rstrip("_") + end


def said(operation: Operation) -> str:
    """An operation in a few words."""
    match operation:
        case op.RenameTable():
            return f"rename {operation.old} to {operation.table}"
        case op.RenameColumn():
            return f"rename {operation.table}.{operation.left.column.name} to {operation.column.name}"
        case _:
            pass
    verb = _VERBS[type(operation)].replace("_", " ")
    return f"{verb} {'.'.join([_table(operation), *_object(operation)])}"


def waiting(schema: Schema) -> tuple[str, ...]:
    """What still waits to be contracted, in a few words each."""
    return tuple(each for table in schema.tables for each in _waiting(table))


def _waiting(table: Table) -> list[str]:
    if table.is_left:
        return [f"{table.name} is left behind"]
    found = [f"view {table.alias} shows {table.name}"] if table.alias is not None else []
    for left in table.left:
        name = f"{table.name}.{left.column.name}"
        found.append(f"{name} is left behind" if left.follows is None else f"{name} keeps in step with {left.follows}")
    found += [f"{table.name}.{name} has a default" for name in table.defaulted]
    return found + [f"{table.name}.{name} is filled by a trigger" for name in table.filled]


def _subject(operation: Operation, before: Schema) -> str:
    table = operation.table if isinstance(operation.table, Table) else before.table(operation.table)
    if isinstance(operation, op.RenameTable):
        return snake(operation.old_entity) or operation.old
    return snake(table.entity) if table is not None and table.entity else _table(operation)


def _table(operation: Operation) -> str:
    return operation.table.name if isinstance(operation.table, Table) else operation.table


def _object(operation: Operation) -> list[str]:
    match operation:
        case op.AddColumn() | op.RestoreColumn() | op.RenameColumn() | op.DropDefault() | op.DropFill():
            return [operation.column.name]
        case op.LeaveColumn() | op.DropColumn():
            return [operation.left.column.name]
        case op.AlterColumn():
            return [operation.after.name]
        case op.AddUnique() | op.DropUnique():
            return [operation.column]
        case op.AddIndex() | op.DropIndex():
            return ["_".join(operation.index.columns)]
        case op.AddReference() | op.DropReference():
            return [operation.reference.column]
        case _:
            return []
