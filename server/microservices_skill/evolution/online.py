"""Statements that change a PostgreSQL table while versions of a service use it.

Each runs in a transaction of its own and can run again, so that a migration that was cut off is simply repeated.
"""

from __future__ import annotations

from microservices_skill.evolution.definitions import index_columns, named, reference, reference_name, unique_name
from microservices_skill.evolution.schema import Column, Index, Kind, Reference, Table
from microservices_skill.evolution.spelling import Spelling

BATCH = 10_000
"""Rows that a backfill changes before it lets others have their turn."""


def alter(table: str, *actions: str) -> str:
    """A change of a table; several actions are one moment."""
    return f'ALTER TABLE "{table}" {", ".join(actions)}'


def backfill(table: str, assignment: str, condition: str) -> str:
    """Change the rows that a condition names, a batch at a time, each committed."""
    rows = f'SELECT ctid FROM "{table}" WHERE {condition} LIMIT {BATCH}'  # noqa: S608 - names are constrained
    return (
        f'DO $$ BEGIN LOOP\n  UPDATE "{table}" SET {assignment} WHERE ctid = ANY (ARRAY({rows})) AND {condition};\n'  # noqa: S608 - as above
        "  EXIT WHEN NOT FOUND;\n  COMMIT;\nEND LOOP; END $$"
    )


def demand(table: str, column: str) -> list[str]:
    """NOT NULL, proven while others write: only the last statement locks them out, and it reads nothing."""
    check = named("ck", table, column, "known")
    return [
        alter(table, f'DROP CONSTRAINT IF EXISTS "{check}"', f'ADD CONSTRAINT "{check}" CHECK ("{column}" IS NOT NULL) NOT VALID'),
        alter(table, f'VALIDATE CONSTRAINT "{check}"'),
        alter(table, f'ALTER COLUMN "{column}" SET NOT NULL', f'DROP CONSTRAINT "{check}"'),
    ]


def add_index(table: str, index: Index) -> list[str]:
    """An index that is built while others write; what an attempt before left unfinished goes first."""
    name = index.name(table)
    return [drop_index(name), f'CREATE INDEX CONCURRENTLY "{name}" ON {index_columns(table, index)}']


def drop_index(name: str) -> str:
    """The end of an index, while others read."""
    return f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"'


def add_unique(table: str, column: str) -> list[str]:
    """A unique constraint whose index is built while others write."""
    name = unique_name(table, column)
    return [
        alter(table, f'DROP CONSTRAINT IF EXISTS "{name}"'),
        drop_index(name),
        f'CREATE UNIQUE INDEX CONCURRENTLY "{name}" ON "{table}" ("{column}")',
        alter(table, f'ADD CONSTRAINT "{name}" UNIQUE USING INDEX "{name}"'),
    ]


def add_reference(table: str, found: Reference) -> list[str]:
    """A foreign key that is checked while others write."""
    name = reference_name(table, found)
    return [
        alter(table, f'DROP CONSTRAINT IF EXISTS "{name}"', f'ADD CONSTRAINT "{name}" {reference(found)} NOT VALID'),
        alter(table, f'VALIDATE CONSTRAINT "{name}"'),
    ]


def drop_constraint(table: str, name: str) -> str:
    """The end of a constraint, and be it because its table has gone before."""
    return f'ALTER TABLE IF EXISTS "{table}" DROP CONSTRAINT IF EXISTS "{name}"'


def keep_in_step(table: str, old: Column, new: Column, spelling: Spelling) -> list[str]:
    """A trigger that carries what one version writes to the column of the other one."""
    name = named("step", table, old.name, new.name)
    forth = forward(f'NEW."{old.name}"', old, new, spelling)
    body = f"""BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW."{new.name}" IS NULL THEN NEW."{new.name}" := {forth};
    ELSE {_back(old, new, spelling)} END IF;
  ELSIF NEW."{new.name}" IS DISTINCT FROM OLD."{new.name}" THEN {_back(old, new, spelling)}
  ELSIF NEW."{old.name}" IS DISTINCT FROM OLD."{old.name}" THEN NEW."{new.name}" := {forth};
  END IF;
  RETURN NEW;
END"""
    return _trigger(table, name, body)


def out_of_step(table: str, old: str, new: str) -> list[str]:
    """The end of such a trigger."""
    return _no_trigger(table, named("step", table, old, new))


def keep_filled(table: str, column: Column, spelling: Spelling) -> list[str]:
    """A trigger that fills what the version before leaves empty."""
    value = spelling.value(column)
    body = f"""BEGIN
  IF NEW."{column.name}" IS NULL THEN NEW."{column.name}" := {value}; END IF;
  RETURN NEW;
END"""
    return _trigger(table, named("fill", table, column.name), body)


def no_longer_filled(table: str, column: str) -> list[str]:
    """The end of such a trigger."""
    return _no_trigger(table, named("fill", table, column))


def forward(source: str, old: Column, new: Column, spelling: Spelling) -> str:
    """What the new column holds for a value of the old one."""
    value = spelling.converted(source, old, new)
    return value if new.nullable or not old.nullable else f"coalesce({value}, {spelling.value(new)})"


def show_as(alias: str, table: Table) -> str:
    """A view by a table's former name, through which the version before reads and writes."""
    columns = ", ".join(f'"{name}"' for name in (*(each.name for each in table.columns), *(each.column.name for each in table.left)))
    return f'CREATE OR REPLACE VIEW "{alias}" AS SELECT {columns} FROM "{table.name}"'  # noqa: S608 - names are constrained


def _back(old: Column, new: Column, spelling: Spelling) -> str:
    """Give the old column what the new one holds; what its type cannot say becomes its neutral value."""
    source = f'NEW."{new.name}"'
    value = source if old.type == new.type else f"CAST({source} AS {spelling.type(old)})"
    if old.kind is Kind.BIGINT and new.kind in (Kind.DECIMAL, Kind.DOUBLE):
        value = f"CAST(round({source}) AS bigint)"
    if old.type == new.type:
        return f'NEW."{old.name}" := {value};'
    otherwise = "NULL" if old.nullable or old.fill is None else spelling.value(old)
    return f'BEGIN NEW."{old.name}" := {value}; EXCEPTION WHEN OTHERS THEN NEW."{old.name}" := {otherwise}; END;'


def _trigger(table: str, name: str, body: str) -> list[str]:
    return [
        f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $$\n{body} $$',
        f'CREATE OR REPLACE TRIGGER "{name}" BEFORE INSERT OR UPDATE ON "{table}" FOR EACH ROW EXECUTE FUNCTION "{name}"()',
    ]


def _no_trigger(table: str, name: str) -> list[str]:
    return [f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"', f'DROP FUNCTION IF EXISTS "{name}"()']
