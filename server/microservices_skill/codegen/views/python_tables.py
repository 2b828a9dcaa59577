"""The tables of a service as the first migration makes them."""

from __future__ import annotations

from dataclasses import dataclass

from microservices_skill.codegen.quoting import py_str
from microservices_skill.codegen.views.python_types import migration_columns
from microservices_skill.codegen.views.shared import ordered_entities
from microservices_skill.model import wire
from microservices_skill.model.entity import Entity
from microservices_skill.model.service import Service


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns, constraints and indexes as Alembic's source."""

    name: str
    columns: tuple[str, ...]
    constraints: tuple[str, ...]
    indexes: tuple[str, ...]


def tables_of(service: Service) -> tuple[Table, ...]:
    """The tables, each after those that it refers to (as far as references are not circular)."""
    return tuple(_table(entity, service) for entity in ordered_entities(service))


def _table(entity: Entity, service: Service) -> Table:
    table = entity.table
    state = wire.state_field(entity)
    columns = ['sa.Column("id", sa.Uuid(), nullable=False)', 'sa.Column("version", sa.Integer(), nullable=False)']
    columns += ['sa.Column("created_at", moment, nullable=False)', 'sa.Column("updated_at", moment, nullable=False)']
    columns += [column for field in entity.fields for column in migration_columns(field)]
    constraints = [f'sa.PrimaryKeyConstraint("id", name="pk_{table}")']
    indexes = []
    for field in entity.fields:
        name = field.name
        if field.references is not None:
            target = service.entity(field.references)
            key = f"{target.table}.id" if target is not None else ""
            constraints.append(f'sa.ForeignKeyConstraint(["{name}"], ["{key}"], name="fk_{table}_{name}")')
            indexes.append(_index(table, name))
        if field.unique:
            constraints.append(f'sa.UniqueConstraint("{name}", name="uq_{table}_{name}")')
    if state is not None:
        columns.append(f'sa.Column("{state.name}", sa.String(40), nullable=False)')
        indexes.append(_index(table, state.name))
    return Table(py_str(table), tuple(columns), tuple(constraints), tuple(indexes))


def _index(table: str, column: str) -> str:
    return f'op.create_index("ix_{table}_{column}", "{table}", ["{column}"])'
