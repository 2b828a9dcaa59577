"""The routes of a plan out of a monolith, judged by nginx and by the schema of the Gateway API at every stage of every step."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.validators.manifests import faults, is_custom

from microservices_skill.app.migrating import plan_migration

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plan of the example."""
    folder = tmp_path_factory.mktemp("plan")
    plan_migration(folder, ROOT / "examples/monolith/monolith.yaml")
    return folder / "migration"


def test_nginx_takes_the_routes_of_every_stage(planned: Path) -> None:
    found = sorted(planned.glob("*/routing/*.nginx.conf"))
    assert len(found) == 4 * 5
    for each in found:
        text = re.sub(r"(    server) [a-z-]+(:[0-9]+);", r"\1 127.0.0.1\2;", each.read_text(encoding="utf-8"))
        configuration = each.with_suffix(".whole")
        configuration.write_text(f"pid {planned}/nginx.pid;\nevents {{}}\nhttp {{\n{text}}}\n", encoding="utf-8")
        command = ["nginx", "-t", "-e", f"{planned}/error.log", "-p", str(planned), "-c", str(configuration)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        assert done.returncode == 0, done.stderr
        assert "[warn]" not in done.stderr, done.stderr


def test_the_gateway_api_takes_the_routes_of_every_stage(planned: Path) -> None:
    found = [yaml.safe_load(each.read_text(encoding="utf-8")) for each in sorted(planned.glob("*/routing/*.httproute.yaml"))]
    assert len(found) == 4 * 5
    assert all(map(is_custom, found))
    assert list(faults(found)) == []
