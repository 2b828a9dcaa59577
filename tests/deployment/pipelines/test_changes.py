import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.deployment.pipelines.stage import SERVICES, Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage.set_up(tmp_path)


def changes(stage: Stage, *arguments: str, **environment: str) -> dict[str, list[str]]:
    command = [sys.executable, "deploy/scripts/changes.py", *arguments]
    done = subprocess.run(command, cwd=stage.root, env=stage.environment | environment, capture_output=True, text=True, check=True)
    pairs = (line.split("=", 1) for line in done.stdout.splitlines())
    return {name: [each["service"] for each in json.loads(value)] for name, value in pairs}


def commit(stage: Stage, path: str) -> None:
    target = stage.root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("changed", encoding="utf-8")
    subprocess.run(["git", "add", path], cwd=stage.root, check=True)
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    subprocess.run(["git", *identity, "commit", "-q", "-m", "change"], cwd=stage.root, check=True)


def test_a_pull_request_tests_the_services_whose_folders_differ(stage: Stage):
    subprocess.run(["git", "switch", "-qc", "change"], cwd=stage.root, check=True)
    assert changes(stage, "--against", "main") == {"python": [], "typescript": [], "images": []}
    commit(stage, "services/order/main")
    commit(stage, "services/ordering/main")
    assert changes(stage, "--against", "main") == {"python": [], "typescript": ["order"], "images": ["order"]}
    commit(stage, ".github/workflows/system.yml")
    assert changes(stage, "--against", "main")["images"] == list(SERVICES)


def test_the_main_branch_builds_what_has_no_image_yet(stage: Stage):
    assert changes(stage, "--registry", "registry.example/acme", NO_IMAGES="shop/inventory") == {
        "python": ["inventory"],
        "typescript": [],
        "images": ["inventory"],
    }
    assert changes(stage, "--all")["images"] == list(SERVICES)
