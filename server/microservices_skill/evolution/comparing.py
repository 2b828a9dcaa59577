"""Compares the schema that a history amounts to with the one that the model asks for: the operations between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from microservices_skill.evolution import operations as op
from microservices_skill.evolution.errors import (
    ChangesTypeError,
    KeyChangedError,
    LosesDataError,
    NoValueError,
    UnconvertibleError,
    UnfinishedError,
)
from microservices_skill.evolution.folding import apply
from microservices_skill.evolution.operations import Operation
from microservices_skill.evolution.schema import Column, Left, Schema, Table
from microservices_skill.evolution.types import Step, step


@dataclass(frozen=True, slots=True)
class Renames:
    """What the model says was called otherwise: entities by their table, columns by their table and name."""

    tables: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[tuple[str, str], str] = field(default_factory=dict)


def compare(before: Schema, wanted: Schema, *, renames: Renames | None = None, destructive: bool = False) -> tuple[Operation, ...]:
    """The operations that lead from ``before`` to what is wanted; without ``destructive`` none of them loses anything.

    Raises:
        EvolutionError: the change is one that no safe migration follows from.
    """
    return tuple(_Comparison(before, wanted, renames or Renames(), destructive=destructive).run())


class _Comparison:
    """The operations that were found so far, and the schema that they lead to."""

    def __init__(self, before: Schema, wanted: Schema, renames: Renames, *, destructive: bool) -> None:
        self.before, self.wanted, self.renames, self.destructive = before, wanted, renames, destructive
        self.schema = before
        self.found: list[Operation] = []

    def run(self) -> list[Operation]:
        for table in self.wanted.tables:
            self._name(table)
        for table in self.before.tables:
            if self.wanted.table(table.name) is None and (here := self.schema.table(table.name)) is not None and not here.is_left:
                self._emit(op.LeaveTable(table=here))
        for table in self.wanted.tables:
            self._columns(table)
        for table in self.wanted.tables:
            self._constraints(table)
        if self.destructive:
            self._contract()
        return self.found

    def _emit(self, operation: Operation) -> None:
        self.schema = apply(operation, self.schema)
        self.found.append(operation)

    def _name(self, wanted: Table) -> None:
        here = self.schema.table(wanted.name)
        if here is not None:
            if here.is_left:
                self._return(here, wanted)
            return
        names = {wanted.entity, self.renames.tables.get(wanted.name, wanted.entity)} - {""}
        gone = (each for each in self.schema.tables if not each.is_left and self.wanted.table(each.name) is None)
        old = next((each for each in gone if each.entity in names), None)
        if any(each.alias == wanted.name for each in self.schema.tables):
            raise UnfinishedError(wanted.name, "the view by this name, a table's former one,")
        if old is None:
            self._emit(op.CreateTable(table=wanted))
            return
        if old.alias is not None:
            raise UnfinishedError(old.name, f"its rename from {old.alias}")
        self._emit(op.RenameTable(old=old.name, table=wanted.name, entity=wanted.entity, old_entity=old.entity))

    def _return(self, here: Table, wanted: Table) -> None:
        """A table comes back as it was left, and is changed from there like any other."""
        known = {each.name for each in wanted.columns}
        references = tuple(each for each in wanted.references if here.column(each.column) is not None)
        if here.primary_key != wanted.primary_key or not known >= set(wanted.primary_key):
            raise KeyChangedError(wanted.name, ", ".join(here.primary_key), ", ".join(wanted.primary_key))
        self._emit(op.RestoreTable(table=here.with_(is_left=False, entity=wanted.entity, references=references)))

    def _columns(self, wanted: Table) -> None:
        here = self._here(wanted)
        if here.primary_key != wanted.primary_key:
            raise KeyChangedError(wanted.name, ", ".join(here.primary_key), ", ".join(wanted.primary_key))
        for column in wanted.columns:
            old = here.column(column.name)
            if old is not None:
                self._alter(wanted, old, column)
            else:
                self._new(wanted, column)
        for column in here.columns:
            if wanted.column(column.name) is None and self._here(wanted).column(column.name) is not None:
                reference = next((each for each in here.references if each.column == column.name), None)
                self._emit(op.LeaveColumn(table=wanted.name, left=_left(here, column), reference=reference))

    def _alter(self, wanted: Table, old: Column, column: Column) -> None:
        table, name = wanted.name, column.name
        if (old.type, old.nullable) == (column.type, column.nullable):
            return
        match step(old, column):
            case Step.NARROWER if not self.destructive:
                raise LosesDataError(table, name, old.said, column.said)
            case Step.CONVERTED if not self.destructive:
                raise ChangesTypeError(table, name, old.said, column.said)
            case Step.IMPOSSIBLE:
                raise UnconvertibleError(table, name, old.said, column.said)
            case _:
                pass
        if any(each.follows == name for each in self._here(wanted).left) and old.type != column.type:
            raise UnfinishedError(table, f"the rename to {name}")
        if old.nullable and not column.nullable and column.fill is None:
            raise NoValueError(table, name)
        self._emit(op.AlterColumn(table=table, before=old, after=column))

    def _new(self, wanted: Table, column: Column) -> None:
        here, table = self._here(wanted), wanted.name
        left = here.left_column(column.name)
        if left is not None:
            self._restore(here, left, column)
            return
        former = self.renames.columns.get((table, column.name))
        old = here.column(former) if former is not None and wanted.column(former) is None else None
        if old is not None:
            self._rename(here, old, column)
            return
        if not column.nullable and column.fill is None:
            raise NoValueError(table, column.name)
        self._emit(op.AddColumn(table=table, column=column))

    def _rename(self, here: Table, old: Column, column: Column) -> None:
        if any(each.follows == old.name for each in here.left):
            raise UnfinishedError(here.name, f"the rename to {old.name}")
        if old.name in here.filled:
            raise UnfinishedError(here.name, f"{old.name}, which has become required,")
        match step(old, column):
            case Step.IMPOSSIBLE:
                raise UnconvertibleError(here.name, column.name, old.said, column.said)
            case Step.NARROWER:
                raise LosesDataError(here.name, column.name, old.said, column.said)
            case _:
                pass
        if old.nullable and not column.nullable and column.fill is None:
            raise NoValueError(here.name, column.name)
        reference = next((each for each in here.references if each.column == old.name), None)
        left = _left(here, old).model_copy(update={"follows": column.name})
        self._emit(op.RenameColumn(table=here.name, left=left, column=column, reference=reference))

    def _restore(self, here: Table, left: Left, column: Column) -> None:
        if left.follows is not None or left.column.type != column.type:
            raise UnfinishedError(here.name, f"the column {column.name} of before, a {left.column.said}, which is left behind,")
        if not column.nullable and column.fill is None:
            raise NoValueError(here.name, column.name)
        self._emit(op.RestoreColumn(table=here.name, left=left, column=column))

    def _constraints(self, wanted: Table) -> None:
        here, table = self._here(wanted), wanted.name
        gone: list[Operation] = [op.DropIndex(table=table, index=each) for each in here.indexes if each not in wanted.indexes]
        gone += [op.DropUnique(table=table, column=each) for each in here.unique if each not in wanted.unique]
        gone += [op.DropReference(table=table, reference=each) for each in here.references if each not in wanted.references]
        new: list[Operation] = [op.AddUnique(table=table, column=each) for each in wanted.unique if each not in here.unique]
        new += [op.AddReference(table=table, reference=each) for each in wanted.references if each not in here.references]
        new += [op.AddIndex(table=table, index=each) for each in wanted.indexes if each not in here.indexes]
        for operation in (*gone, *new):
            self._emit(operation)

    def _contract(self) -> None:
        """Whatever only the version before needs goes: what was there for it already, and what has left the model now."""
        for table in self.schema.tables:
            if table.is_left:
                self._emit(op.DropTable(table=table))
                continue
            former = self.renames.tables.get(table.name)
            if table.alias is not None and former is None and self._was(table, "alias", table.alias):
                self._emit(op.DropAlias(table=table.name, alias=table.alias))
            for left in table.left:
                if left.follows is None or (table.name, left.follows) not in self.renames.columns:
                    self._emit(op.DropColumn(table=table.name, left=left))
            for column in table.columns:
                if column.name in table.defaulted and self._was(table, "defaulted", column.name):
                    self._emit(op.DropDefault(table=table.name, column=column))
                if column.name in table.filled and self._was(table, "filled", column.name):
                    self._emit(op.DropFill(table=table.name, column=column))

    def _was(self, table: Table, what: str, name: str) -> bool:
        """Whether something that waits for its end has waited before this change."""
        names = (table.name, table.alias)
        before = next((each for each in self.before.tables if each.name in names), None)
        waiting = getattr(before, what) if before is not None else ()
        return bool(waiting == name if what == "alias" else name in waiting)

    def _here(self, wanted: Table) -> Table:
        here = self.schema.table(wanted.name)
        assert here is not None, wanted.name
        return here


def _left(table: Table, column: Column) -> Left:
    return Left(
        column=column,
        unique=column.name in table.unique,
        indexes=tuple(each for each in table.indexes if column.name in each.columns),
    )
