"""A capability of services that were generated: its files are brought up to date from the model, all others stay as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.contracts.samples import SHOP

from microservices_skill.app.adding import add
from microservices_skill.app.generation import Capability, generate_system
from microservices_skill.app.writing import Manner
from microservices_skill.codegen.capabilities import CAPABILITIES, files_of
from microservices_skill.codegen.generate import generate_service
from microservices_skill.errors import SkillError
from microservices_skill.model.loading import read_architecture
from microservices_skill.regeneration.request import Choices

LANGUAGES = pytest.mark.parametrize("language", ["python", "typescript"])


def generated(root: Path, language: str) -> Path:
    (root / "architecture.yaml").write_text(SHOP, encoding="utf-8")
    generate_system(root, root / "architecture.yaml", language=language)
    return root / "services/order"


def contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}


def metrics_of(folder: Path) -> Path:
    return next(path for path in folder.rglob("*") if path.name in ("http_metrics.py", "http-metrics.ts"))


@LANGUAGES
def test_only_the_files_of_the_capability_are_renewed(language: str, tmp_path: Path):
    folder = generated(tmp_path, language)
    before = contents(tmp_path)
    metrics, docker = metrics_of(folder), folder / "Dockerfile"
    metrics.unlink()
    docker.unlink()
    result = add(folder, "observability", manner=Manner(choices=Choices(theirs=("",))))
    assert result.written
    assert result.capabilities == ("observability",)
    assert metrics.is_file()
    assert not docker.exists(), "it is of another capability"
    after = contents(tmp_path)
    assert {path for path in before if before[path] != after.get(path)} == {"services/order/Dockerfile"}


@LANGUAGES
def test_what_people_edited_is_merged_and_what_others_have_is_remembered(language: str, tmp_path: Path):
    folder = generated(tmp_path, language)
    edited = metrics_of(folder)
    text = edited.read_text(encoding="utf-8") + ("# mine\n" if language == "python" else "// mine\n")
    edited.write_text(text, encoding="utf-8")
    before = contents(tmp_path)
    assert add(folder, "observability").merged == (edited.relative_to(tmp_path).as_posix(),)
    assert set(add(folder, "security").counts) == {"unchanged"}
    assert contents(tmp_path) == before
    again = generate_system(tmp_path, tmp_path / "architecture.yaml", language=language)
    assert set(again.counts) == {"unchanged", "kept-edit"}


def test_in_a_systems_folder_every_service_is_renewed(tmp_path: Path):
    generated(tmp_path, "python")
    found = [metrics_of(each) for each in sorted((tmp_path / "services").iterdir())]
    assert len(found) > 1
    for each in found:
        each.unlink()
    assert add(tmp_path, "observability", manner=Manner(choices=Choices(theirs=("",)))).written
    assert all(each.is_file() for each in found)


def test_a_model_that_stands_elsewhere_is_named(tmp_path: Path):
    folder = generated(tmp_path, "python")
    model = tmp_path / "design/system.yaml"
    model.parent.mkdir()
    (tmp_path / "architecture.yaml").rename(model)
    with pytest.raises(SkillError, match="there is no such file"):
        add(folder, "security")
    assert set(add(folder, "security", architecture=model).counts) == {"unchanged"}


def test_services_in_both_languages_stay_in_both(tmp_path: Path):
    (tmp_path / "architecture.yaml").write_text(SHOP, encoding="utf-8")
    generate_system(tmp_path, tmp_path / "architecture.yaml", language="both")
    before = contents(tmp_path)
    assert set(add(tmp_path / "services/order-python", "resilience").counts) == {"unchanged"}
    assert set(add(tmp_path, "security").counts) == {"unchanged"}
    assert contents(tmp_path) == before


def test_a_service_that_was_not_generated_beside_those_that_were_is_not_taken_for_one(tmp_path: Path):
    generated(tmp_path, "python")
    own = tmp_path / "services/legacy"
    own.mkdir()
    (own / "requirements.txt").write_text("fastapi\n", encoding="utf-8")
    (own / "main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n", encoding="utf-8")
    assert add(own, "observability").service == "legacy"
    assert (own / "service_platform/install.py").is_file()


@LANGUAGES
def test_a_file_has_one_capability_and_a_test_may_also_be_of_what_it_tests(language: str):
    architecture, _ = read_architecture(SHOP.replace("language: python", f"language: {language}"))
    for service in architecture.services:
        tree = generate_service(architecture, service.name)
        found = {path: [name for name in CAPABILITIES if path in files_of(tree, name)] for path in tree}
        assert [path for path, names in found.items() if len(names) > 1 and (len(names) > 2 or "testing" not in names)] == []


def test_an_unsound_model_renews_nothing(tmp_path: Path):
    folder = generated(tmp_path, "python")
    (tmp_path / "architecture.yaml").write_text(SHOP.replace("stores: [payment-db]", "stores: [order-db]"), encoding="utf-8")
    before = contents(tmp_path)
    with pytest.raises(SkillError, match="shared-data-store"):
        add(folder, "observability")
    assert contents(tmp_path) == before


def test_every_capability_can_be_asked_for():
    names: tuple[Capability, ...] = ("resilience", "observability", "testing", "deployment", "security")
    assert set(names) == set(CAPABILITIES)
