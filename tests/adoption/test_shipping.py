"""What tests and ships a plain starter: its tests pass, its files are taken by those who know them, its image's parts run alone."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from tests.adoption.starters import CALLING, GUARDING, Starter, starter
from tests.generated.issuer import running_issuer
from tests.generated.processes import until
from tests.generated.servers import DATABASE_URL
from tests.generated.stub import running_stub
from tests.validators import manifests
from tests.validators.tools import accepts

from microservices_skill.chaos.links import free_port
from microservices_skill.model.system import Language

pytestmark = pytest.mark.slow

LANGUAGES = [Language.PYTHON, Language.TYPESCRIPT]
SERVERS = {"TEST_DATABASE_URL": DATABASE_URL, "TEST_BROKER_URL": "amqp://127.0.0.1:5672/"}
VERSIONS = ("1.31", "1.37")


def fresh(language: Language, factory: pytest.TempPathFactory, name: str) -> Starter:
    return starter(language, factory.mktemp(f"{language}-{name}"))


@pytest.fixture(scope="module", params=LANGUAGES)
def shipped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Starter:
    """A starter with deployment, and what comes with it."""
    return fresh(request.param, tmp_path_factory, "deployment").add("deployment").install()


@pytest.fixture(scope="module", params=LANGUAGES)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Starter:
    """A starter with everything."""
    made = fresh(request.param, tmp_path_factory, "all")
    made.add("resilience", "observability", "testing", "deployment", "security")
    return made.edit(CALLING[made.language]).edit(GUARDING[made.language]).install()


def suite_of(made: Starter) -> str:
    """What the tests say that were added."""
    if made.language is Language.PYTHON:
        return made.run("python", "-m", "pytest", "-q", "tests/service", **SERVERS)
    made.run("npm", "run", "build")
    made.run("npm", "run", "lint")
    return made.run("npm", "run", "test:e2e", **SERVERS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_tests_that_were_added_alone_pass_on_real_servers(language: Language, tmp_path_factory: pytest.TempPathFactory) -> None:
    said = suite_of(fresh(language, tmp_path_factory, "testing").add("testing").install())
    assert re.search(r"6 passed", re.sub(r"\x1b\[\d*m", "", said)), said


@pytest.mark.parametrize("language", LANGUAGES)
def test_tests_that_were_added_fail_where_the_service_does_not_start(language: Language, tmp_path_factory: pytest.TempPathFactory) -> None:
    made = fresh(language, tmp_path_factory, "broken").add("testing").install()
    main, broken = ("app/main.py", "app = 1") if language is Language.PYTHON else ("src/main.ts", "process.exit(3);")
    (made.folder / main).write_text(f"{broken}\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"6 failed|failed"):
        suite_of(made)


def test_manifests_are_what_kubernetes_takes(shipped: Starter, tmp_path: Path) -> None:
    for build in ("base", "overlays/production"):
        found = manifests.read(accepts("kubectl", "kustomize", f"deploy/kubernetes/{build}", folder=shipped.folder))
        kinds = {each["kind"] for each in found}
        assert {"Deployment", "Service", "NetworkPolicy", "PodDisruptionBudget", "HorizontalPodAutoscaler", "ConfigMap"} <= kinds
        for version in VERSIONS:
            accepts("kubernetes-validate", "-k", version, "--strict", manifests.write(found, tmp_path / "built.yaml"))


def test_the_image_and_the_workflow_are_taken_by_those_who_know_them(shipped: Starter) -> None:
    folder = shipped.folder
    workflow = folder / ".github/workflows/service.yml"
    accepts("hadolint", folder / "Dockerfile")
    accepts("trivy", "config", "--quiet", "--skip-check-update", "--exit-code", "1", folder / "Dockerfile")
    judged = ["--framework", "github_actions", "dockerfile", "--compact", "--quiet", "--skip-download"]
    accepts("checkov", "--file", folder / "Dockerfile", *judged)
    accepts("actionlint", "-no-color", workflow)
    accepts("check-jsonschema", "--builtin-schema", "vendor.github-workflows", workflow)
    accepts("zizmor", "--offline", "--no-progress", "--persona", "pedantic", workflow)


def test_the_steps_of_the_workflow_pass(shipped: Starter) -> None:
    document = yaml.safe_load((shipped.folder / ".github/workflows/service.yml").read_text(encoding="utf-8"))
    commands = [step["run"] for step in document["jobs"]["test"]["steps"] if "run" in step]
    assert len(commands) > 1
    for command in commands:
        shipped.run("bash", "-c", command)


def test_what_goes_into_the_image_runs_by_itself(shipped: Starter, tmp_path: Path) -> None:
    folder = shipped.folder
    for line in (folder / ".dockerignore").read_text(encoding="utf-8").splitlines():
        source = folder / line.removeprefix("!")
        if line.startswith("!") and source.is_dir():
            shutil.copytree(source, tmp_path / source.name)
        elif line.startswith("!"):
            shutil.copy(source, tmp_path)
    command = json.loads(re.findall(r"^CMD (\[.*\])$", (folder / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)[-1])
    alone = Starter(shipped.language, tmp_path)
    if shipped.language is Language.PYTHON:
        alone.run("python3", "-m", "venv", ".venv")
        alone.run("python", "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--requirement", "requirements.txt")
    else:
        alone.run("npm", "ci", "--no-audit", "--no-fund")
        alone.run("npm", "run", "build")
        alone.run("npm", "prune", "--omit=dev", "--no-audit", "--no-fund")
        shutil.rmtree(tmp_path / "src")
    with alone.running(command=command) as service:
        assert service.call("GET", "/health/ready").status == 200
        assert service.stop() == 0


def test_all_capabilities_work_together(whole: Starter) -> None:
    whole.check()
    said = suite_of(whole)
    assert re.search(r"6 passed|[7-9] passed", re.sub(r"\x1b\[\d*m", "", said)), said
    with running_issuer() as issuer, running_stub() as stock:
        settings = {**issuer.settings, "STOCK_URL": stock.url}
        with whole.running(**settings) as service:
            assert {service.call("GET", path).status for path in ("/", "/health/live", "/health/ready", "/metrics")} == {200}
            assert service.call("PUT", "/items/lamp", {}).status == 401
            bearer = {"Authorization": f"Bearer {issuer.token('starter', 'items:write')}"}
            assert service.call("PUT", "/items/lamp", {"password": "hidden"}, bearer).status == 200
            assert service.call("GET", "/items/plumbus/stock").status == 200
            stock.status = 500
            for _ in range(6):
                service.call("GET", "/items/plumbus/stock")
            assert 'circuit_breaker_open{dependency="stock"} 1' in service.call("GET", "/metrics").text
            until(lambda: "audit" in service.log, 10)
            assert service.stop() == 0
            assert len(service.records) > 3
            assert "hidden" not in service.log


def test_a_dead_neighbour_does_not_make_it_unready(whole: Starter) -> None:
    with whole.running(STOCK_URL=f"http://127.0.0.1:{free_port()}") as service:
        assert service.call("GET", "/items/plumbus/stock").status == 503
        assert service.call("GET", "/health/ready").status == 200


def test_a_commonjs_service_takes_all_capabilities(tmp_path: Path) -> None:
    made = starter(Language.TYPESCRIPT, tmp_path, "nestjs-commonjs")
    made.add("resilience", "observability", "testing", "deployment", "security").install().check()
    assert "'./platform/install'" in (tmp_path / "src/main.ts").read_text(encoding="utf-8")
    assert re.search(r"6 passed", suite_of(made))
    with made.running() as service:
        assert {service.call("GET", path).status for path in ("/", "/health/ready", "/metrics")} == {200}
        assert service.stop() == 0
        assert len(service.records) > 1
