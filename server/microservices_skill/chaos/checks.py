"""What must hold when everything that was broken works again: nothing lost, nothing twice, nothing left half done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from microservices_skill.chaos.databases import Databases
from microservices_skill.chaos.load import Requests
from microservices_skill.chaos.observer import DeadLetter, Event
from microservices_skill.deployment.chaos_plan import ChaosPlan, Invariant, PlannedReaction, PlannedSaga, PlannedStep, Term

_SHOWN = 5
Row: TypeAlias = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold, whether it does, and what was found."""

    name: str
    holds: bool
    found: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the checks look at."""

    plan: ChaosPlan
    databases: Databases
    requests: Requests
    events: Mapping[str, Event]
    dead_letters: Collection[DeadLetter]
    measure: Callable[[Term], int]


def check(evidence: Evidence, invariants: Collection[Invariant]) -> tuple[Check, ...]:
    """Every check, in the order in which a reader would ask."""
    plan = evidence.plan
    found = [each for saga in plan.sagas for each in _saga(evidence, saga)]
    found += _events(evidence)
    found += [_reaction(evidence, reaction) for reaction in plan.reactions]
    found.append(_dead_letters(evidence))
    found += [_invariant(evidence, each) for each in invariants]
    return tuple(found)


def open_ends(plan: ChaosPlan, databases: Databases) -> tuple[int, int]:
    """How many sagas have not ended, and how many events wait to be published."""
    sagas = sum(databases.number(name, f"SELECT count(*) FROM sagas WHERE {_OPEN}") for name in {saga.service for saga in plan.sagas})  # noqa: S608 - names of the plan
    return sagas, sum(databases.number(service.name, _PENDING) for service in plan.services)


def _saga(evidence: Evidence, saga: PlannedSaga) -> Iterator[Check]:
    databases, accepted = evidence.databases, evidence.requests.of(saga.name)
    rows = databases.rows(saga.service, f'SELECT id::text, "{saga.state}"::text FROM "{saga.table}"')  # noqa: S608 - names of the plan
    states: dict[str, str] = dict(rows)
    wrong = set(accepted) ^ set(states)
    is_once = not wrong and len(accepted) == len(set(accepted))
    yield _check(f"each accepted request made one of {saga.table}", is_once, f"{len(accepted)} accepted, {len(states)} made", wrong)
    unfinished = [identity for identity, state in states.items() if state not in (saga.succeeded, saga.failed)]
    ends = ", ".join(f"{count} {state}" for state, count in sorted(Counter(states.values()).items()))
    yield _check(f"all {saga.table} ended {saga.succeeded} or {saga.failed}", not unfinished, ends, unfinished)
    stuck = databases.rows(saga.service, f"SELECT id::text, state, reason FROM sagas WHERE saga = $1 AND {_OPEN}", saga.name)  # noqa: S608 - names of the plan
    yield _check(f"no {saga.name} is open or stuck", not stuck, f"{len(stuck)} are", [f"{row[0]} {row[1]}: {row[2]}" for row in stuck])
    for step in saga.steps:
        yield from _step(evidence, saga, step, states)


def _step(evidence: Evidence, saga: PlannedSaga, step: PlannedStep, states: Mapping[str, str]) -> Iterator[Check]:
    kept: dict[str, list[Row]] = {}
    for identity, *row in _rows_of(evidence, saga, step):
        kept.setdefault(str(identity), []).append(tuple(row))
    succeeded = [identity for identity, state in states.items() if state == saga.succeeded]
    failed = [identity for identity, state in states.items() if state == saga.failed]
    allowed = set(step.succeeded)
    missing = [each for each in succeeded if len(found := kept.get(each, [])) != 1 or (step.state and found[0][0] not in allowed)]
    name = f"{step.service}.{step.table}"
    yield _check(
        f"{name}: one {' or '.join(step.succeeded) or 'row'} for each {saga.succeeded} one of {saga.table}",
        not missing,
        f"{len(succeeded) - len(missing)} of {len(succeeded)}",
        missing,
    )
    left = [each for each in failed if any(row[0] not in step.failed for row in kept.get(each, []))]
    yield _check(f"{name}: nothing left for a {saga.failed} one", not left, f"{len(left)} of {len(failed)} have something", left)
    strangers = set(kept) - set(states)
    yield _check(f"{name}: nothing for what was never asked", not strangers, f"{len(strangers)} rows", strangers)
    if step.copies and step.reference is not None:
        columns = ", ".join(f'"{each.source}"::text' for each in step.copies)
        rows = evidence.databases.rows(saga.service, f'SELECT id::text, {columns} FROM "{saga.table}"')  # noqa: S608 - names of the plan
        told = {row[0]: tuple(row[1:]) for row in rows}
        differing = [each for each, found in kept.items() if any(row[1:] != told.get(each) for row in found)]
        names = ", ".join(each.column for each in step.copies)
        yield _check(f"{name}: {names} as in {saga.table}", not differing, f"{len(differing)} differ", differing)


def _rows_of(evidence: Evidence, saga: PlannedSaga, step: PlannedStep) -> list[Row]:
    """The id of the saga's entity, the state, and the copied columns of each row that a step has made."""
    state = f't."{step.state}"::text' if step.state else "NULL::text"
    if step.reference is not None:
        columns = "".join(f', t."{each.column}"::text' for each in step.copies)
        query = f'SELECT t."{step.reference}"::text, {state}{columns} FROM "{step.table}" t'  # noqa: S608 - names of the plan
        return evidence.databases.rows(step.service, query)
    runs: dict[str, str] = dict(evidence.databases.rows(saga.service, "SELECT id::text, entity_id::text FROM sagas"))
    query = f'SELECT p.saga_id::text, {state} FROM saga_participations p JOIN "{step.table}" t ON t.id::text = p.entity_id::text'  # noqa: S608 - names of the plan
    rows = evidence.databases.rows(step.service, f"{query} WHERE p.step = $1", step.step)
    return [(runs.get(run, run), *rest) for run, *rest in rows]


def _events(evidence: Evidence) -> Iterator[Check]:
    pending = {each.name: evidence.databases.number(each.name, _PENDING) for each in evidence.plan.services}
    yield _check("no event waits in an outbox", not any(pending.values()), f"{sum(pending.values())} wait", [])
    written = {
        row[0] for each in evidence.plan.services for row in evidence.databases.rows(each.name, "SELECT id::text FROM outbox_messages")
    }
    lost = written - set(evidence.events)
    yield _check("every event that was written was published", not lost, f"{len(written) - len(lost)} of {len(written)}", lost)
    unknown = set(evidence.events) - written
    yield _check("every event that was published was written", not unknown, f"{len(unknown)} were not", unknown)


def _reaction(evidence: Evidence, reaction: PlannedReaction) -> Check:
    fields = {cause.event: cause.field for cause in reaction.causes}
    told = Counter(str(event.data[fields[event.type]]) for event in evidence.events.values() if event.type in fields)
    rows = evidence.databases.rows(reaction.service, f'SELECT "{reaction.column}"::text FROM "{reaction.table}"')  # noqa: S608 - names of the plan
    made = Counter(row[0] for row in rows)
    wrong = sorted((told - made) | (made - told))
    what = " or ".join(each.event.split(".")[-2] for each in reaction.causes)
    said = f"{made.total()} rows of {told.total()} events"
    return _check(f"{reaction.service}.{reaction.table}: one row for each {what}", not wrong, said, wrong)


def _dead_letters(evidence: Evidence) -> Check:
    """A message of a saga that has ended was asked again or given up by its coordinator; any other one is a loss."""
    ended: set[str] = set()
    for service in sorted({saga.service for saga in evidence.plan.sagas}):
        ended |= {row[0] for row in evidence.databases.rows(service, f"SELECT id::text FROM sagas WHERE NOT ({_OPEN})")}  # noqa: S608 - names of the plan
    lost = [
        f"{each.queue}: {each.event.type} {each.event.id}" for each in evidence.dead_letters if each.event.data.get("saga_id") not in ended
    ]
    return _check("every dead letter is explained", not lost, f"{len(lost)} of {len(evidence.dead_letters)} are not", lost)


def _invariant(evidence: Evidence, invariant: Invariant) -> Check:
    found = sum(term.times * evidence.measure(term) for term in invariant.sum)
    return Check(invariant.name, found == invariant.equals, f"{found}" if invariant.equals == 0 else f"{found}, not {invariant.equals}")


def _check(name: str, holds: bool, said: str, wrong: Collection[str]) -> Check:  # noqa: FBT001 - what a check says
    examples = "; ".join(sorted(map(str, wrong))[:_SHOWN])
    return Check(name, holds, said if holds or not examples else f"{said}: {examples}")


_OPEN = "state NOT IN ('completed', 'compensated')"
_PENDING = "SELECT count(*) FROM outbox_messages WHERE published_at IS NULL"
