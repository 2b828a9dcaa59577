"""What an erasure writes in the place of personal data, and which sagas can carry it out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from microservices_skill.errors import DocumentError
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.collaboration import hearings
from microservices_skill.model.erasure import blanks
from microservices_skill.model.loading import read_architecture
from microservices_skill.model.orchestration import Target, obstacles

CASE = Path(__file__).parents[1] / "generated" / "cases" / "erasure.yaml"
CUSTOMER, BOOKING = 0, 1


def document() -> dict[str, Any]:
    """The document of the case, to be changed."""
    found: dict[str, Any] = yaml.safe_load(CASE.read_text(encoding="utf-8"))
    return found


def read(found: dict[str, Any]) -> Architecture:
    architecture, _ = read_architecture(yaml.safe_dump(found, sort_keys=False))
    return architecture


def said(found: dict[str, Any]) -> list[tuple[str, str]]:
    architecture = read(found)
    return list(obstacles(architecture.services_by_name, architecture.sagas[0]))


def fields_of(found: dict[str, Any], service: int) -> list[dict[str, Any]]:
    fields: list[dict[str, Any]] = found["services"][service]["entities"][0]["fields"]
    return fields


def test_each_step_finds_all_rows_of_the_person_also_in_the_coordinator() -> None:
    [orchestration] = read(document()).orchestrations
    assert [(part.service.name, part.operation.entity.name, part.key, part.target) for part in orchestration.parts] == [
        ("customer", "Customer", "customer_id", Target.ALL),
        ("booking", "Booking", "customer_id", Target.ALL),
        ("booking", "Contact", "customer_id", Target.ALL),
    ]
    assert all(part.compensation is None for part in orchestration.parts)


def test_a_coordinator_that_commands_itself_needs_no_pact_with_itself() -> None:
    found = list(hearings(read(document()), of="customer"))
    assert {(each.consumer.name, each.provider.name) for each in found} == {("booking", "customer"), ("customer", "booking")}
    assert {each.event.name for each in found if each.consumer.name == "customer"} == {
        "EraseCustomerEraseBookingsReply",
        "EraseCustomerEraseContactReply",
    }


def test_blanks_fit_the_fields_and_what_a_law_keeps_stays() -> None:
    services = read(document()).services
    found = [(each.field.name, each.value) for service in services for each in blanks(service, service.entities[0])]
    assert found == [
        ("full_name", "erased"),
        ("contact_email", "{id}@erased.invalid"),
        ("born_on", "1900-01-01"),
        ("nickname", None),
        ("guest", "erased"),
        ("phone", "+000000"),
        ("wishes", None),
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ({"type": "string", "minLength": 8}, "erased--"),
        ({"type": "string", "maxLength": 3}, "era"),
        ({"type": "string", "unique": True}, "erased-{id}"),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "integer", "maximum": -2}, -2),
        ({"type": "list", "items": {"type": "string"}}, []),
        ({"type": "decimal", "required": False}, None),
    ],
)
def test_a_blank_keeps_the_limits_of_its_field(field: dict[str, Any], value: object) -> None:
    found = document()
    fields_of(found, CUSTOMER)[0] = {"name": "told", "classification": "personal"} | field
    service = read(found).services[CUSTOMER]
    assert blanks(service, service.entities[0])[0].value == value


@pytest.mark.parametrize(
    "field",
    [
        {"type": "decimal"},
        {"type": "money"},
        {"type": "enum", "values": ["a", "b"]},
        {"type": "string", "unique": True, "maxLength": 20},
        {"type": "string", "unique": True, "pattern": "^[a-z]{3}$"},
        {"type": "date", "unique": True},
        {"type": "list", "items": {"type": "string"}, "minItems": 1},
    ],
)
def test_a_field_that_cannot_be_blank_must_be_optional(field: dict[str, Any]) -> None:
    found = document()
    fields_of(found, CUSTOMER)[0] = {"name": "told", "classification": "personal"} | field
    assert said(found) == [("/steps/1/erases", "nothing can stand in the place of told of Customer; make it optional (required: false)")]


def test_an_erasure_comes_at_the_pivot_or_after_it() -> None:
    found = document()
    del found["sagas"][0]["steps"][1]["pivot"]
    assert said(found) == [("/steps/1/pivot", "erase_customer erases, and there is no way back from it; make it the pivot")]


def test_what_finds_the_rows_must_be_there_and_name_the_person() -> None:
    found = document()
    found["sagas"][0]["steps"][2]["match"] = {"field": "who", "source": "whom"}
    assert said(found) == [
        ("/steps/2/match", "Booking has no who to find the rows of one person by"),
        ("/steps/2/match", "ErasureRequest has no required uuid whom to name the person by"),
    ]


def test_an_event_sourced_entity_and_one_without_personal_data_cannot_be_erased() -> None:
    found = document()
    for field in fields_of(found, BOOKING):
        field.pop("keptBy", None)
        field.pop("classification", None)
    assert said(found) == [
        ("/steps/2/erases", "Booking holds no personal data that may be erased; remove the step, or classify its fields")
    ]
    found = document()
    found["services"][BOOKING]["entities"][0] |= {"persistence": "event-sourced"}
    assert "event-sourced" in said(found)[0][1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"operation": "makeBooking"}, "erases stands alone"),
        ({"compensation": "makeBooking"}, "erases stands alone"),
        ({"match": None}, "erases needs match"),
        ({"erases": "Nothing"}, "Nothing"),
    ],
)
def test_a_step_that_erases_and_does_something_else_is_refused(change: dict[str, Any], message: str) -> None:
    found = document()
    step = found["sagas"][0]["steps"][2] | change
    found["sagas"][0]["steps"][2] = {key: value for key, value in step.items() if value is not None}
    with pytest.raises(DocumentError, match=message):
        read(found)


def test_a_choreographed_saga_erases_nothing() -> None:
    found = document()
    found["sagas"][0]["style"] = "choreographed"
    with pytest.raises(DocumentError, match="a coordinator must know what is erased"):
        read(found)


def test_only_personal_data_is_kept_by_a_law() -> None:
    found = document()
    fields_of(found, CUSTOMER)[4]["keptBy"] = "tax law"
    with pytest.raises(DocumentError, match="keptBy says why personal data outlives an erasure"):
        read(found)
