"""Which orchestrated sagas can be generated, and what their messages are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from microservices_skill.contracts import asyncapi
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.loading import read_architecture
from microservices_skill.model.orchestration import Target, obstacles

CASE = Path(__file__).parents[1] / "generated" / "cases" / "orders.yaml"


def orders() -> dict[str, Any]:
    """The document of the case, to be changed."""
    document: dict[str, Any] = yaml.safe_load(CASE.read_text(encoding="utf-8"))
    return document


def read(document: dict[str, Any]) -> Architecture:
    """The document as an architecture."""
    architecture, _ = read_architecture(yaml.safe_dump(document, sort_keys=False))
    return architecture


def faults(document: dict[str, Any]) -> list[str]:
    """Where the saga leaves something open."""
    architecture = read(document)
    return [at for at, _ in obstacles(architecture.services_by_name, architecture.sagas[0])]


def test_each_step_of_a_participant_has_a_command_a_reply_and_a_compensation_where_it_can_be_undone() -> None:
    architecture = read(orders())
    assert [(message.event.name, message.event.publisher, message.receiver) for message in architecture.saga_messages] == [
        ("PlaceOrderReserveStockCommand", "order", "stock"),
        ("PlaceOrderReserveStockCompensation", "order", "stock"),
        ("PlaceOrderReserveStockReply", "stock", "order"),
        ("PlaceOrderAuthorizePaymentCommand", "order", "payment"),
        ("PlaceOrderAuthorizePaymentCompensation", "order", "payment"),
        ("PlaceOrderAuthorizePaymentReply", "payment", "order"),
        ("PlaceOrderCapturePaymentCommand", "order", "payment"),
        ("PlaceOrderCapturePaymentReply", "payment", "order"),
    ]


def test_a_command_carries_what_the_operation_needs_from_the_entity() -> None:
    [orchestration] = read(orders()).orchestrations
    carried = [{field.name: field.source for field in part.command.payload if field.source} for part in orchestration.parts]
    assert carried == [{"order_id": "id", "lines": "lines"}, {"order_id": "id", "amount": "total"}, {}]
    assert [(part.target, part.earlier) for part in orchestration.parts] == [
        (Target.NEW, None),
        (Target.NEW, None),
        (Target.EARLIER, "PlaceOrderSaga.authorize_payment"),
    ]


def test_the_messages_of_a_saga_are_in_the_contract() -> None:
    document = asyncapi.document(read(orders()))
    assert "PlaceOrderReserveStockCommand" in document["channels"]
    assert {"OrderSendsPlaceOrderReserveStockCommand", "StockReceivesPlaceOrderReserveStockCommand"} <= set(document["operations"])
    assert document["components"]["schemas"]["PlaceOrderReserveStockReplyV1"]["properties"]["outcome"]["enum"]


def test_personal_data_in_a_command_makes_it_personal() -> None:
    document = orders()
    document["services"][1]["entities"][0]["fields"].append({"name": "customer", "type": "email", "classification": "personal"})
    command = next(each.event for each in read(document).saga_messages if each.event.name == "PlaceOrderReserveStockCommand")
    assert command.classification == "personal"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"entity": None}, ["/entity"]),
        ({"startsWith": "getOrder"}, ["/startsWith"]),
        ({"succeedsWith": None}, ["/succeedsWith"]),
        ({"failsWith": None}, ["/failsWith"]),
        ({"steps": [{"name": "place_order", "service": "order", "operation": "placeOrder"}]}, ["/steps"]),
    ],
)
def test_what_a_saga_leaves_open_is_named(change: dict[str, Any], expected: list[str]) -> None:
    document = orders()
    document["sagas"][0] = {key: value for key, value in (document["sagas"][0] | change).items() if value is not None}
    found = faults(document)
    assert [at for at in found if at in expected] == expected
    assert read(document).orchestrations == ()


@pytest.mark.parametrize(
    ("step", "change", "expected"),
    [
        (1, {"set": []}, "/steps/1/set"),
        (1, {"operation": "listReservations"}, "/steps/1/operation"),
        (1, {"compensation": "reserveStock"}, "/steps/1/compensation"),
        (2, {"service": "order", "operation": "cancelOrder"}, "/steps/2/service"),
        (3, {"service": "stock", "operation": "releaseStock", "match": {"field": "order_id", "source": "number"}}, "/steps/3/match"),
    ],
)
def test_what_a_step_leaves_open_is_named(step: int, change: dict[str, Any], expected: str) -> None:
    document = orders()
    changed = document["sagas"][0]["steps"][step]
    for key in change:
        changed.pop("compensation", None) if key == "service" else None
    changed |= change
    assert expected in faults(document)


def test_a_step_that_changes_what_no_earlier_step_made_needs_a_match() -> None:
    document = orders()
    steps = document["sagas"][0]["steps"]
    document["sagas"][0]["steps"] = [steps[0], steps[1], steps[3]]
    assert faults(document) == ["/steps/2/match"]
    document["sagas"][0]["steps"][2]["match"] = {"field": "order_id", "source": "id"}
    assert faults(document) == []
    assert read(document).orchestrations[0].parts[1].target is Target.MATCHED
