"""Reads the plan and the scenario of a generated system."""

from __future__ import annotations

from pathlib import Path

from microservices_skill.chaos.errors import NoPlanError, ScenarioMismatchError, UnstartedSagaError
from microservices_skill.deployment.chaos import PLAN, SCENARIO
from microservices_skill.deployment.chaos_plan import ChaosPlan, ChaosScenario
from microservices_skill.model.document import parse
from microservices_skill.model.loading import interpret


def read(root: Path) -> tuple[ChaosPlan, ChaosScenario]:
    """Both, and each fits the other.

    Raises:
        SkillError: a file is missing or malformed, or the scenario names what the system does not have.

    """
    for name in (PLAN, SCENARIO):
        if not (root / name).is_file():
            raise NoPlanError(root / name)
    plan = interpret(parse((root / PLAN).read_text(encoding="utf-8"), source=PLAN), ChaosPlan)
    scenario = interpret(parse((root / SCENARIO).read_text(encoding="utf-8"), source=SCENARIO), ChaosScenario)
    services, externals = [each.name for each in plan.services], [each.name for each in plan.externals]
    terms = [term for invariant in scenario.invariants for term in invariant.sum]
    used = {
        "service": ({each.service for each in scenario.setup} | {each.service for each in terms if each.service}, services),
        "dependency outside": ({each.name for each in scenario.externals} | {each.external for each in terms if each.external}, externals),
        "saga": ({each.name for each in scenario.sagas}, [each.name for each in plan.sagas]),
    }
    for what, (names, known) in used.items():
        for name in sorted(names - set(known)):
            raise ScenarioMismatchError(root / SCENARIO, what, name, known)
    started = [each.name for each in scenario.sagas]
    for saga in plan.sagas:
        if saga.name not in started:
            raise UnstartedSagaError(root / SCENARIO, saga.name)
    return plan, scenario
