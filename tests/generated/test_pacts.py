"""A team that deploys alone learns from its own tests whom a change would break, and is not held up by what nobody uses."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.generated.architectures import LANGUAGES, in_language, own_name, read_example, with_services, write_tree
from tests.generated.languages import Toolchains

from microservices_skill.codegen.generate import generate_service
from microservices_skill.contracts.render import for_service
from microservices_skill.files import FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.entity import Entity
from microservices_skill.model.fields import Field, FieldType
from microservices_skill.model.messaging import Event
from microservices_skill.model.service import Service
from microservices_skill.model.system import Language

pytestmark = pytest.mark.slow

FAILED = {
    Language.PYTHON: re.compile(r"^FAILED tests/contract/test_pacts\.py::\w+\[([\w.-]+)\]", re.MULTILINE),
    Language.TYPESCRIPT: re.compile(r"FAIL +test/contract/pacts\.test\.ts > a \w+ > (\S+)"),
}
"""Who or what a failing test names."""


def agreed(language: Language) -> Architecture:
    """The fleet: trips ask a vehicle for its drive and its state, telemetry hears the plate of a new one."""
    fleet = in_language(read_example("fleet", system=own_name("fleet")), language)
    trip = fleet.services_by_name["trip"]
    asking = tuple(each.model_copy(update={"reads": ("drive", "status")}) for each in trip.dependencies)
    return with_services(fleet, trip.model_copy(update={"dependencies": asking}))


def renamed_field(architecture: Architecture, old: str, new: str) -> Architecture:
    """The same with another name for a field of vehicles."""
    vehicle = architecture.services_by_name["vehicle"]
    entity = vehicle.entities[0]
    fields = tuple(each.model_copy(update={"name": new}) if each.name == old else each for each in entity.fields)
    endpoints = tuple(each.model_copy(update={"filters": swapped(each.filters, old, new)}) for each in vehicle.endpoints)
    changed = {"entities": (entity.model_copy(update={"fields": fields}), *vehicle.entities[1:]), "endpoints": endpoints}
    return with_services(architecture, vehicle.model_copy(update=changed))


def renamed_payload(architecture: Architecture, event: str, old: str, new: str) -> Architecture:
    """The same with another name for what an event tells."""

    def changed(each: Event) -> Event:
        payload = tuple(f.model_copy(update={"name": new, "source": f.source or old}) if f.name == old else f for f in each.payload)
        return each.model_copy(update={"payload": payload}) if each.name == event else each

    parts = {name: getattr(architecture, name) for name in Architecture.model_fields}
    return Architecture(**parts | {"events": tuple(map(changed, architecture.events))})


def swapped(names: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    """The names with one exchanged."""
    return tuple(new if name == old else name for name in names)


def with_field(service: Service, field: Field) -> Service:
    """A service whose first entity has a further field."""
    entity: Entity = service.entities[0]
    return service.model_copy(update={"entities": (entity.model_copy(update={"fields": (*entity.fields, field)}), *service.entities[1:])})


def broken(was: Architecture, now: Architecture, name: str, folder: Path, toolchains: Toolchains) -> set[str]:
    """Whom the pact tests of a changed service name, with the pacts as they were agreed before."""
    service = now.services_by_name[name]
    pacts = FileTree((path, file) for path, file in for_service(was, was.services_by_name[name]).items() if "/pacts/" in path)
    contracts = FileTree((path, file) for path, file in for_service(now, service).items() if "/pacts/" not in path)
    write_tree(generate_service(now, name) | contracts | pacts, folder)
    done = run(service.language, folder, toolchains)
    found = set(FAILED[service.language].findall(done.stdout + done.stderr))
    assert (done.returncode == 0) == (not found), (done.stdout + done.stderr)[-6000:]
    return found


def run(language: Language, folder: Path, toolchains: Toolchains) -> subprocess.CompletedProcess[str]:
    """Run the pact tests of a service."""
    if language is Language.PYTHON:
        command = [str(toolchains.python.home / "bin" / "pytest"), "-p", "no:cacheprovider", "tests/contract/test_pacts.py"]
    else:
        toolchains.typescript.prepare(folder)
        command = ["npx", "vitest", "run", "test/contract/pacts.test.ts"]
    environment: Mapping[str, str] = {**os.environ, **toolchains[language].environment(folder), "NO_COLOR": "1"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300, stdin=subprocess.DEVNULL
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_provider_s_own_tests_name_the_consumers_that_a_change_breaks(language: Language, toolchains: Toolchains, tmp_path: Path) -> None:
    was = agreed(language)
    now = renamed_payload(renamed_field(was, "drive", "engine"), "VehicleAdded", "plate", "registration")
    assert broken(was, now, "vehicle", tmp_path, toolchains) == {"trip", "telemetry"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_change_that_nobody_uses_breaks_no_pact(language: Language, toolchains: Toolchains, tmp_path: Path) -> None:
    was = agreed(language)
    now = renamed_payload(renamed_field(was, "wheelbase", "axle_distance"), "VehicleAdded", "load_volume", "volume")
    assert broken(was, now, "vehicle", tmp_path, toolchains) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_consumer_that_needs_more_than_it_has_agreed_fails_its_own_test(
    language: Language, toolchains: Toolchains, tmp_path: Path
) -> None:
    was = agreed(language)
    telemetry = was.services_by_name["telemetry"]
    now = with_services(was, with_field(telemetry, Field(name="capacity_kg", type=FieldType.INTEGER)))
    assert {each.partition(".v")[0].rpartition("-")[2] for each in broken(was, now, "telemetry", tmp_path, toolchains)} == {"VehicleAdded"}
