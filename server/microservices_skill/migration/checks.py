"""Names in ``monolith.yaml`` that lead nowhere, and what cannot be told apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from microservices_skill.migration.monolith import Monolith

Fault = tuple[str, str]
"""Where it stands, as a JSON pointer, and what to do."""


def check(monolith: Monolith) -> Iterator[Fault]:
    """Every fault, in the order of the document."""
    yield from _repeated("/modules", (module.name for module in monolith.modules), "module")
    yield from _repeated("/tables", (table.name for table in monolith.tables), "table")
    if not monolith.services:
        yield "/modules", "every module stays, so there is nothing to plan; remove stays where one may leave"
    yield from _modules(monolith)
    yield from _tables(monolith)
    for index, transaction in enumerate(monolith.transactions):
        yield from _unknown(f"/transactions/{index}/tables", transaction.tables, monolith.tables_by_name, "table")
    yield from _alike(monolith)


def _modules(monolith: Monolith) -> Iterator[Fault]:
    for index, module in enumerate(monolith.modules):
        for place, call in enumerate(module.calls):
            yield from _unknown(f"/modules/{index}/calls/{place}/module", [call.module], monolith.modules_by_name, "module")
        for place, route in enumerate(module.routes):
            named = [route.table] if route.table is not None else []
            yield from _unknown(f"/modules/{index}/routes/{place}/table", named, monolith.tables_by_name, "table")


def _tables(monolith: Monolith) -> Iterator[Fault]:
    for index, table in enumerate(monolith.tables):
        at = f"/tables/{index}"
        yield from _unknown(f"{at}/owner", [table.owner], monolith.modules_by_name, "module")
        yield from _unknown(f"{at}/writers", table.writers, monolith.modules_by_name, "module")
        yield from _unknown(f"{at}/readers", table.readers, monolith.modules_by_name, "module")
        yield from _repeated(f"{at}/columns", (column.name for column in table.columns), "column")
        yield from _repeated(f"{at}/columns", (column.target for column in table.columns), "field")
        for place, column in enumerate(table.columns):
            where = f"{at}/columns/{place}"
            named = [column.references] if column.references is not None else []
            yield from _unknown(f"{where}/references", named, monolith.tables_by_name, "table")
            if column.name == table.key.column:
                yield where, f"{column.name} is the key of {table.name} and becomes the entity's id; leave it out of columns"


def _unknown(at: str, names: Iterable[str], known: Iterable[str], what: str) -> Iterator[Fault]:
    for name in names:
        if name not in set(known):
            yield at, f"there is no {what} {name!r}; known: {', '.join(sorted(known)) or 'none'}"


def _repeated(at: str, names: Iterable[str], what: str) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield f"{at}/{index}", f"the {what} {name!r} is there twice; rename or remove one"
        seen.add(name)


def _alike(monolith: Monolith) -> Iterator[Fault]:
    """Requests that are answered by two modules: a gateway could send them to one only."""
    seen: dict[tuple[str, str], str] = {}
    for index, module in enumerate(monolith.modules):
        for place, route in enumerate(module.routes):
            key = str(route.method), pattern(route.path)
            if key in seen:
                yield f"/modules/{index}/routes/{place}", f"{route.method} {route.path} is answered by {seen[key]} too; say which one does"
            seen.setdefault(key, module.name)


def pattern(path: str) -> str:
    """A path with every parameter alike."""
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
