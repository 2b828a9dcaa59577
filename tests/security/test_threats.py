"""The threat model names what is really generated, and says what is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.generated.architectures import EXAMPLES, read_case, read_example

from microservices_skill.codegen.generate import generate_service
from microservices_skill.decisions import personal_data, threats
from microservices_skill.diagrams.trust import boundaries
from microservices_skill.model.architecture import Architecture
from microservices_skill.security.flows import Kind, diagram
from microservices_skill.security.threats import Stride, of_element, of_flow, open_threats

CASES = ("composition", "orders", "choreographed", "sourced", "views")


def read(name: str) -> Architecture:
    return read_example(name) if name in EXAMPLES else read_case(name)


def page(architecture: Architecture) -> str:
    return threats.page(architecture, boundaries(architecture))


def changed(architecture: Architecture, **service: Any) -> Architecture:
    """The same with the first service changed, and its endpoints by ``endpoint``."""
    document = architecture.model_dump(by_alias=True)
    first = document["services"][0]
    first["endpoints"] = [each | service.get("endpoint", {}) for each in first["endpoints"]]
    first |= {name: value for name, value in service.items() if name != "endpoint"}
    return Architecture.model_validate(document)


@pytest.mark.parametrize("name", [*EXAMPLES, *CASES])
def test_every_file_and_setting_that_an_answer_names_is_generated(name: str):
    architecture = read(name)
    for service in architecture.services:
        tree = generate_service(architecture, service.name)
        settings = next(file.text for path, file in tree.items() if path.endswith(("/config.py", "/configuration.ts")))
        element = next(each for each in diagram(architecture).elements if each.kind is Kind.PROCESS and each.name == service.name)
        said = [threat.answer for threat in of_element(architecture, element)]
        said += [threat.answer for flow in diagram(architecture).flows if flow.source == element for threat in of_flow(architecture, flow)]
        named = {word for answer in said for word in re.findall(r"`([^`]+)`", answer)}
        files = {word for word in named if "/" in word or "." in word}
        assert files <= set(tree), files - set(tree)
        for setting in (word for word in named - files if word.isupper()):
            assert setting.lower() in settings, f"{service.name} has no {setting}"


@pytest.mark.parametrize("name", [*EXAMPLES, *CASES])
def test_every_process_has_all_six_and_every_flow_three(name: str):
    architecture = read(name)
    drawn = diagram(architecture)
    for element in drawn.elements:
        kinds = {threat.kind for threat in of_element(architecture, element)}
        match element.kind:
            case Kind.PROCESS:
                assert kinds == set(Stride)
            case Kind.OUTSIDE:
                assert kinds == {Stride.SPOOFING, Stride.REPUDIATION}
            case Kind.STORE:
                assert kinds == {Stride.TAMPERING, Stride.DISCLOSURE, Stride.DENIAL}
    for flow in drawn.flows:
        assert [threat.kind for threat in of_flow(architecture, flow)] == [Stride.TAMPERING, Stride.DISCLOSURE, Stride.DENIAL]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"endpoint": {"auth": False}}, "need no token"),
        ({"endpoint": {"scope": None}}, "every token for this audience may call"),
        ({"endpoint": {"rateLimit": None}}, "any number of requests"),
        ({"language": "go"}, "code for go is not generated"),
    ],
)
def test_what_the_model_leaves_open_is_said(change: dict[str, Any], says: str):
    shop = read_example("shop")
    assert says not in page(shop)
    assert says in page(changed(shop, **change))
    assert any(says in threat.answer for _, threat in open_threats(changed(shop, **change), diagram(changed(shop, **change))))


def test_a_system_of_nothing_has_a_page():
    empty = Architecture.model_validate({"system": {"name": "a" * 40, "domain": "<script> | `x`"}})
    assert page(empty).startswith("# Threat model of ")
    lone = {"name": "a" * 40, "responsibility": "Does *nothing* | `at` all"}
    assert "## Process: " in page(Architecture.model_validate({"system": {"name": "x", "domain": "y"}, "services": [lone]}))


@pytest.mark.parametrize("name", [*EXAMPLES, *CASES])
def test_every_row_of_a_table_has_as_many_cells_as_its_head(name: str):
    architecture = read(name)
    for text in (page(architecture), personal_data.page(architecture)):
        for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1, block


def test_personal_data_is_listed_with_the_messages_that_carry_it_and_who_receives_them():
    found = personal_data.page(read_example("shop"))
    assert "| order | PurchaseOrder.customer\\_email | personal |" in found
    assert re.search(r"\| order \| PurchaseOrder\.customer\\_email \| \w+ v1 \| [a-z, -]*notification", found)
    assert "GDPR" in found
    assert re.search(r"order\\_id \| .*order: PurchaseOrder.*notification: CustomerNotice", found)


def test_the_page_says_what_a_saga_erases_and_what_a_law_keeps():
    found = personal_data.page(read_example("clinic")).partition("## Erasure and access")[2]
    assert "`requestPatientErasure` of patient starts **ErasePatientSaga**" in found
    assert "| erase_patient_of_patient | patient | Patient | full\\_name, contact\\_email, born\\_on |" in found
    assert "medical-record: TreatmentNote.diagnosis, by the law on medical records" in found
    assert "ErasePatientSaga" not in personal_data.page(read_example("shop"))


def test_a_field_that_looks_personal_and_is_not_classified_is_asked_about():
    document = read_example("shop").model_dump(by_alias=True)
    field = next(each for each in document["services"][0]["entities"][0]["fields"] if each["name"] == "customer_email")
    field["classification"] = "internal"
    found = personal_data.page(Architecture.model_validate(document))
    assert "order, PurchaseOrder.customer\\_email" in found.partition("## Maybe personal")[2]


def test_a_system_without_personal_data_needs_no_page():
    from microservices_skill.security.personal_data import is_asked_for  # noqa: PLC0415 - beside what it tests

    assert is_asked_for(read_example("shop"))
    assert not is_asked_for(Architecture.model_validate({"system": {"name": "x", "domain": "y"}}))
    regulated = {"system": {"name": "x", "domain": "y", "requirements": {"regulations": ["ccpa"]}}}
    assert is_asked_for(Architecture.model_validate(regulated))


def test_the_pages_are_part_of_what_is_generated(tmp_path: Path):
    from microservices_skill.app.documents import render_adr  # noqa: PLC0415 - beside what it tests

    source = Path(__file__).parents[2] / "examples" / "clinic" / "architecture.yaml"
    render_adr(tmp_path, source)
    assert (tmp_path / "docs" / "security" / "threat-model.md").exists()
    assert (tmp_path / "docs" / "security" / "personal-data.md").exists()
    assert "security/threat-model.md" in (tmp_path / "docs" / "README.md").read_text(encoding="utf-8")
