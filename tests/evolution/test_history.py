"""Histories of schemas: what a changed model adds to one, what it never does without being told, and what is refused."""

from __future__ import annotations

import json
import sqlite3

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.evolution.strategies import schemas

from microservices_skill.evolution import operations as op
from microservices_skill.evolution.comparing import Renames, compare
from microservices_skill.evolution.errors import (
    ChangesTypeError,
    EvolutionError,
    LosesDataError,
    NoValueError,
    RecordError,
    UnconvertibleError,
    UnfinishedError,
)
from microservices_skill.evolution.history import History, dump, first, grown, read
from microservices_skill.evolution.naming import waiting
from microservices_skill.evolution.schema import Column, Kind, Schema, Table, as_modelled
from microservices_skill.evolution.spelling import Driver
from microservices_skill.evolution.statements import script

RELAXED = settings(suppress_health_check=[HealthCheck.filter_too_much], deadline=None)


def table(*columns: Column, name: str = "orders", entity: str = "Order") -> Table:
    return Table(name=name, entity=entity, columns=(Column(name="id", kind=Kind.UUID), *columns), primary_key=("id",))


def text(name: str, length: int = 40, *, nullable: bool = False) -> Column:
    return Column(name=name, kind=Kind.STRING, length=length, nullable=nullable, fill=None if nullable else "")


def one(*columns: Column) -> Schema:
    return Schema(tables=(table(*columns),))


@given(schemas())
def test_a_schema_differs_in_nothing_from_itself(schema: Schema) -> None:
    assert compare(schema, schema) == ()


@RELAXED
@given(models=st.lists(schemas(), min_size=1, max_size=4), destructive=st.booleans())
def test_a_history_amounts_to_what_the_last_model_asks_for(models: list[Schema], *, destructive: bool) -> None:
    history = _histories(models, destructive=destructive)
    assert as_modelled(history.schema_now) == as_modelled(models[-1])
    assert read(dump(history), source="x") == history
    assert grown(history, models[-1]) == history
    contracted = grown(history, models[-1], destructive=True)
    assert waiting(grown(contracted, models[-1], destructive=True).schema_now) == ()


@RELAXED
@given(models=st.lists(schemas(), min_size=2, max_size=3), driver=st.sampled_from(Driver), destructive=st.booleans())
def test_every_migration_runs_on_sqlite_up_and_down_and_up(models: list[Schema], driver: Driver, *, destructive: bool) -> None:
    history = _histories(models, destructive=destructive)
    database = sqlite3.connect(":memory:")
    scripts = [script(each, before, driver) for each, before in zip(history.migrations, history.schemas, strict=False)]
    shapes = [_shape(database)]
    for each in scripts:
        _run(database, each.sqlite.up)
        shapes.append(_shape(database))
    for each, shape in zip(reversed(scripts), reversed(shapes[:-1]), strict=True):
        _run(database, each.sqlite.down)
        assert _shape(database) == shape
    for each, shape in zip(scripts, shapes[1:], strict=True):
        _run(database, each.sqlite.up)
        assert _shape(database) == shape


def test_nothing_that_leaves_the_model_is_dropped_without_the_flag() -> None:
    before = Schema(tables=(table(text("note")), table(name="visits", entity="Visit")))
    left = grown(first(before), one())
    assert [each.op for each in left.migrations[-1].operations] == ["leave_table", "leave_column"]
    assert waiting(left.schema_now) == ("orders.note is left behind", "visits is left behind")
    gone = grown(left, one(), destructive=True)
    assert [each.op for each in gone.migrations[-1].operations] == ["drop_column", "drop_table"]
    assert waiting(gone.schema_now) == ()
    assert script(gone.migrations[-1], left.schema_now, Driver.TYPEORM).loses == ("orders.note", "visits")


def test_a_field_that_comes_back_finds_its_values() -> None:
    left = grown(first(one(text("note"))), one())
    assert [each.op for each in grown(left, one(text("note"))).migrations[-1].operations] == ["restore_column"]


def test_a_rename_is_contracted_only_once_formerly_is_gone_and_the_flag_is_given() -> None:
    renames = Renames(columns={("orders", "remark"): "note"})
    history = grown(first(one(text("note"))), one(text("remark")), renames=renames)
    assert [each.op for each in history.migrations[-1].operations] == ["rename_column"]
    assert grown(history, one(text("remark")), renames=renames, destructive=True) == history
    assert grown(history, one(text("remark"))) == history
    last = grown(history, one(text("remark")), destructive=True).migrations[-1]
    assert last.operations == (op.DropColumn(table="orders", left=history.schema_now.tables[0].left[0]),)


def test_a_table_is_renamed_after_its_entity() -> None:
    renames = Renames(tables={"purchases": "Order"})
    wanted = Schema(tables=(table(text("note"), name="purchases", entity="Purchase"),))
    history = grown(first(one(text("note"))), wanted, renames=renames)
    assert [each.op for each in history.migrations[-1].operations] == ["rename_table"]
    assert history.migrations[-1].title == "0002_order_rename"
    assert waiting(history.schema_now) == ("view orders shows purchases",)
    again = Schema(tables=(table(text("note"), name="buys", entity="Buy"),))
    with pytest.raises(UnfinishedError, match="purchases: its rename from orders"):
        grown(history, again, renames=Renames(tables={"buys": "Purchase"}))


@pytest.mark.parametrize(
    ("before", "after", "error", "said"),
    [
        (text("note", 40), text("note", 20), LosesDataError, r"orders\.note: string\(40\) becomes string\(20\).*--allow-destructive"),
        (
            Column(name="size", kind=Kind.BIGINT, fill="0"),
            Column(name="size", kind=Kind.DECIMAL, precision=21, scale=2, fill="0"),
            ChangesTypeError,
            r"orders\.size: bigint becomes decimal\(21, 2\).*formerly: size",
        ),
        (Column(name="size", kind=Kind.BOOLEAN, fill="false"), text("size"), UnconvertibleError, "do not convert from boolean"),
        (text("note", nullable=True), text("note").model_copy(update={"fill": None}), NoValueError, "required: false"),
        (None, Column(name="owner", kind=Kind.UUID), NoValueError, r"orders\.owner"),
    ],
)
def test_what_cannot_be_done_safely_is_refused_with_what_to_do(
    before: Column | None, after: Column, error: type[EvolutionError], said: str
) -> None:
    with pytest.raises(error, match=said):
        grown(first(one(*([before] if before else []))), one(after))


def test_with_the_flag_values_are_cut_and_converted_in_place() -> None:
    history = grown(first(one(text("note", 40))), one(text("note", 20)), destructive=True)
    found = script(history.migrations[-1], history.schemas[1], Driver.SQLALCHEMY)
    assert found.loses == ("orders.note (what does not fit)",)
    assert "rewritten: stop the version before first" in found.locks


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<<<<<<< ours\n{"format": 1}\n=======\n', "markers of a merge.*deployed first.*next number"),
        ("{", "is not JSON"),
        ("[]", "is not a history"),
        ('{"format": 2, "migrations": []}', "format 2; upgrade"),
        ('{"format": 1, "migrations": []}', "has no migration"),
        ('{"format": 1, "migrations": [{"number": 2, "name": "a", "operations": []}]}', "0002_a where number 0001 belongs"),
        ('{"format": 1, "migrations": [{"number": 1, "name": "a", "operations": [{"op": "burn"}]}]}', "is not a history"),
    ],
)
def test_a_damaged_record_says_where_and_how_to_mend_it(text: str, said: str) -> None:
    with pytest.raises(RecordError, match=f"^services/order/schema-history.json.*{said}"):
        read(text, source="services/order/schema-history.json")


def test_two_branches_that_both_made_the_next_migration_are_told_so() -> None:
    ours, theirs = (grown(first(one()), one(text(name))) for name in ("note", "remark"))
    both = History(migrations=(*ours.migrations, theirs.migrations[1]))
    with pytest.raises(RecordError, match=r"0002_order_add_remark where number 0003 belongs.*two branches"):
        read(dump(both), source="x")


def test_the_record_is_made_for_people() -> None:
    migration = json.loads(dump(grown(first(one()), one(text("note")))))["migrations"][1]
    assert (migration["number"], migration["name"]) == (2, "order_add_note")
    column = {"name": "note", "kind": "string", "length": 40, "fill": ""}
    assert migration["operations"] == [{"op": "add_column", "table": "orders", "column": column}]


def _histories(models: list[Schema], *, destructive: bool) -> History:
    """A history of those models that follow from each other; the last one does."""
    history = first(models[0])
    for model in models[1:]:
        try:
            history = grown(history, model, destructive=destructive)
        except EvolutionError:
            assume(model is not models[-1])
    return history


def _run(database: sqlite3.Connection, statements: tuple[str, ...]) -> None:
    for statement in statements:
        database.execute(statement)


def _shape(database: sqlite3.Connection) -> list[object]:
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    columns = [sorted(row[1:4] for row in database.execute(f'PRAGMA table_info("{name}")')) for name in names]
    indexes = sorted(map(str, database.execute("SELECT tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")))
    return [names, columns, indexes]
