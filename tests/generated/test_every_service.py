"""Every service of every example installs, lints, type-checks and passes its own tests on real servers, in every language."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.generated.architectures import (
    LANGUAGES,
    in_language,
    in_turns,
    on_broker,
    own_name,
    read_case,
    read_example,
    services_where,
    write_service,
)
from tests.generated.brokers import broker_of, broker_url, own_settings
from tests.generated.choosing import MESSAGING_EXAMPLE, OTHER_BROKERS
from tests.generated.languages import PythonToolchain, Toolchains, TypescriptToolchain
from tests.generated.servers import DATABASE_URL

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.system import BrokerKind, Language

pytestmark = pytest.mark.slow

SERVICES = in_turns(list(services_where()))
PLAIN = {"NO_COLOR": "1", "FORCE_COLOR": ""}


@pytest.mark.parametrize(("language", "example", "name"), SERVICES, ids=["-".join(each) for each in SERVICES])
def test_a_generated_service_passes_its_own_checks(
    language: Language, example: str, name: str, tmp_path: Path, toolchains: Toolchains
) -> None:
    check(in_language(read_example(example, system=own_name(example)), language), name, tmp_path, toolchains)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["order", "payment"])
def test_a_service_of_an_orchestrated_saga_passes_its_own_checks(
    language: Language, name: str, tmp_path: Path, toolchains: Toolchains
) -> None:
    check(in_language(read_case("orders", system=own_name("orders")), language), name, tmp_path, toolchains)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["customer", "booking"])
def test_a_service_that_erases_personal_data_passes_its_own_checks(
    language: Language, name: str, tmp_path: Path, toolchains: Toolchains
) -> None:
    check(in_language(read_case("erasure", system=own_name("erasure")), language), name, tmp_path, toolchains)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["history"])
def test_a_service_of_a_view_passes_its_own_checks(language: Language, name: str, tmp_path: Path, toolchains: Toolchains) -> None:
    check(in_language(read_case("views", system=own_name("views")), language), name, tmp_path, toolchains)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_service_of_a_composition_passes_its_own_checks(language: Language, tmp_path: Path, toolchains: Toolchains) -> None:
    check(in_language(read_case("composition", system=own_name("composition")), language), "details", tmp_path, toolchains)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_service_of_an_event_sourced_entity_passes_its_own_checks(language: Language, tmp_path: Path, toolchains: Toolchains) -> None:
    check(in_language(read_case("sourced", system=own_name("sourced")), language), "wallet", tmp_path, toolchains)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["order", "stock"])
def test_a_service_of_a_choreographed_saga_passes_its_own_checks(
    language: Language, name: str, tmp_path: Path, toolchains: Toolchains
) -> None:
    check(in_language(read_case("choreographed", system=own_name("choreographed")), language), name, tmp_path, toolchains)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("broker", OTHER_BROKERS)
def test_a_service_passes_its_own_checks_on_every_broker(
    language: Language, broker: BrokerKind, tmp_path: Path, toolchains: Toolchains
) -> None:
    architecture = on_broker(in_language(read_example(MESSAGING_EXAMPLE, system=own_name(MESSAGING_EXAMPLE)), language), broker)
    name = next(each.name for each in architecture.services if each.subscriptions)
    check(architecture, name, tmp_path, toolchains)
    broker_of(broker, architecture.system.name).forget([])


def check(architecture: Architecture, name: str, folder: Path, toolchains: Toolchains, written: Callable[[], None] = lambda: None) -> None:
    """Generate a service, write in it what a person has to, and run its own checks."""
    service = architecture.services_by_name[name]
    language = service.language
    write_service(architecture, service, folder)
    written()
    broker, system = architecture.system.platform.broker, architecture.system.name
    servers = {"TEST_DATABASE_URL": DATABASE_URL, "TEST_BROKER_URL": broker_url(broker, system), **own_settings(broker)}
    if language is Language.PYTHON:
        check_python(folder, toolchains.on(broker).python, servers)
    else:
        check_typescript(folder, toolchains.on(broker).typescript, servers)


def check_python(folder: Path, toolchain: PythonToolchain, servers: Mapping[str, str]) -> None:
    """Ruff, mypy and pytest, as its Makefile runs them."""
    run(toolchain, folder, "ruff", "check", ".", environment=servers)
    run(toolchain, folder, "mypy", "--cache-dir", str(toolchain.home / "mypy"), "src", "tests", environment=servers)
    tests = run(toolchain, folder, "pytest", "-p", "no:cacheprovider", environment=servers)
    assert "skipped" not in tests.splitlines()[-1]


def check_typescript(folder: Path, toolchain: TypescriptToolchain, servers: Mapping[str, str]) -> None:
    """Its scripts, as its package.json names them; none of its tests is left out."""
    toolchain.prepare(folder)
    toolchain.npm(folder, "run", "lint")
    toolchain.npm(folder, "run", "typecheck")
    for tests in (toolchain.npm(folder, "test", **PLAIN), toolchain.npm(folder, "run", "test:integration", **servers, **PLAIN)):
        assert not re.search(r"\b[1-9]\d* (skipped|todo)\b", tests.stdout), tests.stdout[-6000:]


def run(toolchain: PythonToolchain, folder: Path, tool: str, *arguments: str, environment: Mapping[str, str]) -> str:
    """Run a tool of the service's environment in its folder; fails with what it said."""
    done = subprocess.run(
        [toolchain.home / "bin" / tool, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    return done.stdout
