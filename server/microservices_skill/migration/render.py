"""The plan as files: pages, routes and scripts of each step, and the draft that the services are generated from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from microservices_skill.files import File, FileTree
from microservices_skill.migration import draft, routing
from microservices_skill.migration.checks import Fault
from microservices_skill.migration.monolith import Monolith
from microservices_skill.migration.order import order
from microservices_skill.migration.pages import Step, plan, step_page
from microservices_skill.migration.streams import scripts
from microservices_skill.migration.targets import Target, gaps, names, target
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.dumping import dump_plain
from microservices_skill.rendering import source

FOLDER = "migration"
_DRAFT = "# Made from monolith.yaml: hand it to propose --draft, and go on in architecture.yaml.\n"


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in their order, and what keeps the plan from fitting the architecture that is there."""

    monolith: Monolith
    steps: tuple[Step, ...]
    faults: tuple[Fault, ...]

    def files(self) -> FileTree:
        """Everything below ``migration/``."""
        return FileTree((f"{FOLDER}/{path}", File(text)) for path, text in self._texts())

    def _texts(self) -> Iterator[tuple[str, str]]:
        yield "README.md", plan(self.monolith, self.steps)
        yield "draft.yaml", _DRAFT + dump_plain(draft.draft(self.monolith))
        yield "compare.py", source("migration", "compare.py")
        done: list[Target] = []
        for step in self.steps:
            yield f"{step.name}/README.md", step_page(self.monolith, step)
            yield f"{step.name}/compare.json", json.dumps(names(step.target), indent=2) + "\n"
            for name, text in scripts(self.monolith, step.target).items():
                yield f"{step.name}/data/{name}", text
            yield from self._routes(step, done)
            done.append(step.target)

    def _routes(self, step: Step, done: Sequence[Target]) -> Iterator[tuple[str, str]]:
        for stage in routing.Stage:
            ways = routing.ways(done, step.target, stage)
            about = f"Step {step.number}, {stage}: {routing.ABOUT[stage].format(service=step.candidate.service)}"
            yield f"{step.name}/routing/{stage}.nginx.conf", routing.nginx(self.monolith, ways, about)
            yield f"{step.name}/routing/{stage}.httproute.yaml", f"# {about}.\n" + dump_plain(routing.http_route(self.monolith, ways))


def make(monolith: Monolith, architecture: Architecture | None) -> Plan:
    """Plan the way out: services of the architecture are taken as they are, the others as the draft has them.

    Raises:
        DraftError: what the document says of a service is none.

    """
    drafted = draft.services(monolith)
    known = drafted | (dict(architecture.services_by_name) if architecture is not None else {})
    steps = []
    for number, candidate in enumerate(order(monolith), start=1):
        found = target(monolith, known[candidate.service])
        steps.append(Step(number, candidate, found, tuple(scripts(monolith, found))))
    faults = list(gaps(monolith, architecture)) if architecture is not None else []
    faults += routing.obstacles(monolith, [step.target for step in steps])
    return Plan(monolith, tuple(steps), tuple(faults))
