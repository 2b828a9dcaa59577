"""Plans the way out of a monolith."""

from __future__ import annotations

from pathlib import Path

from microservices_skill.app.design import read_model
from microservices_skill.app.existing_results import Departure, MigrationPlan
from microservices_skill.app.writing import AT_ONCE, Manner, Progress, silent, write
from microservices_skill.errors import DocumentError
from microservices_skill.migration import checks, render
from microservices_skill.migration.monolith import Monolith
from microservices_skill.migration.pages import Step
from microservices_skill.model import document as documents
from microservices_skill.model.loading import interpret
from microservices_skill.regeneration.request import Request
from microservices_skill.workspace.reading import read_text

_NEXT = (
    "Show migration/README.md: does the team agree with the order? Then propose_architecture with draft_file migration/draft.yaml,"
    " plan again, and follow the README of step 1."
)


def plan_migration(
    root: Path, source: Path, *, architecture: Path | None = None, manner: Manner = AT_ONCE, progress: Progress = silent
) -> MigrationPlan:
    """Write the plan below ``migration/``; services that ``architecture`` has already are taken as they are there.

    Raises:
        SkillError: a document cannot be read, names lead nowhere, or the monolith's tables do not fit the architecture.

    """
    progress(0, 3, "reading the description")
    document = documents.parse(read_text(source), source=str(source))
    monolith = interpret(document, Monolith)
    model = read_model(architecture) if architecture is not None and architecture.exists() else None
    progress(1, 3, "planning the steps")
    faults = list(checks.check(monolith))
    plan = None if faults else render.make(monolith, model)
    problems = [document.problem(pointer, message) for pointer, message in (faults if plan is None else plan.faults)]
    if plan is None or problems:
        raise DocumentError(str(source), problems)
    progress(2, 3, "comparing" if manner.preview else "writing")
    request = Request(plan.files(), scope=(f"{render.FOLDER}/",))
    done = write(root, request, manner=manner, following=_NEXT)
    return MigrationPlan(
        root=done.root,
        written=done.written,
        counts=done.counts,
        steps=tuple(map(_departure, plan.steps)),
        conflicts=done.conflicts,
        next=done.next,
    )


def _departure(step: Step) -> Departure:
    candidate = step.candidate
    return Departure(
        service=candidate.service,
        value=round(candidate.value, 1),
        risk=candidate.risk,
        ties=tuple(point.what for point in candidate.risks),
        streamed=tuple(move.table.name for move in step.target.moves if step.scripts),
        unserved=tuple(f"{each.route.method} {each.route.path}" for each in step.target.passages if each.path is None),
    )
