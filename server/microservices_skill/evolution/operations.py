"""What a migration does, step by step."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Spec

from microservices_skill.evolution.schema import Column, Index, Left, Name, Part, Reference, Table


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
