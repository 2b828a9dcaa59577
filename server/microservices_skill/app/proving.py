"""Puts a generated system to the proof: breaks it under load and looks at what it has lost or done twice."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from microservices_skill.app.results import ChaosReport, CheckResult, FaultRecord
from microservices_skill.chaos import documents
from microservices_skill.chaos.brokers import DRIVERS
from microservices_skill.chaos.errors import MissingDriverError, UnobservedBrokerError
from microservices_skill.running.system import LOGS, read_system

if TYPE_CHECKING:
    from microservices_skill.chaos.experiment import Audience, Outcome
    from microservices_skill.chaos.options import Options

REPORT = "chaos.json"


def chaos(root: Path, audience: Audience, options: Options) -> ChaosReport:
    """Break the system below ``root``; the report is kept beside its logs.

    Raises:
        SkillError: there is no such system, a tool or server is missing, or a request of the scenario is refused.

    """
    system = read_system(root.resolve())
    plan, scenario = documents.read(system.root)
    if plan.broker not in DRIVERS:
        raise UnobservedBrokerError(plan.broker, tuple(map(str, DRIVERS)))
    for each in ("asyncpg", DRIVERS[plan.broker]):
        if find_spec(each) is None:
            raise MissingDriverError(each)
    from microservices_skill.chaos.experiment import run  # noqa: PLC0415 - it needs the drivers

    report = _report(plan.system, options, run(system, plan, scenario, options, audience))
    (system.root / LOGS / REPORT).write_text(json.dumps(asdict(report), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return report


def _report(system: str, options: Options, outcome: Outcome) -> ChaosReport:
    spans = sorted(outcome.requests.latencies) or [0.0]
    return ChaosReport(
        ok=outcome.holds,
        system=system,
        seed=options.seed,
        requests=len(outcome.requests.made),
        repeated_requests=outcome.requests.repeated,
        latency_p50=round(spans[len(spans) // 2] * 1000, 1),
        latency_p99=round(spans[int(len(spans) * 0.99)] * 1000, 1),
        faults=dict(outcome.faults),
        events=outcome.events,
        repeated_events=outcome.repeated_events,
        reordered_events=outcome.reordered_events,
        dead_letters=tuple(sorted(f"{each.queue}: {each.event.type} {each.event.id}" for each in outcome.dead_letters)),
        load_s=round(outcome.load_s, 1),
        recovery_s=round(outcome.recovery_s, 1),
        checks=tuple(CheckResult(each.name, each.holds, each.found) for each in outcome.checks),
        history=tuple(FaultRecord(at, each.kind.value, each.target, each.seconds) for at, each in outcome.history),
    )
