import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from tests.generated.architectures import EXAMPLES, in_languages, read_example, with_services

from microservices_skill.capacity.report import capacity
from microservices_skill.deployment.kubernetes import render as kubernetes
from microservices_skill.deployment.pipelines.render import of_service, of_system
from microservices_skill.files import FileTree
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.service import Slo
from microservices_skill.model.system import Language, Runtime


def workflow(files: FileTree, name: str = "system") -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(files[f".github/workflows/{name}.yml"].text)
    return found


def every_workflow() -> Iterator[tuple[str, dict[str, Any], str]]:
    for example in EXAMPLES:
        architecture = read_example(example)
        files = of_system(architecture)
        yield example, workflow(files), files[".github/workflows/system.yml"].text
        for service in architecture.services:
            files = of_service(architecture, service)
            yield service.name, workflow(files, "service"), files[".github/workflows/service.yml"].text


WORKFLOWS = list(every_workflow())
each_workflow = pytest.mark.parametrize(("document", "text"), [each[1:] for each in WORKFLOWS], ids=[each[0] for each in WORKFLOWS])


def with_platform(architecture: Architecture, **changes: object) -> Architecture:
    platform = architecture.system.platform.model_copy(update=changes)
    parts = {name: getattr(architecture, name) for name in Architecture.model_fields}
    return Architecture(**parts | {"system": architecture.system.model_copy(update={"platform": platform})})


@each_workflow
def test_every_job_has_a_limit_and_names_its_permissions(document: dict[str, Any], text: str):
    assert document["permissions"] == {}
    for name, job in document["jobs"].items():
        assert 0 < job["timeout-minutes"] <= 90, name
        assert "permissions" in job, name
    assert [name for name, job in document["jobs"].items() if "write" in job["permissions"].values()] == ["publish"]
    assert "persist-credentials: true" not in text


@each_workflow
def test_every_action_is_a_commit_and_says_of_which_release(document: dict[str, Any], text: str):  # noqa: ARG001 - shared parameters
    uses = re.findall(r"uses: (.*)", text)
    assert uses
    assert all(re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each) for each in uses)


@each_workflow
def test_nothing_from_outside_is_part_of_a_script(document: dict[str, Any], text: str):  # noqa: ARG001 - shared parameters
    scripts = [step["run"] for job in document["jobs"].values() for step in job["steps"] if "run" in step]
    assert scripts
    assert not [each for each in scripts if "${{" in each]


@each_workflow
def test_a_job_needs_only_jobs_that_there_are(document: dict[str, Any], text: str):  # noqa: ARG001 - shared parameters
    jobs = document["jobs"]
    for name, job in jobs.items():
        needs = job.get("needs", [])
        assert set([needs] if isinstance(needs, str) else needs) <= set(jobs), name
        for needed in re.findall(r"needs\.([a-z-]+)\.", json.dumps(job)):
            assert needed in (needs if isinstance(needs, list) else [needs]), f"{name} reads {needed}, which it does not need"


def test_each_language_is_tested_on_the_servers_and_before_any_image():
    jobs = workflow(of_system(read_example("shop")))["jobs"]
    for language in ("typescript", "python"):
        job = jobs[f"test-{language}"]
        assert [each["run"] for each in job["steps"] if "run" in each] == ["make install", "make lint types", "make test-servers"]
        assert set(job["services"]) == {"postgres", "rabbitmq"}
        assert f"test-{language}" in jobs["publish"]["needs"]
    assert {"contracts", "scan", "dependencies"} <= set(jobs["publish"]["needs"])


def test_a_release_goes_to_production_only_over_staging_and_only_from_the_main_branch():
    jobs = workflow(of_system(read_example("shop")))["jobs"]
    assert jobs["staging"]["needs"] == "publish"
    assert jobs["production"]["needs"] == "staging"
    for each in ("staging", "production"):
        assert "github.ref == 'refs/heads/main'" in jobs[each]["if"]
        assert jobs[each]["concurrency"] == {"group": f"release-{each}", "cancel-in-progress": False}
        script = next(step["run"] for step in jobs[each]["steps"] if step.get("name") == "Release")
        assert f"--overlay deploy/kubernetes/overlays/{each} " in script
        assert script.startswith("exec "), "a signal must reach the script, not a shell around it"


def test_a_system_on_servers_builds_and_leaves_the_release_to_its_people():
    jobs = workflow(of_system(with_platform(read_example("shop"), runtime=Runtime.SERVERS)))["jobs"]
    assert "publish" in jobs
    assert not {"staging", "production"} & set(jobs)


def test_a_service_in_another_language_is_left_to_its_team_and_said_so():
    languages = {"order": Language.GO, "payment": Language.JAVA, "inventory": Language.PYTHON, "notification": Language.PYTHON}
    architecture = in_languages(read_example("shop"), languages)
    files = of_system(architecture)
    text = files[".github/workflows/system.yml"].text
    assert "# order is written in go: its team tests and builds it in a workflow of its own.\n" in text
    assert "test-typescript" not in text
    facts = json.loads(files["deploy/release.json"].text)
    assert [each["name"] for each in facts["services"]] == ["inventory", "notification"]
    assert set(facts["promises"]) == set(languages), "their error budgets are watched all the same"
    assert "npm" not in files[".github/dependabot.yml"].text
    assert not of_service(architecture, architecture.services_by_name["order"])


def test_a_system_without_a_service_of_ours_is_still_checked():
    languages = {each.name: Language.RUST for each in read_example("shop").services}
    files = of_system(in_languages(read_example("shop"), languages))
    assert list(workflow(files)["jobs"]) == ["contracts", "scan", "dependencies", "verified"]
    assert "deploy/scripts/release.py" not in files


def test_promises_are_those_of_the_model():
    shop = read_example("shop")
    strict = shop.services_by_name["order"].model_copy(update={"slo": Slo(availability=100)})
    facts = json.loads(of_system(with_services(shop, strict))["deploy/release.json"].text)
    assert facts["promises"]["order"] == 100
    assert facts["promises"]["payment"] == shop.services_by_name["payment"].slo.availability


def test_images_have_the_names_of_the_manifests_wherever_their_folders_are():
    clinic = read_example("clinic")
    folders = {each.name: f"services/{each.name}-typescript" for each in clinic.services}
    facts = json.loads(of_system(clinic, folders)["deploy/release.json"].text)
    manifests = kubernetes.render(clinic, capacity(clinic), folders)
    for each in facts["services"]:
        deployment = yaml.safe_load(manifests[f"deploy/kubernetes/base/{each['name']}/deployment.yaml"].text)
        used = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
        assert used.rpartition(":")[0] == each["image"] == f"clinic/{each['name']}"
        assert deployment["metadata"]["name"] == each["name"], "its promise is found by its name"
        assert each["folder"] == folders[each["name"]]


@pytest.mark.parametrize("language", ["", "both", "python"])
def test_drift_is_looked_for_in_the_language_that_the_system_is_generated_in(language: str):
    steps = workflow(of_system(read_example("shop"), language=language))["jobs"]["contracts"]["steps"]
    script = next(step["run"] for step in steps if step.get("name") == "What is generated is current")
    assert (f"-o . --language {language} --preview" if language else "-o . --preview") in script


def test_dependabot_looks_into_every_folder_once_a_week():
    updates = yaml.safe_load(of_system(read_example("shop"))[".github/dependabot.yml"].text)["updates"]
    found = {each["package-ecosystem"]: each.get("directories", [each.get("directory")]) for each in updates}
    assert found == {
        "pip": ["/services/inventory", "/services/notification"],
        "npm": ["/services/order", "/services/payment"],
        "docker": ["/services/order", "/services/payment", "/services/inventory", "/services/notification"],
        "docker-compose": ["/"],
        "github-actions": ["/"],
    }
    assert all(each["groups"] and each["cooldown"] for each in updates)
