"""What in a composition cannot be meant, what its contract says, and what its callers must be told of when it changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from microservices_skill.contracts import openapi, pacts
from microservices_skill.errors import DocumentError
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.composing import asked_of
from microservices_skill.model.loading import read_architecture
from microservices_skill.rules.engine import validate

CASE = Path(__file__).parents[1] / "generated" / "cases" / "composition.yaml"
Document = dict[str, Any]


def case() -> Document:
    """The document of the case, to be changed."""
    document: Document = yaml.safe_load(CASE.read_text(encoding="utf-8"))
    return document


def read(document: Document) -> Architecture:
    """The document as an architecture."""
    return read_architecture(yaml.safe_dump(document, sort_keys=False))[0]


def details(document: Document) -> Document:
    """The service that composes."""
    found: Document = document["services"][3]
    return found


def part(document: Document, place: int) -> Document:
    """A part of the composition."""
    found: Document = details(document)["compositions"][0]["parts"][place]
    return found


def test_each_value_comes_from_the_answer_of_its_name_or_from_the_id() -> None:
    architecture = read(case())
    service = architecture.services_by_name["details"]
    found = {asked.part.name: asked.attributes for asked in asked_of(architecture, service, service.compositions[0])}
    assert found["payments"] == {"payment_id": "id", "amount": "amount"}
    assert found["purchase"]["status"] == "status"


def test_the_contract_lets_optional_parts_be_null_and_names_what_is_missing() -> None:
    architecture = read(case())
    document = openapi.document(architecture, architecture.services_by_name["details"])
    schema = document["components"]["schemas"]["OrderDetailsResponse"]
    assert schema["required"] == ["order_id", "purchase", "customer", "recipient", "payments", "incomplete"]
    assert schema["properties"]["purchase"] == {"$ref": "#/components/schemas/ShownOrder"}
    assert {"type": "null"} in schema["properties"]["customer"]["anyOf"]
    assert schema["properties"]["payments"]["anyOf"][0]["maxItems"] == 3
    assert "ETag" not in document["paths"]["/v1/order-details/{order_id}"]["get"]["responses"]["200"].get("headers", {})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda document: part(document, 0).update(service="stock"), "'stock' is no other service that details depends on"),
        (lambda document: part(document, 0).update(service="details"), "'details' is no other service that details depends on"),
        (lambda document: part(document, 0).update(operation="findOrder"), "order has no operation 'findOrder'; it reads by: getOrder"),
        (lambda document: part(document, 0).update(operation="placeOrder"), "placeOrder changes something; a composition only reads"),
        (lambda document: part(document, 1).update(filter="order_id"), "getCustomer gets one, so there is nothing to filter"),
        (lambda document: part(document, 3).update(filter="amount"), "listPayments has no filter 'amount' that is a uuid; known: order_id"),
        (lambda document: part(document, 3).pop("filter"), "limit bounds a list; name the filter that the key goes into"),
        (lambda document: part(document, 3).update(required=True), "a list may be empty and is never what an answer stands or falls with"),
        (lambda document: part(document, 0).update(shows="Shown"), "there is no value type 'Shown' in details"),
        (lambda document: part(document, 1).update(key="payments.payment_id"), "'payments' is no earlier part that shows one thing"),
        (lambda document: part(document, 1).update(key="purchase.total"), "ShownOrder has no uuid 'total'; known: customer_id, gift_for"),
        (
            lambda document: part(document, 1).update(key="customer_id"),
            "'customer_id' names no field of an earlier part; write both, such as order.customer_id",
        ),
        (lambda document: part(document, 2).update(required=True), "recipient cannot be asked for without purchase.gift_for, which may be"),
        (lambda document: part(document, 1).update(name="incomplete"), "field 'incomplete' is already used"),
        (lambda document: part(document, 1).update(name="purchase"), "field 'purchase' is already used"),
        (lambda document: details(document)["dependencies"].pop(1), "details does not depend on getCustomer of customer"),
        (lambda document: details(document)["endpoints"].clear(), "no endpoint reads OrderDetails"),
        (lambda document: details(document)["endpoints"][0].update(action="list"), "OrderDetails is a composition, which only get reads"),
        (lambda document: details(document)["compositions"][0].update(budget="soon"), "'soon' is not a duration"),
        (lambda document: details(document)["compositions"][0].update(parts=[]), "at least 1 item"),
        (lambda document: details(document)["valueTypes"][0].update(name="OrderDetailsResponse"), "OrderDetailsResponse"),
    ],
)
def test_what_cannot_be_meant_is_a_clear_fault(change: Callable[[Document], object], said: str) -> None:
    document = case()
    change(document)
    with pytest.raises(DocumentError) as error:
        read(document)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("change", "rule", "at"),
    [
        (lambda document: part(document, 0).pop("required"), "breaking-response-change", "/services/3/compositions/0/parts/0"),
        (
            lambda document: details(document)["compositions"][0]["parts"].pop(3),
            "breaking-response-change",
            "/services/3/compositions/0/parts",
        ),
        (
            lambda document: details(document)["valueTypes"][1]["fields"].pop(),
            "breaking-response-change",
            "/services/3/compositions/0/parts/1",
        ),
        (lambda document: part(document, 3).update(limit=10), "widened-response", "/services/3/compositions/0/parts/3"),
    ],
)
def test_callers_are_told_of_what_changes_in_an_answer(change: Callable[[Document], object], rule: str, at: str) -> None:
    document = case()
    document["services"].append(reader())
    old = read(document)
    change(document)
    found = validate(read(document), previous=old)
    assert (rule, at) in {(finding.rule, finding.location) for finding in found}


def reader() -> Document:
    """A service that relies on the composition."""
    return {
        "name": "desk",
        "responsibility": "Helps customers",
        "owners": ["sales"],
        "language": "python",
        "dependencies": [{"to": "details", "operations": ["getOrderDetails"], "timeout": "2s"}],
    }


def test_a_pact_asks_for_what_its_provider_alone_can_bring_about() -> None:
    document = case()
    document["services"].append(reader())
    found = pacts.documents(read(document))
    assert ("desk", "details") not in found
    assert ("details", "customer") in found
