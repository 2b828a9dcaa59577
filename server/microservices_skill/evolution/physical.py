"""A table as a database has it: with what is left behind and demands nothing any more."""

from __future__ import annotations

from microservices_skill.evolution.schema import Column, Table


def physical(table: Table, *, in_step: bool) -> Table:
    """All columns in one list; those that only keep in step with another one are there ``in_step`` or not at all."""
    left = [each for each in table.left if in_step or each.follows is None]
    return table.with_(
        columns=(*table.columns, *(relaxed(each.column) for each in left)),
        unique=(*table.unique, *(each.column.name for each in left if each.unique)),
        indexes=(*table.indexes, *(index for each in left for index in each.indexes)),
        left=(),
    )


def relaxed(column: Column) -> Column:
    """A column that new rows may leave empty."""
    return column.model_copy(update={"nullable": True})
