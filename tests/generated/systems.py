"""A whole system as processes on real servers, in one language or in two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests.generated.architectures import LANGUAGES, write_service
from tests.generated.issuer import Issuer
from tests.generated.languages import Toolchains
from tests.generated.processes import Running
from tests.generated.seams import let_trips_ask_for_vehicles
from tests.generated.target import Target, deployed

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.naming import snake
from microservices_skill.model.service import Action

PAIRS = [(one, other) for one in LANGUAGES for other in LANGUAGES if one is not other]
"""The language of the first half of a system and of its other half: each language in each role, and always over its border."""

in_each_pair = pytest.mark.parametrize("languages", PAIRS, ids=["-".join(each) for each in PAIRS])


@contextmanager
def ending(targets: Mapping[str, Target]) -> Iterator[None]:
    """End all services together, before the queues of any are forgotten."""
    try:
        yield
    finally:
        for target in targets.values():
            target.running.end()


@contextmanager
def deployed_system(
    architecture: Architecture, toolchains: Toolchains, issuer: Issuer, folder: Path, settings: Mapping[str, str] | None = None
) -> Iterator[dict[str, Target]]:
    """Run every service of an architecture, under settings of all; each knows those that run before it and that it depends on."""
    found: dict[str, Target] = {}
    with ExitStack() as stack, ending(found):
        for service in architecture.services:
            where = write_service(architecture, service, folder / service.name)
            if service.name == "trip":
                let_trips_ask_for_vehicles(where, service.language)
            toolchain = toolchains.on(architecture.system.platform.broker)[service.language]
            toolchain.prepare(where)
            known = (each.to for each in service.dependencies if each.to in found)
            urls = {f"{snake(name).upper()}_URL": f"http://127.0.0.1:{found[name].running.port}" for name in known}
            running = Running(toolchain, where, urls | dict(settings or {}))
            is_asked = any(each.to == service.name for other in architecture.services for each in other.dependencies)
            found[service.name] = stack.enter_context(deployed(architecture, service, running, issuer, is_open=is_asked))
        yield found


def in_trace(trace: str) -> str:
    """A traceparent header."""
    return f"00-{trace}-00f067aa0ba902b7-01"


def read(target: Target, operation: str, identity: str) -> dict[str, object]:
    """Read one entity."""
    reading = next(each for each in target.operations if each.id == operation and each.action is Action.GET)
    found: dict[str, object] = target.caller().get(target.path(reading, identity)).json
    return found


def in_log(target: Target, trace: str, **fields: str) -> bool:
    """Whether a service has logged something of a trace, with these fields."""
    return any(each.get("trace_id") == trace and fields.items() <= each.items() for each in target.running.records)
