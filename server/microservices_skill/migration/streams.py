"""SQL that keeps a service's tables and the monolith's in step, in both directions, by PostgreSQL's logical replication.

Each change of a row is sent as the service keeps it (``migration.<table>_forward``, ``…_reverse``) and taken in on the other side by a
trigger of the apply worker. There ordinary triggers stay silent, so that nothing that was taken in is sent back.

Source: PostgreSQL 15, ch. 31 (Logical Replication) and ALTER TABLE … ENABLE REPLICA TRIGGER
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from microservices_skill.migration.monolith import Database, Monolith, Table
from microservices_skill.migration.targets import Move, Pair, Target
from microservices_skill.model.fields import Field, FieldType
from microservices_skill.model.naming import snake
from microservices_skill.rendering import render

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_TREE = "migration"
_TYPES = {
    FieldType.INTEGER: "bigint",
    FieldType.NUMBER: "double precision",
    FieldType.BOOLEAN: "boolean",
    FieldType.UUID: "uuid",
    FieldType.DATE: "date",
    FieldType.DATETIME: "timestamptz",
}


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field, its column in the monolith, and the table whose numbers become public ids, if it refers to one."""

    name: str
    type: str
    column: str
    referred: str
    referred_key: str


@dataclass(frozen=True, slots=True)
class MoveView:
    """A table that moves: its names on both sides, and its fields as each statement lists them."""

    table: str
    own: str
    key: str
    target: str
    kept_in: str
    retired: str
    now: str
    forward: str
    reverse: str
    send: str
    take: str
    fields: tuple[FieldView, ...]
    described: str
    typed: str
    names: str
    columns: str
    news: str
    renewed: str
    kept: str
    excluded: str
    assigned: str
    taken: str


@dataclass(frozen=True, slots=True)
class PublicId:
    """A table whose rows get public ids."""

    own: str
    key: str
    index: str


@dataclass(frozen=True, slots=True)
class Both:
    """What the scripts for both sides print."""

    service: str
    namespace: str
    forward: str
    reverse: str
    tables_forward: str
    tables_reverse: str
    moves: tuple[MoveView, ...]
    public_ids: tuple[PublicId, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A subscription: who has it, from whom, and whether it begins with the rows that are there."""

    here: str
    there: str
    name: str
    copies: str


@dataclass(frozen=True, slots=True)
class Retirement:
    """What goes from one side at the end."""

    here: str
    order: str
    taken: str
    sent: str
    moves: tuple[MoveView, ...]


def scripts(monolith: Monolith, target: Target) -> dict[str, str]:
    """Each script of a service by its file name; none where no table moves by a stream."""
    if monolith.database is Database.OTHER or not target.moves:
        return {}
    both = _both(monolith, target)
    service, old = f"service {target.service.name}", "monolith"
    forward = Link(service, old, both.forward, "true")
    reverse = Link(old, service, both.reverse, "false")
    ours = tuple(replace(move, kept_in=move.target, retired="") for move in both.moves)
    theirs = tuple(replace(move, kept_in=move.own, retired=_quoted(f"{move.table}_retired")) for move in both.moves)
    return {
        "1-prepare-monolith.sql": _sql("prepare-monolith", both),
        "2-stream-service.sql": _sql("stream-service", both),
        "3-stream-monolith.sql": _sql("stream-monolith", both),
        "4-connect-service.sql": _sql("connect", forward),
        "5-connect-monolith.sql": _sql("connect", reverse),
        "9-retire-monolith.sql": _sql("retire", Retirement(old, ", after the service's", both.reverse, both.forward, theirs)),
        "9-retire-service.sql": _sql("retire", Retirement(service, ", before the monolith's", both.forward, both.reverse, ours)),
        "caught-up-monolith.sql": _sql("caught-up", replace(forward, here=old, there=service)),
        "caught-up-service.sql": _sql("caught-up", replace(reverse, here=service, there=old)),
        "check.sql": _sql("check", both),
    }


def _sql(name: str, view: DataclassInstance) -> str:
    return render(_TREE, f"{name}.sql.jinja", view)


def _both(monolith: Monolith, target: Target) -> Both:
    name = f"{snake(monolith.name)}_{snake(target.service.name)}"
    moves = tuple(_move(monolith, move) for move in target.moves)
    return Both(
        service=target.service.name,
        namespace=monolith.namespace,
        forward=f"{name}_forward",
        reverse=f"{name}_reverse",
        tables_forward=", ".join(f"migration.{move.forward}" for move in moves),
        tables_reverse=", ".join(f"migration.{move.reverse}" for move in moves),
        moves=moves,
        public_ids=tuple(_public_ids(monolith, target)),
    )


def _public_ids(monolith: Monolith, target: Target) -> Iterator[PublicId]:
    """The tables that move, and those that they refer to, as far as their keys are numbers."""
    referred = (pair.column.references for move in target.moves for pair in move.pairs)
    names = [*(move.table.name for move in target.moves), *(name for name in referred if name is not None)]
    for table in (monolith.tables_by_name[name] for name in dict.fromkeys(names)):
        if _has_numbers(table):
            yield PublicId(_own(monolith, table), _quoted(table.key.column), _quoted(f"{table.name}_public_id"))


def _move(monolith: Monolith, move: Move) -> MoveView:
    table = move.table
    fields = tuple(_field(monolith, pair) for pair in move.pairs)
    names, columns = [each.name for each in fields], [each.column for each in fields]
    described = [table.key.column, "public_id", *(pair.column.name for pair in move.pairs)]
    return MoveView(
        table=table.name,
        own=_own(monolith, table),
        key="public_id" if _has_numbers(table) else _quoted(table.key.column),
        target=f"public.{_quoted(move.entity.table)}",
        kept_in="",
        retired="",
        now=_quoted(f"{table.name}_now"),
        forward=_quoted(f"{table.name}_forward"),
        reverse=_quoted(f"{table.name}_reverse"),
        send=_quoted(f"{table.name}_send"),
        take=_quoted(f"{table.name}_take"),
        fields=fields,
        described=", ".join(f"'{name}'" for name in described),
        typed=", ".join(f"{each.name} {each.type}" for each in fields),
        names=", ".join(names),
        columns=", ".join(columns),
        news=_each("NEW.{}", names),
        renewed=_each("{0} = EXCLUDED.{0}", names),
        kept=_each("kept.{}", names),
        excluded=_each("EXCLUDED.{}", names),
        assigned=_each("{0} = taken.{0}", columns),
        taken=_each("taken.{}", columns),
    )


def _field(monolith: Monolith, pair: Pair) -> FieldView:
    referred = monolith.tables_by_name.get(pair.column.references or "")
    by_number = referred if referred is not None and _has_numbers(referred) else None
    return FieldView(
        name=_quoted(pair.field.name),
        type=_type(pair.field),
        column=_quoted(pair.column.name),
        referred=_own(monolith, by_number) if by_number is not None else "",
        referred_key=_quoted(by_number.key.column) if by_number is not None else "",
    )


def _each(form: str, names: Iterable[str]) -> str:
    return ", ".join(form.format(name) for name in names)


def _has_numbers(table: Table) -> bool:
    return table.key.type == "integer"


def _own(monolith: Monolith, table: Table) -> str:
    return f"{_quoted(monolith.namespace)}.{_quoted(table.name)}"


def _type(field: Field) -> str:
    if field.type is FieldType.DECIMAL:
        return "numeric({}, {})".format(*field.digits)
    return _TYPES.get(field.type, "text")


def _quoted(name: str) -> str:
    return f'"{name}"'
