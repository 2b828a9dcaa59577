"""Workflows, Dockerfiles and Compose files before those who know them; each validator is seen to refuse something."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.generated.architectures import EXAMPLES
from tests.validators.tools import ROOT, accepts, run

pytestmark = pytest.mark.slow

each_example = pytest.mark.parametrize("example", EXAMPLES)


def workflows(folder: Path) -> list[Path]:
    return [folder / ".github/workflows/system.yml", *sorted(folder.glob("services/*/.github/workflows/service.yml"))]


def dependabots(folder: Path) -> list[Path]:
    return [folder / ".github/dependabot.yml", *sorted(folder.glob("services/*/.github/dependabot.yml"))]


def services(folder: Path) -> Iterator[Path]:
    return (each.parent for each in sorted(folder.glob("services/*/Dockerfile")))


@each_example
def test_actionlint_and_githubs_schemas_take_every_workflow(systems: dict[str, Path], example: str) -> None:
    found = workflows(systems[example])
    assert len(found) > 1
    accepts("actionlint", "-no-color", *found)
    accepts("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *found)
    accepts("check-jsonschema", "--builtin-schema", "custom.github-workflows-require-timeout", *found)
    accepts("check-jsonschema", "--builtin-schema", "vendor.dependabot", *dependabots(systems[example]))


@each_example
def test_zizmor_finds_nothing_even_where_it_is_pedantic(systems: dict[str, Path], example: str) -> None:
    folder = systems[example]
    accepts("zizmor", "--offline", "--no-progress", "--persona", "pedantic", *workflows(folder), *dependabots(folder))


@each_example
def test_checkov_takes_every_workflow_and_every_dockerfile(systems: dict[str, Path], example: str) -> None:
    judged = ["--framework", "github_actions", "dockerfile", "--compact", "--quiet", "--skip-download"]
    accepts("checkov", "--directory", systems[example], *judged)


@each_example
def test_hadolint_and_trivy_take_every_dockerfile(systems: dict[str, Path], example: str) -> None:
    for service in services(systems[example]):
        accepts("hadolint", service / "Dockerfile")
        accepts("trivy", "config", "--quiet", "--skip-check-update", "--exit-code", "1", service / "Dockerfile")


@each_example
def test_compose_takes_the_system_and_refuses_it_without_passwords(
    systems: dict[str, Path], example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = systems[example] / "docker-compose.yml"
    for name in ("POSTGRES_PASSWORD", "RABBITMQ_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    assert run("docker-compose", "--file", file, "config", "--quiet").returncode != 0
    for name in ("POSTGRES_PASSWORD", "RABBITMQ_PASSWORD"):
        monkeypatch.setenv(name, "secret")
    accepts("docker-compose", "--file", file, "config", "--quiet")
    accepts("compose-lint", file)


@each_example
def test_the_scripts_of_a_release_are_clean_python(systems: dict[str, Path], example: str) -> None:
    scripts = sorted((systems[example] / "deploy/scripts").glob("*.py"))
    assert len(scripts) == 6
    rules = ["--isolated", "--line-length=140", "--target-version=py311", "--select=E,F,I,UP,B,C4,SIM,PTH,RUF,PERF,PL,D,ANN,ARG,C90"]
    accepts("ruff", "check", "--no-cache", *rules, "--ignore=D105,D203,D208,D205,D212,D213,D401,D413,PLR2004,PLR0913", *scripts)
    accepts("mypy", "--strict", "--config-file=", "--python-version=3.11", f"--cache-dir={systems[example] / '.mypy'}", *scripts)


@each_example
def test_a_release_exchanges_the_images_of_every_environment_by_digest(systems: dict[str, Path], example: str) -> None:
    folder, digest = systems[example], "sha256:" + "1" * 64
    names = [each["image"] for each in json.loads((folder / "deploy/release.json").read_text(encoding="utf-8"))["services"]]
    images = {name: f"registry.example/acme/{name}@{digest}" for name in names}
    script = (
        "import json, sys; from pathlib import Path; from release import rendered;"
        " print(json.dumps(rendered(Path(sys.argv[1]), json.loads(sys.argv[2]))))"
    )
    scripts = {"PYTHONPATH": str(folder / "deploy/scripts"), "PYTHONDONTWRITEBYTECODE": "1"}
    path = os.pathsep.join([str(ROOT / ".tools/python/bin"), os.environ["PATH"]])
    for environment in ("dev", "staging", "production"):
        command = [sys.executable, "-c", script, f"deploy/kubernetes/overlays/{environment}", json.dumps(images)]
        done = subprocess.run(command, cwd=folder, env=os.environ | scripts | {"PATH": path}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        workloads = [each for each in found if each["kind"] in ("Deployment", "Job")]
        used = [each["spec"]["template"]["spec"]["containers"][0]["image"] for each in workloads]
        assert sorted(used) == sorted([*images.values()] * 2)
        assert {each["metadata"]["name"] for each in found if each["kind"] == "Deployment"} == {name.partition("/")[2] for name in names}
        assert all(each["metadata"]["annotations"]["release/commit"] for each in found)


def script_of(folder: Path, title: str) -> str:
    document = yaml.safe_load((folder / ".github/workflows/system.yml").read_text(encoding="utf-8"))
    return str(next(step["run"] for step in document["jobs"]["contracts"]["steps"] if step.get("name") == title))


def as_in_workflow(folder: Path, script: str, temporary: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"RUNNER_TEMP": str(temporary), "BASE": "main", "PATH": path}
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(shell, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_workflow_sees_what_is_generated_grow_old_and_whom_a_change_breaks(systems: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    subprocess.run(["cp", "-r", systems["shop"], folder], check=True)
    current, breaking = script_of(folder, "What is generated is current"), script_of(folder, "It breaks nobody")
    fresh = as_in_workflow(folder, current, tmp_path)
    assert fresh.returncode == 0, fresh.stdout + fresh.stderr
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    for command in (["init", "-q", "-b", "main"], ["add", "--all"], [*identity, "commit", "-qm", "all"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    subprocess.run(["git", "update-ref", "refs/remotes/origin/main", "main"], cwd=folder, check=True)
    same = as_in_workflow(folder, breaking, tmp_path)
    assert same.returncode == 0, same.stdout + same.stderr
    model = folder / "architecture.yaml"
    model.write_text(model.read_text(encoding="utf-8").replace("- operation: placeOrder\n", "- operation: buy\n", 1), encoding="utf-8")
    stale = as_in_workflow(folder, current, tmp_path)
    assert stale.returncode == 1, stale.stdout + stale.stderr


@pytest.mark.parametrize(
    ("tool", "arguments", "broken"),
    [
        ("actionlint", ["-no-color"], ("timeout-minutes: 10", "timeout-minutes: soon")),
        ("zizmor", ["--offline", "--no-progress"], ("persist-credentials: false", "fetch-tags: false")),
        ("zizmor", ["--offline", "--no-progress"], ('echo "$RESULTS"', 'echo "${{ github.head_ref }}"')),
        ("check-jsonschema", ["--builtin-schema", "vendor.github-workflows"], ("runs-on:", "runs-of:")),
        (
            "check-jsonschema",
            ["--builtin-schema", "custom.github-workflows-require-timeout"],
            ("timeout-minutes: 10\n", "continue-on-error: true\n"),
        ),
    ],
)
def test_a_broken_workflow_is_refused(
    systems: dict[str, Path], tmp_path: Path, tool: str, arguments: list[str], broken: tuple[str, str]
) -> None:
    text = workflows(systems["shop"])[0].read_text(encoding="utf-8")
    assert broken[0] in text
    file = tmp_path / ".github" / "workflows" / "system.yml"
    file.parent.mkdir(parents=True)
    file.write_text(text.replace(*broken), encoding="utf-8")
    assert run(tool, *arguments, file).returncode != 0


@pytest.mark.parametrize("service", ["order", "inventory"])
def test_a_dockerfile_with_root_is_refused(systems: dict[str, Path], tmp_path: Path, service: str) -> None:
    text = (systems["shop"] / "services" / service / "Dockerfile").read_text(encoding="utf-8")
    (tmp_path / "Dockerfile").write_text(text.replace("USER 10001:10001\n", ""), encoding="utf-8")
    assert run("trivy", "config", "--quiet", "--skip-check-update", "--exit-code", "1", tmp_path / "Dockerfile").returncode != 0
    quiet = ["--framework", "dockerfile", "--compact", "--quiet", "--skip-download"]
    assert run("checkov", "--file", tmp_path / "Dockerfile", *quiet).returncode != 0


@pytest.mark.parametrize("service", ["order", "inventory"])
def test_the_tag_that_checkov_is_told_to_overlook_is_there(systems: dict[str, Path], service: str) -> None:
    """It does not follow arguments: each of them must name a stage of the file that comes from an image with a tag."""
    lines = (systems["shop"] / "services" / service / "Dockerfile").read_text(encoding="utf-8").splitlines()
    stages = {line.split()[3]: line.split()[1] for line in lines if line.startswith("FROM ") and " AS " in line}
    arguments = dict(line.removeprefix("ARG ").split("=") for line in lines if line.startswith("ARG ") and "IMAGE" in line)
    assert arguments
    assert all(":" in stages[stage] for stage in arguments.values())


def test_a_container_without_confinement_is_refused(systems: dict[str, Path], tmp_path: Path) -> None:
    document = yaml.safe_load((systems["shop"] / "docker-compose.yml").read_text(encoding="utf-8"))
    document["services"]["order"]["privileged"] = True
    (tmp_path / "docker-compose.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    assert run("compose-lint", tmp_path / "docker-compose.yml").returncode != 0
