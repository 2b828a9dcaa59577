"""The environment that generated services are checked in, and the service that a test runs against."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.generated.architectures import in_language, on_broker, own_name, read_example, write_service
from tests.generated.issuer import Issuer, running_issuer
from tests.generated.languages import Toolchains
from tests.generated.processes import Running
from tests.generated.target import Target, deployed


@pytest.fixture(scope="session")
def toolchains() -> Toolchains:
    """What runs services, by language."""
    return Toolchains()


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    """An issuer of tokens."""
    with running_issuer() as found:
        yield found


@pytest.fixture(scope="session")
def target(
    request: pytest.FixtureRequest, toolchains: Toolchains, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """The service that the test names, running; the next test that names it gets the same one."""
    language, example, name, broker = request.param
    architecture = on_broker(in_language(read_example(example, system=own_name(example)), language), broker)
    service = architecture.services_by_name[name]
    folder = write_service(architecture, service, tmp_path_factory.mktemp(f"{language}-{example}-{name}"))
    toolchain = toolchains.on(broker)[language]
    toolchain.prepare(folder)
    with deployed(architecture, service, Running(toolchain, folder, {}), issuer) as found:
        yield found


@pytest.fixture(autouse=True)
def _is_whole(request: pytest.FixtureRequest) -> None:
    if "target" in request.fixturenames:
        request.getfixturevalue("target").mend()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run all tests of one service after each other, so that only one runs at a time, and those that share something in one worker.

    First of all hooks, as pytest-xdist reads the groups in its own.
    """
    items.sort(key=_service)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run where pytest-xdist has not taken the groups: each worker would set up everything, and tests meet strangers."""
    if session.config.getoption("loadgroup", False):
        assert all("@" in item.nodeid for item in session.items), "pytest-xdist does not know this pytest: groups have no effect"


def _group(item: pytest.Item) -> str:
    """The service, or what a module has set up for it; a test that shares nothing is by itself."""
    assert isinstance(item, pytest.Function)
    fixtures = item._fixtureinfo.name2fixturedefs  # noqa: SLF001 - pytest has no public way to ask
    shared = {name for name, found in fixtures.items() if found[-1].scope == "module"}
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    if "target" in parameters:
        return "-".join(_service(item))
    if not shared:
        return item.nodeid
    return "-".join([item.path.stem, *(str(parameters[name]) for name in sorted(shared & parameters.keys()))])


def _service(item: pytest.Item) -> tuple[str, ...]:
    assert isinstance(item, pytest.Function)
    parameters: dict[str, object] = (getattr(item, "callspec", None) and item.callspec.params) or {}
    found = parameters.get("target")
    return tuple(map(str, found)) if isinstance(found, tuple) else ()
