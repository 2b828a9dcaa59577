"""A migration as statements of SQLite: a table that changes is made anew and its rows are carried over, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from microservices_skill.evolution import operations as op
from microservices_skill.evolution.definitions import create_table, table_extras
from microservices_skill.evolution.operations import Operation
from microservices_skill.evolution.physical import physical
from microservices_skill.evolution.schema import Column, Schema, Table
from microservices_skill.evolution.spelling import Spelling


def rebuild(before: Schema, after: Schema, operations: Iterable[Operation], spelling: Spelling, *, back: bool = False) -> list[str]:
    """The statements that lead from one schema to another; ``back`` where the operations are taken back."""
    tables, columns = _names(operations, back=back)
    here = {each.name: physical(each, in_step=False) for each in before.tables}
    found: list[str] = []
    taken: set[str] = set()
    for each in after.tables:
        table = physical(each, in_step=False)
        old = here.get(tables.get(table.name, table.name))
        if old is None:
            found += [create_table(table, spelling), *table_extras(table, spelling)]
            continue
        taken.add(old.name)
        if _kept(old) != _kept(table):
            found += _made_anew(old, table, columns, spelling)
    return found + [f'DROP TABLE "{name}"' for name in reversed(here) if name not in taken]


def _names(operations: Iterable[Operation], *, back: bool) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """Where tables and columns come from, by what they are called afterwards."""
    tables: dict[str, str] = {}
    columns: dict[tuple[str, str], str] = {}
    for each in operations:
        if isinstance(each, op.RenameTable):
            tables[each.old if back else each.table] = each.table if back else each.old
        elif isinstance(each, op.RenameColumn):
            old, new = each.left.column.name, each.column.name
            columns[each.table, old if back else new] = new if back else old
    if back:
        renamed = {now: before for before, now in tables.items()}
        columns = {(renamed.get(table, table), column): source for (table, column), source in columns.items()}
    return tables, columns


def _kept(table: Table) -> Table:
    """What SQLite has of a table: nothing there is for a version beside."""
    plain = tuple(each.model_copy(update={"fill": None}) for each in table.columns)
    return table.with_(columns=plain, defaulted=(), filled=(), alias=None, is_left=False, entity="")


def _made_anew(old: Table, table: Table, columns: Mapping[tuple[str, str], str], spelling: Spelling) -> list[str]:
    draft = f"_new_{table.name}"
    known = {each.name: each for each in old.columns}
    targets, sources = [], []
    for column in table.columns:
        source = known.get(column.name) or known.get(columns.get((table.name, column.name), ""))
        targets.append(f'"{column.name}"')
        sources.append(_value(source, column, spelling))
    return [
        create_table(table, spelling, name=draft),
        f'INSERT INTO "{draft}" ({", ".join(targets)}) SELECT {", ".join(sources)} FROM "{old.name}"',  # noqa: S608 - names are constrained
        f'DROP TABLE "{old.name}"',
        f'ALTER TABLE "{draft}" RENAME TO "{table.name}"',
        *table_extras(table, spelling),
    ]


def _value(source: Column | None, column: Column, spelling: Spelling) -> str:
    neutral = spelling.value(column) if column.fill is not None else ""
    if source is None:
        return "NULL" if column.nullable or not neutral else neutral
    value = spelling.converted(f'"{source.name}"', source, column)
    return f"coalesce({value}, {neutral})" if source.nullable and not column.nullable and neutral else value
