"""What leaves first: the value of each service against the risk of taking it out, reckoned again after each that has left.

Source: Sam Newman, Monolith to Microservices (2019), ch. 2: Domain-Driven Design and prioritization (benefit against difficulty)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from microservices_skill.migration.monolith import Database, Module, Monolith, Table, Transaction

MANY_ROWS, VERY_MANY_ROWS = 1_000_000, 100_000_000
BUSY_PER_S = 100.0


@dataclass(frozen=True, slots=True)
class Point:
    """Something that makes leaving harder: how many points it counts, and what it is."""

    points: int
    what: str


@dataclass(frozen=True)
class Candidate:
    """A service that may leave, and what ties it to what is still inside."""

    monolith: Monolith
    service: str
    inside: frozenset[str]

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """The modules that become it."""
        return self.monolith.services[self.service]

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The tables that become its own."""
        return self.monolith.tables_of(self.service)

    @cached_property
    def foreign_writers(self) -> tuple[tuple[Table, str], ...]:
        """Its tables that modules write which stay behind, or go elsewhere."""
        return tuple((table, writer) for table in self.tables for writer in table.writers if self._is_other(writer))

    @cached_property
    def foreign_readers(self) -> tuple[tuple[Table, str], ...]:
        """Its tables that others read."""
        return tuple((table, reader) for table in self.tables for reader in table.readers if self._is_other(reader))

    @cached_property
    def reaches(self) -> tuple[tuple[Table, str], ...]:
        """The tables of others that it writes or reads."""
        own = {module.name for module in self.modules}
        others = [table for table in self.monolith.tables if self._is_other(table.owner)]
        return tuple((table, user) for table in others for user in dict.fromkeys((*table.writers, *table.readers)) if user in own)

    @cached_property
    def torn(self) -> tuple[Transaction, ...]:
        """The transactions that would span it and others."""
        own = {table.name for table in self.tables}
        return tuple(each for each in self.monolith.transactions if 0 < len(own & set(each.tables)) < len(set(each.tables)))

    @cached_property
    def references(self) -> tuple[tuple[Table, str], ...]:
        """The foreign keys that would cross, from either side: the table that has one, and its column."""
        own = {table.name for table in self.tables}
        return tuple(
            (table, column.name)
            for table in self.monolith.tables
            for column in table.columns
            if column.references is not None and (table.name in own) != (column.references in own)
        )

    @cached_property
    def calls_out(self) -> tuple[str, ...]:
        """The modules still inside that it asks."""
        return tuple(dict.fromkeys(call.module for module in self.modules for call in module.calls if self._is_inside(call.module)))

    @cached_property
    def calls_in(self) -> tuple[str, ...]:
        """The modules still inside that ask it."""
        own = {module.name for module in self.modules}
        return tuple(
            module.name
            for module in self.monolith.modules
            if self._is_inside(module.name) and any(call.module in own for call in module.calls)
        )

    @property
    def rows(self) -> int:
        """The rows of its tables."""
        return sum(table.rows for table in self.tables)

    @property
    def per_second(self) -> float:
        """The requests that it answers, per second."""
        return sum(route.per_second for module in self.modules for route in module.routes)

    @property
    def is_critical(self) -> bool:
        """Whether a wrong answer costs money or harms somebody."""
        return any(module.critical for module in self.modules)

    @cached_property
    def risks(self) -> tuple[Point, ...]:
        """What makes leaving harder, the heaviest first."""
        counted = (
            Point(3 * len(self.foreign_writers), f"{_count(self.foreign_writers, 'foreign writer')} of its tables"),
            Point(3 * len(self.torn), f"{_count(self.torn, 'transaction')} with other tables"),
            Point(len(self.foreign_readers), f"{_count(self.foreign_readers, 'foreign reader')} of its tables"),
            Point(2 * len(self.reaches), f"{_count(self.reaches, 'use')} of others' tables"),
            Point(len(self.references), f"{_count(self.references, 'foreign key')} across"),
            Point(len(self.calls_out), f"{_count(self.calls_out, 'module')} inside that it asks"),
            Point(len(self.calls_in), f"{_count(self.calls_in, 'module')} inside that ask it"),
            Point((self.rows >= MANY_ROWS) + (self.rows >= VERY_MANY_ROWS), f"{self.rows:,} rows"),
            Point(int(self.per_second >= BUSY_PER_S), f"{self.per_second:g} requests a second"),
            Point(2 * self.is_critical, "a wrong answer costs"),
            Point(2 * (self.monolith.database is Database.OTHER and bool(self.tables)), "no script streams its database"),
        )
        return tuple(sorted((each for each in counted if each.points), key=lambda each: -each.points))

    @property
    def risk(self) -> int:
        """One, and all points of risk."""
        return 1 + sum(each.points for each in self.risks)

    @property
    def value(self) -> float:
        """The highest value of its modules, up to twice that where they hold all changes of the monolith."""
        changes = sum(module.changes for module in self.monolith.modules)
        own = sum(module.changes for module in self.modules)
        return max(module.value for module in self.modules) * (1 + (own / changes if changes else 0))

    @property
    def score(self) -> float:
        """Value by risk."""
        return self.value / self.risk

    def _is_other(self, module: str) -> bool:
        return self.monolith.home(module) != self.service

    def _is_inside(self, module: str) -> bool:
        home = self.monolith.home(module)
        return home != self.service and (not home or home in self.inside)


def order(monolith: Monolith) -> tuple[Candidate, ...]:
    """The services in the order in which they leave; those that leave earlier no longer tie the later ones."""
    inside = frozenset(monolith.services)
    found: list[Candidate] = []
    while inside:
        candidates = [Candidate(monolith, name, inside) for name in monolith.services if name in inside]
        found.append(max(candidates, key=lambda each: each.score))
        inside -= {found[-1].service}
    return tuple(found)


def _count(found: Iterable[object], what: str) -> str:
    number = len(list(found))
    return f"{number} {what}{'' if number == 1 else 's'}"
