"""Every service of every example installs, lints, type-checks and passes its own tests on real servers."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.generated.running import BROKER_URL, DATABASE_URL, ROOT, read_example, run, write_system

pytestmark = pytest.mark.slow

SERVICES = [
    (example.name, service.name)
    for example in sorted((ROOT / "examples").iterdir())
    if (example / "architecture.yaml").exists()
    for service in read_example(example.name).services
]


@pytest.fixture(scope="session")
def systems(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each example, written once."""
    return {name: write_system(read_example(name), tmp_path_factory.mktemp(name)) for name in {name for name, _ in SERVICES}}


@pytest.mark.parametrize(("example", "service"), SERVICES, ids=[f"{example}-{service}" for example, service in SERVICES])
def test_a_generated_service_passes_its_own_checks(example: str, service: str, systems: dict[str, Path], interpreter: Path) -> None:
    folder = systems[example] / "services" / service
    lint = run(interpreter, folder, "ruff", "check", ".")
    assert lint.returncode == 0, lint.stdout
    types = run(interpreter, folder, "mypy", "--cache-dir", str(interpreter.parent.parent / "mypy"), "src", "tests")
    assert types.returncode == 0, types.stdout
    tests = run(interpreter, folder, "pytest", "-p", "no:cacheprovider", TEST_DATABASE_URL=DATABASE_URL, TEST_BROKER_URL=BROKER_URL)
    assert tests.returncode == 0, tests.stdout[-6000:]
    assert "skipped" not in tests.stdout.splitlines()[-1]
