"""A migration as the statements that each database runs, up and down, with one line that says what it asks of a database in use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from microservices_skill.evolution import operations as op
from microservices_skill.evolution import postgresql
from microservices_skill.evolution.folding import apply
from microservices_skill.evolution.history import Migration
from microservices_skill.evolution.naming import said
from microservices_skill.evolution.operations import Operation
from microservices_skill.evolution.rebuilding import rebuild
from microservices_skill.evolution.schema import Schema
from microservices_skill.evolution.spelling import Driver, sqlite
from microservices_skill.evolution.spelling import postgresql as postgresql_spelling
from microservices_skill.evolution.types import Step, step

LOCK_TIMEOUT = "SET lock_timeout = '10s'"
"""How long a statement may wait for those that use a table before it gives up, so that others do not queue behind it."""

WIDTH = 110
_SPACES = re.compile(r" (?=(?:[^']*'[^']*')*[^']*$)")
"""Spaces outside of quotes."""


@dataclass(frozen=True, slots=True)
class Statements:
    """What one database runs."""

    up: tuple[str, ...]
    down: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """A migration for both databases."""

    does: tuple[str, ...]
    locks: str
    loses: tuple[str, ...]
    postgresql: Statements
    sqlite: Statements


def script(migration: Migration, before: Schema, driver: Driver) -> Script:
    """A migration on the schema before it."""
    spelling, small = postgresql_spelling(driver), sqlite(driver)
    up, schema = [LOCK_TIMEOUT], before
    down: list[str] = []
    dropped = {(each.table, each.left.column.name) for each in migration.operations if isinstance(each, op.DropColumn)}
    for operation in migration.operations:
        leaves = isinstance(operation, op.LeaveColumn) and (operation.table, operation.left.column.name) in dropped
        up += [] if leaves else postgresql.upgrade(operation, schema, spelling)
        down[:0] = postgresql.downgrade(operation, schema, spelling)
        schema = apply(operation, schema)
    steps = migration.operations
    return Script(
        does=tuple(map(said, steps)),
        locks=_locks(steps),
        loses=tuple(_lost(steps)),
        postgresql=_laid_out(up, [LOCK_TIMEOUT, *down]),
        sqlite=_laid_out(rebuild(before, schema, steps, small), rebuild(schema, before, steps, small, back=True)),
    )


def _laid_out(up: list[str], down: list[str]) -> Statements:
    return Statements(tuple(map(laid_out, up)), tuple(map(laid_out, down)))


def laid_out(statement: str) -> str:
    """A statement with no line that is too long to read; what is quoted stays whole."""
    return "\n".join(piece for line in statement.split("\n") for piece in _wrapped(line))


def _wrapped(line: str) -> Iterator[str]:
    indent = " " * (len(line) - len(line.lstrip()))
    here = ""
    for word in _SPACES.split(line.lstrip()):
        if here and len(here) + len(word) + 1 > WIDTH:
            yield here
            here = f"{indent}  {word}"
        else:
            here = f"{here} {word}" if here else f"{indent}{word}"
    yield here


def _locks(steps: tuple[Operation, ...]) -> str:
    rewritten = [
        f"{each.table}.{each.after.name}"
        for each in steps
        if isinstance(each, op.AlterColumn) and step(each.before, each.after) not in (Step.SAME, Step.WIDER)
    ]
    if rewritten:
        return f"ACCESS EXCLUSIVE while {', '.join(rewritten)} is rewritten: stop the version before first"
    if all(isinstance(each, op.CreateTable) for each in steps):
        return "none on tables in use"
    return "ACCESS EXCLUSIVE for moments only; rows, checks and indexes are worked through while others read and write"


def _lost(steps: tuple[Operation, ...]) -> Iterator[str]:
    for each in steps:
        if isinstance(each, op.DropTable):
            yield each.table.name
        elif isinstance(each, op.DropColumn) and each.left.follows is None:
            yield f"{each.table}.{each.left.column.name}"
        elif isinstance(each, op.AlterColumn) and step(each.before, each.after) is Step.NARROWER:
            yield f"{each.table}.{each.after.name} (what does not fit)"
