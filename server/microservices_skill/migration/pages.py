"""The plan as people read it: the order with its reasons, and a page for each service that leaves.

Sources: Sam Newman, Monolith to Microservices (2019), ch. 3-4; Chris Richardson, Microservices Patterns (2018), ch. 13
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from microservices_skill.markdown import bullets, document, md_text, section, table
from microservices_skill.migration.monolith import Database, Module, Monolith, Table
from microservices_skill.migration.order import Candidate
from microservices_skill.migration.routing import ABOUT, Stage
from microservices_skill.migration.targets import Target

SOURCES = (
    "Newman, Monolith to Microservices, ch. 2: benefit against difficulty; ch. 3: strangler fig, parallel run; ch. 4: data",
    "Richardson, Microservices Patterns, ch. 13: refactoring to microservices",
    "PostgreSQL, ch. 31: logical replication",
)


@dataclass(frozen=True, slots=True)
class Step:
    """A service that leaves: its place in the order, what ties it, what it takes over, and the scripts that carry its data."""

    number: int
    candidate: Candidate
    target: Target
    scripts: tuple[str, ...]

    @property
    def name(self) -> str:
        """``01-order``."""
        return f"{self.number:02}-{self.candidate.service}"


def plan(monolith: Monolith, steps: Sequence[Step]) -> str:
    """The page of the whole plan."""
    rows = [
        (
            str(step.number),
            f"[{step.candidate.service}]({step.name}/README.md)",
            f"{step.candidate.value:.1f}",
            str(step.candidate.risk),
            f"{step.candidate.score:.2f}",
            "; ".join(f"{point.what} ({point.points})" for point in step.candidate.risks) or "nothing ties it",
        )
        for step in steps
    ]
    staying = [module.name for module in monolith.modules if module.stays]
    return document(
        f"The way out of {monolith.name}",
        "One service leaves at a time. Each takes over its requests stage by stage at the gateway (strangler fig) while its rows are kept"
        " in step in both directions, so that every stage is taken back by applying the routes of the one before it.",
        section(
            "Order",
            table(("Step", "Service", "Value", "Risk", "Value by risk", "What ties it (points)"), rows),
            "Value is the highest of its modules, times one plus its share of all changes. Risk is one plus the points, with what is"
            " still inside at that step. Change values, calls and owners in monolith.yaml and plan again.",
        ),
        section("What stays", bullets(staying)) if staying else "",
        section("Before the first step", bullets(_before(monolith))),
        section("Sources", bullets(md_text(source) for source in SOURCES)),
    )


def _before(monolith: Monolith) -> Iterator[str]:
    yield "A gateway stands before the monolith and passes everything on; it can be reloaded without a lost request"
    yield "The monolith's SLO is measured at the gateway for two weeks: it is what each step is held against"
    yield "Requests that change something carry an `Idempotency-Key` or may be repeated safely: a paused write is sent again"
    if monolith.database is Database.POSTGRESQL:
        yield "`wal_level = logical` in the monolith's PostgreSQL and in those of the services, both 15 or newer; it needs a restart"


def step_page(monolith: Monolith, step: Step) -> str:
    """The page of one service that leaves."""
    candidate = step.candidate
    return document(
        f"Step {step.number}: {candidate.service} leaves {monolith.name}",
        section("What leaves", bullets(_leaving(candidate.modules)), _tables(monolith, step), _routes(step)),
        section("Cut first, inside the monolith", bullets(_seams(candidate)) or "Nothing: no other module touches its tables."),
        section("Do", _stages(step)),
        section("Take back", bullets(_back(step))),
        section("Done when", bullets(_done(monolith, step))),
    )


def _leaving(modules: Sequence[Module]) -> Iterator[str]:
    for module in modules:
        busy = sum(route.per_second for route in module.routes)
        about = f": {md_text(module.purpose)}" if module.purpose else ""
        yield f"{module.name}{about} ({busy:g} requests a second, {module.changes:g} changes a month)"


def _tables(monolith: Monolith, step: Step) -> str:
    moves = {move.table.name: move.entity.name for move in step.target.moves}
    rows = [
        (f"`{each.name}`", moves.get(each.name, "-"), f"{each.rows:,}", _method(monolith, each, moves)) for each in step.candidate.tables
    ]
    return table(("Table", "Entity", "Rows", "How its rows move"), rows) if rows else "It has no tables."


def _method(monolith: Monolith, moved: Table, moves: dict[str, str]) -> str:
    if monolith.database is Database.OTHER:
        return "by hand: dual run. The service calculates beside the monolith from its events or a nightly copy, and both are compared"
    if moved.name not in moves:
        return "by hand: name its columns in monolith.yaml and plan again for the scripts"
    return "in step both ways by logical replication (change data capture)"


def _routes(step: Step) -> str:
    rows = [
        (
            f"`{each.route.method} {each.route.path}`",
            f"`{each.path}`" if each.path is not None else "no operation yet",
            f"{each.route.per_second:g}",
        )
        for each in step.target.passages
    ]
    return table(("Request", "The service's path", "A second"), rows) if rows else ""


def _seams(candidate: Candidate) -> Iterator[str]:
    service = candidate.service
    for written, writer in candidate.foreign_writers:
        yield f"`{writer}` writes `{written.name}`: let it ask {written.owner} within the monolith, so that one module writes it"
    for read, reader in candidate.foreign_readers:
        yield (
            f"`{reader}` reads `{read.name}`: it goes on reading the monolith's copy, late by the stream; before the end it asks"
            f" {service}, or shows a view that is fed by its events"
        )
    for reached, user in candidate.reaches:
        yield f"`{user}` uses `{reached.name}` of {reached.owner}: it asks {reached.owner} by an interface that the service can call too"
    for each in candidate.torn:
        yield (
            f"The transaction {each.name} spans {', '.join(f'`{name}`' for name in each.tables)}: what must agree at once stays in one"
            " service; else it becomes a saga"
        )
    for referring, column in candidate.references:
        yield f"The foreign key `{referring.name}.{column}` crosses: drop the constraint, keep the value; the owner says whether it exists"
    for module in candidate.calls_in:
        yield f"`{module}` asks it in process: it will ask over HTTP, with a timeout and a breaker, or hear its events"
    for module in candidate.calls_out:
        yield f"It asks `{module}`, which is inside: give that an HTTP interface in the monolith and name it under externals"


def _stages(step: Step) -> str:
    return "\n".join(f"{number}. {line}" for number, line in enumerate([*_preparing(step), *map(partial(_stage, step), Stage)], start=1))


def _preparing(step: Step) -> Iterator[str]:
    service = step.candidate.service
    yield f"`propose --draft migration/draft.yaml`, `validate`, `generate --service {service}`; write its rules; deploy it"
    if step.scripts:
        yield (
            f"On the monolith's database: `{step.name}/data/1-prepare-monolith.sql`. Rows with numbers get public ids: let clients use them"
            " before reads move"
        )
        yield (
            f"On {service}'s database `2-stream-service.sql`, on the monolith's `3-stream-monolith.sql`, on {service}'s"
            " `4-connect-service.sql`, on the monolith's `5-connect-monolith.sql`. `caught-up-monolith.sql` waits; `check.sql` then says"
            " the same on both"
        )
    elif step.candidate.tables:
        yield "Bring its rows over and keep them in step (see the table above): no script is made for them"


def _stage(step: Step, stage: Stage) -> str:
    said = f"`{step.name}/routing/{stage}`: {ABOUT[stage].format(service=step.candidate.service)}"
    match stage:
        case Stage.MIRROR if step.candidate.is_critical:
            return (
                f"{said}. A wrong answer costs here: let `compare.py` ask both (dual run) until each kind of request has agreed for weeks"
            )
        case Stage.MIRROR:
            return (
                f"{said}. Its errors and latencies are seen while nobody waits for them; `compare.py` asks both and says where they differ"
            )
        case Stage.READS:
            return (
                f"{said}. Reads are late by the stream: who must read at once what it wrote goes on with the monolith until the last stage"
            )
        case Stage.PAUSE if step.scripts:
            return f"{said}. `caught-up-monolith.sql` on the monolith's database, `check.sql` on both: go on only if they are equal"
        case _:
            return said


def _back(step: Step) -> Iterator[str]:
    yield "From any stage: apply the routes of the stage before. Nothing else changes, as rows flow in both directions"
    if step.scripts:
        yield (
            "From `5-writes`: apply `4-pause-writes`, run `caught-up-service.sql` on the service's database and `check.sql` on both, then"
            " apply `3-reads`: what the service wrote is in the monolith"
        )
    yield "From anything before the stages: drop the service's subscription; the monolith has changed by a column and triggers only"
    yield "After `9-retire` there is no way back: it is the last thing that is done"


def _done(monolith: Monolith, step: Step) -> Iterator[str]:
    service = step.candidate.service
    yield f"{service} has answered all its requests for four weeks within the SLO that the monolith kept"
    if step.candidate.foreign_readers:
        readers = ", ".join(sorted({f"`{reader}`" for _, reader in step.candidate.foreign_readers}))
        yield f"Nobody reads the monolith's copy: {readers} have moved"
    if step.scripts:
        yield "`9-retire-service.sql`, then `9-retire-monolith.sql` have run, and nobody has missed the renamed tables for a month"
    yield "The code of " + ", ".join(module.name for module in step.candidate.modules) + f" is gone from {monolith.name}"
