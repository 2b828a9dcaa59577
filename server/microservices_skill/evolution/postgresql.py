"""Each operation as statements of PostgreSQL that leave room for the version before: up, and back down."""

from __future__ import annotations

from typing import assert_never

from microservices_skill.evolution import online
from microservices_skill.evolution import operations as op
from microservices_skill.evolution.definitions import create_table, reference_name, table_extras, unique_name
from microservices_skill.evolution.folding import apply
from microservices_skill.evolution.operations import Changing, Operation
from microservices_skill.evolution.physical import physical, relaxed
from microservices_skill.evolution.schema import Column, Left, Reference, Schema, Table
from microservices_skill.evolution.spelling import Spelling
from microservices_skill.evolution.types import Step, step


def upgrade(operation: Operation, before: Schema, spelling: Spelling) -> list[str]:
    """The statements of an operation on the schema ``before`` it."""
    match operation:
        case op.CreateTable(table=table):
            return [create_table(table, spelling), *table_extras(table, spelling)]
        case op.LeaveTable(table=table):
            return [online.drop_constraint(table.name, reference_name(table.name, each)) for each in table.references]
        case op.RestoreTable(table=table):
            return [each for found in table.references for each in online.add_reference(table.name, found)]
        case op.DropTable(table=table):
            return [f'DROP TABLE IF EXISTS "{table.name}"']
        case op.RenameTable():
            return [_rename(_table(before, operation.old), operation.table, shown=True)]
        case _:
            return _change(operation, _table(before, operation.table), apply(operation, before), spelling)


def downgrade(operation: Operation, before: Schema, spelling: Spelling) -> list[str]:
    """The statements that take an operation back, to the schema ``before`` it."""
    match operation:
        case op.CreateTable(table=table):
            function = ["DROP FUNCTION IF EXISTS refuse_change_of_events()"] if table.append_only else []
            return [f'DROP TABLE IF EXISTS "{table.name}"', *function]
        case op.LeaveTable(table=table):
            return [each for found in table.references for each in online.add_reference(table.name, found)]
        case op.RestoreTable(table=table):
            return [online.drop_constraint(table.name, reference_name(table.name, each)) for each in table.references]
        case op.DropTable(table=table):
            whole = physical(table, in_step=True)
            return [create_table(whole, spelling), *table_extras(whole, spelling)]
        case op.RenameTable():
            after = _table(apply(operation, before), operation.table)
            return [_rename(after, operation.old, shown=False)]
        case _:
            return _change_back(operation, _table(before, operation.table), spelling)


def _change(operation: Changing, table: Table, after: Schema, spelling: Spelling) -> list[str]:  # noqa: C901, PLR0911, PLR0912 - one for each operation
    name = table.name
    match operation:
        case op.DropAlias(alias=alias):
            return [f'DROP VIEW IF EXISTS "{alias}"']
        case op.AddColumn(column=column):
            return [online.alter(name, f"ADD COLUMN IF NOT EXISTS {_new(column, spelling)}")]
        case op.LeaveColumn(left=left, reference=reference):
            filled = online.no_longer_filled(name, left.column.name) if left.column.name in table.filled else []
            return [*_unreferred(name, reference), *_relax(name, left, reference, spelling), *filled]
        case op.RestoreColumn(column=column):
            return _restore(name, column, spelling)
        case op.DropColumn(left=left):
            ended = online.out_of_step(name, left.column.name, left.follows) if left.follows is not None else []
            gone = [online.alter(name, f'DROP COLUMN IF EXISTS "{left.column.name}"')]
            return [*ended, *_beside_view(_table(after, name), gone)]
        case op.RenameColumn():
            return _rename_column(operation, table, spelling)
        case op.AlterColumn(before=before, after=column):
            return _beside_view(_table(after, name), _alter(table, before, column, spelling), when=before.type != column.type)
        case op.DropDefault(column=column):
            return [online.alter(name, f'ALTER COLUMN "{column.name}" DROP DEFAULT')]
        case op.DropFill(column=column):
            return online.no_longer_filled(name, column.name)
        case op.AddUnique(column=unique):
            return online.add_unique(name, unique)
        case op.DropUnique(column=unique):
            return [online.drop_constraint(name, unique_name(name, unique))]
        case op.AddIndex(index=index):
            return online.add_index(name, index)
        case op.DropIndex(index=index):
            return [online.drop_index(index.name(name))]
        case op.AddReference(reference=reference):
            return online.add_reference(name, reference)
        case op.DropReference(reference=reference):
            return [online.drop_constraint(name, reference_name(name, reference))]
        case _:
            assert_never(operation)


def _change_back(operation: Changing, table: Table, spelling: Spelling) -> list[str]:  # noqa: C901, PLR0911, PLR0912 - one for each operation
    name = table.name
    match operation:
        case op.DropAlias(alias=alias):
            return [online.show_as(alias, table)]
        case op.AddColumn(column=column):
            return _beside_view(table, [online.alter(name, f'DROP COLUMN IF EXISTS "{column.name}"')])
        case op.LeaveColumn(left=left, reference=reference):
            referred = online.add_reference(name, reference) if reference is not None else []
            filled = online.keep_filled(name, left.column, spelling) if left.column.name in table.filled else []
            back = _tighten(name, left.column, spelling)
            without = [] if left.column.name in table.defaulted else [online.alter(name, f'ALTER COLUMN "{left.column.name}" DROP DEFAULT')]
            return [*filled, *back, *without, *referred]
        case op.RestoreColumn(left=left, column=column):
            if left.column.nullable:
                free = f'ALTER COLUMN "{column.name}" DROP DEFAULT', f'ALTER COLUMN "{column.name}" DROP NOT NULL'
                return [online.alter(name, *free)]
            return [*(_tighten(name, left.column, spelling) if column.nullable else []), *_relax(name, left, None, spelling)]
        case op.DropColumn(left=left):
            return _regain(table, left, spelling)
        case op.RenameColumn(left=left, column=column, reference=reference):
            strict = _tighten(name, left.column, spelling) if column.nullable else []
            gone = online.alter(name, f'DROP COLUMN IF EXISTS "{column.name}"')
            referred = online.add_reference(name, reference) if reference is not None else []
            return [*online.out_of_step(name, left.column.name, column.name), *_beside_view(table, [gone]), *strict, *referred]
        case op.AlterColumn(before=before, after=column):
            back = _alter_back(table, before, column, spelling)
            return _beside_view(table, back, when=before.type != column.type)
        case op.DropDefault(column=column):
            return [online.alter(name, f'ALTER COLUMN "{column.name}" SET DEFAULT {spelling.value(column)}')]
        case op.DropFill(column=column):
            return online.keep_filled(name, column, spelling)
        case op.AddUnique(column=unique):
            return [online.drop_constraint(name, unique_name(name, unique))]
        case op.DropUnique(column=unique):
            return online.add_unique(name, unique)
        case op.AddIndex(index=index):
            return [online.drop_index(index.name(name))]
        case op.DropIndex(index=index):
            return online.add_index(name, index)
        case op.AddReference(reference=reference):
            return [online.drop_constraint(name, reference_name(name, reference))]
        case op.DropReference(reference=reference):
            return online.add_reference(name, reference)
        case _:
            assert_never(operation)


def _new(column: Column, spelling: Spelling) -> str:
    kind = f'"{column.name}" {spelling.type(column)}'
    return kind if column.nullable else f"{kind} NOT NULL DEFAULT {spelling.value(column)}"


def _relax(table: str, left: Left, reference: Reference | None, spelling: Spelling) -> list[str]:
    column = left.column
    if column.nullable:
        return []
    if column.fill is None or left.unique or reference is not None:
        return [online.alter(table, f'ALTER COLUMN "{column.name}" DROP NOT NULL')]
    return [online.alter(table, f'ALTER COLUMN "{column.name}" SET DEFAULT {spelling.value(column)}')]


def _tighten(table: str, column: Column, spelling: Spelling) -> list[str]:
    if column.nullable:
        return []
    return [*_fill(table, column, spelling), *online.demand(table, column.name)]


def _fill(table: str, column: Column, spelling: Spelling) -> list[str]:
    if column.fill is None:
        return []
    return [online.backfill(table, f'"{column.name}" = {spelling.value(column)}', f'"{column.name}" IS NULL')]


def _restore(table: str, column: Column, spelling: Spelling) -> list[str]:
    if column.nullable:
        return [online.alter(table, f'ALTER COLUMN "{column.name}" DROP DEFAULT', f'ALTER COLUMN "{column.name}" DROP NOT NULL')]
    default = online.alter(table, f'ALTER COLUMN "{column.name}" SET DEFAULT {spelling.value(column)}')
    return [default, *_tighten(table, column, spelling)]


def _rename_column(operation: op.RenameColumn, table: Table, spelling: Spelling) -> list[str]:
    name, old, new = table.name, operation.left.column, operation.column
    loose = [f'ALTER COLUMN "{old.name}" DROP NOT NULL'] if new.nullable and not old.nullable else []
    loose += [f'ALTER COLUMN "{old.name}" DROP DEFAULT'] if old.name in table.defaulted else []
    value = online.forward(f'"{old.name}"', old, new, spelling)
    known = "" if old.nullable and not new.nullable else f' AND "{old.name}" IS NOT NULL'
    return [
        online.alter(name, f'ADD COLUMN IF NOT EXISTS "{new.name}" {spelling.type(new)}', *loose),
        *_unreferred(name, operation.reference),
        *online.keep_in_step(name, old, new, spelling),
        online.backfill(name, f'"{new.name}" = {value}', f'"{new.name}" IS NULL{known}'),
        *([] if new.nullable else online.demand(name, new.name)),
    ]


def _regain(table: Table, left: Left, spelling: Spelling) -> list[str]:
    """A column that was dropped, empty or, where another one took its place, with what that one holds."""
    name, column = table.name, left.column
    is_empty = left.follows is not None or left.unique or column.fill is None
    found = [online.alter(name, f"ADD COLUMN IF NOT EXISTS {_new(relaxed(column) if is_empty else column, spelling)}")]
    follows = table.column(left.follows) if left.follows is not None else None
    if follows is not None:
        cast = f'"{follows.name}"' if follows.type == column.type else f'CAST("{follows.name}" AS {spelling.type(column)})'
        found += online.keep_in_step(name, column, follows, spelling)
        found.append(online.backfill(name, f'"{column.name}" = {cast}', f'"{column.name}" IS NULL AND "{follows.name}" IS NOT NULL'))
        found += online.demand(name, column.name) if not column.nullable and not follows.nullable else []
    found += online.add_unique(name, column.name) if left.unique else []
    return [*found, *(each for index in left.indexes for each in online.add_index(name, index))]


def _alter(table: Table, before: Column, after: Column, spelling: Spelling) -> list[str]:
    name, column = table.name, after.name
    found: list[str] = []
    if before.type != after.type:
        using = "" if step(before, after) is Step.WIDER else f" USING {spelling.converted(f'{chr(34)}{column}{chr(34)}', before, after)}"
        default = [f'ALTER COLUMN "{column}" DROP DEFAULT'] if column in table.defaulted else []
        found.append(online.alter(name, *default, f'ALTER COLUMN "{column}" TYPE {spelling.type(after)}{using}'))
    if before.nullable and not after.nullable:
        kept = online.keep_filled(name, after, spelling) if after.fill is not None else []
        found += [*kept, *_tighten(name, after, spelling)]
    elif after.nullable and not before.nullable:
        found.append(online.alter(name, f'ALTER COLUMN "{column}" DROP NOT NULL', f'ALTER COLUMN "{column}" DROP DEFAULT'))
        found += online.no_longer_filled(name, column)
    return found


def _alter_back(table: Table, before: Column, after: Column, spelling: Spelling) -> list[str]:
    """The column as it was, with what was there for the version before it."""
    name, column = table.name, before.name
    found = _alter(table.with_(defaulted=()), after, before, spelling)
    if after.nullable and not before.nullable and column not in table.filled:
        found += online.no_longer_filled(name, column)
    if column in table.defaulted and (after.nullable or before.type != after.type):
        found.append(online.alter(name, f'ALTER COLUMN "{column}" SET DEFAULT {spelling.value(before)}'))
    return found


def _unreferred(table: str, reference: Reference | None) -> list[str]:
    return [online.drop_constraint(table, reference_name(table, reference))] if reference is not None else []


def _beside_view(table: Table, statements: list[str], *, when: bool = True) -> list[str]:
    """Statements that a view on the table would refuse: it goes, and comes back."""
    if table.alias is None or not when:
        return statements
    return [f'DROP VIEW IF EXISTS "{table.alias}"', *statements, online.show_as(table.alias, table)]


def _rename(table: Table, name: str, *, shown: bool) -> str:
    """A table's rename with all that is named after it, as one moment; the view by the old name comes or goes with it."""
    whole = physical(table, in_step=True)
    old, constraints = table.name, [("pk_", "")]
    constraints += [("uq_", f"_{each}") for each in whole.unique] + [("fk_", f"_{each.column}") for each in whole.references]
    moves = [f'ALTER TABLE "{old}" RENAME TO "{name}"']
    moves += [f'ALTER TABLE "{name}" RENAME CONSTRAINT "{kind}{old}{end}" TO "{kind}{name}{end}"' for kind, end in constraints]
    moves += [f'ALTER INDEX "{each.name(old)}" RENAME TO "{each.name(name)}"' for each in whole.indexes]
    view = [online.show_as(old, table.with_(name=name))] if shown else []
    gone = [] if shown else [f'DROP VIEW IF EXISTS "{name}"']
    body = "".join(f"  {each};\n" for each in (*gone, *moves, *view))
    there = f"EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('\"{old}\"') AND relkind = 'r')"
    return f"DO $$ BEGIN IF {there} THEN\n{body}END IF; END $$"


def _table(schema: Schema, name: str) -> Table:
    table = schema.table(name)
    assert table is not None, name
    return table
