"""A monolith as its team describes it: ``monolith.yaml``. Modules, the tables that they write, and the traffic that they carry."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field as Spec
from pydantic import StringConstraints, model_validator

from microservices_skill.model.fields import Classification, FieldType
from microservices_skill.model.naming import pascal, snake
from microservices_skill.model.service import ApiPath, Method
from microservices_skill.model.types import FieldName, Line, Node, Slug, TypeName

VERSION: Literal["microservices-skill/v1"] = "microservices-skill/v1"

#: A table or a column as the database spells it; it is quoted wherever it is used.
SqlName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=50)]
#: ``shop-monolith:8080``: where the gateway finds it.
Address = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$", max_length=200)]
Rate = Annotated[float, Spec(ge=0, le=1e7)]

STREAMED = frozenset(FieldType) - {FieldType.MONEY, FieldType.OBJECT, FieldType.LIST}
"""The types that a column of one value can have."""


class Database(StrEnum):
    """What keeps the monolith's tables."""

    POSTGRESQL = "postgresql"
    OTHER = "other"


class Route(Node):
    """Requests that a module answers; ``operation`` is the service's that will, where it is not the usual one of ``table``."""

    method: Method
    path: ApiPath
    table: SqlName | None = None
    per_second: Rate = 0
    operation: Line = ""


class Call(Node):
    """What a module asks another one for."""

    module: Slug
    purpose: Line = ""
    per_second: Rate = 0


class Module(Node):
    """A part of the monolith. ``value`` is what the business gains when it changes alone, from 1 to 5; ``changes`` are a month's.

    ``critical``: a wrong answer costs money or harms somebody. ``stays``: it is not to leave.
    """

    name: Slug
    purpose: Line = ""
    service: Slug | None = None
    stays: bool = False
    value: Annotated[int, Spec(ge=1, le=5)] = 3
    changes: Annotated[float, Spec(ge=0, le=1e6)] = 0
    critical: bool = False
    routes: Annotated[tuple[Route, ...], Spec(max_length=500)] = ()
    calls: Annotated[tuple[Call, ...], Spec(max_length=200)] = ()

    @property
    def target(self) -> str:
        """The service that it becomes."""
        return self.service or self.name


class Column(Node):
    """A column, and the field of the service's entity that takes it; ``references`` is another table."""

    name: SqlName
    type: FieldType = FieldType.STRING
    field: FieldName | None = None
    max_length: Annotated[int, Spec(ge=1, le=10_000)] | None = None
    precision: Annotated[int, Spec(ge=1, le=38)] | None = None
    scale: Annotated[int, Spec(ge=0, le=12)] | None = None
    values: tuple[str, ...] = ()
    required: bool = True
    unique: bool = False
    references: SqlName | None = None
    classification: Classification = Classification.INTERNAL

    @model_validator(mode="after")
    def _is_one_value(self) -> Self:
        if self.type not in STREAMED:
            raise ValueError(f"type {self.type} is more than one column; describe each column by itself")
        return self

    @property
    def target(self) -> str:
        """The field that takes it."""
        return self.field or snake(self.name)


class Key(Node):
    """The column of a table's primary key."""

    column: SqlName = "id"
    type: Literal["uuid", "integer"] = "integer"


class Table(Node):
    """A table: the module that owns it, and those that write and read it beside."""

    name: SqlName
    owner: Slug
    entity: TypeName | None = None
    key: Key = Key()
    rows: Annotated[int, Spec(ge=0, le=10**13)] = 0
    columns: Annotated[tuple[Column, ...], Spec(max_length=200)] = ()
    writers: tuple[Slug, ...] = ()
    readers: tuple[Slug, ...] = ()

    @property
    def target(self) -> str:
        """The entity that it becomes."""
        return self.entity or pascal(_singular(self.name))


class Transaction(Node):
    """What is written together today and must agree."""

    name: Slug
    tables: Annotated[tuple[SqlName, ...], Spec(min_length=2, max_length=50)]


class Monolith(Node):
    """The document."""

    api_version: Literal["microservices-skill/v1"] = VERSION
    kind: Literal["Monolith"] = "Monolith"
    name: Slug
    domain: Line = ""
    address: Address = "monolith:8080"
    database: Database = Database.POSTGRESQL
    # `schema` would hide a method of pydantic's.
    namespace: Annotated[SqlName, Spec(alias="schema")] = "public"
    modules: Annotated[tuple[Module, ...], Spec(min_length=1, max_length=200)]
    tables: Annotated[tuple[Table, ...], Spec(max_length=2000)] = ()
    transactions: Annotated[tuple[Transaction, ...], Spec(max_length=500)] = ()

    @cached_property
    def modules_by_name(self) -> dict[str, Module]:
        """The modules by name."""
        return {module.name: module for module in self.modules}

    @cached_property
    def tables_by_name(self) -> dict[str, Table]:
        """The tables by name."""
        return {table.name: table for table in self.tables}

    @cached_property
    def services(self) -> dict[str, tuple[Module, ...]]:
        """The modules that leave, by the service that they become, in the order of the document."""
        found: dict[str, tuple[Module, ...]] = {}
        for module in self.modules:
            if not module.stays:
                found[module.target] = (*found.get(module.target, ()), module)
        return found

    def home(self, module: str) -> str:
        """The service that a module becomes; nothing where it stays."""
        found = self.modules_by_name[module]
        return "" if found.stays else found.target

    def tables_of(self, service: str) -> tuple[Table, ...]:
        """The tables that become a service's."""
        return tuple(table for table in self.tables if self.home(table.owner) == service)


def _singular(name: str) -> str:
    name = snake(name)
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    if name.endswith(("sses", "xes", "ches", "shes")):
        return name[:-2]
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name
