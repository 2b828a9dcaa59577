"""Which choreographed sagas can be watched, and who reacts to what in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from microservices_skill.contracts import asyncapi
from microservices_skill.diagrams.render import diagrams
from microservices_skill.errors import DocumentError
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.choreography import obstacles
from microservices_skill.model.loading import read_architecture
from microservices_skill.rules.engine import validate

CASE = Path(__file__).parents[1] / "generated" / "cases" / "choreographed.yaml"


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
    newest = {name: versions[-1] for name, versions in architecture.events_by_name.items()}
    found = [at for at, _ in obstacles(architecture.services_by_name, newest, architecture.sagas[0])]
    assert bool(found) != bool(architecture.choreographies)
    return found


def step(document: dict[str, Any], name: str) -> dict[str, Any]:
    """A step of the saga."""
    found: dict[str, Any] = next(each for each in document["sagas"][0]["steps"] if each["name"] == name)
    return found


def event(document: dict[str, Any], name: str) -> dict[str, Any]:
    """An event."""
    found: dict[str, Any] = next(each for each in document["events"] if each["name"] == name)
    return found


def test_each_step_follows_from_the_one_before_it_or_from_the_decision() -> None:
    [choreography] = read(orders()).choreographies
    assert choreography.decision.name == "confirm_order"
    assert [(each.step.name, each.after, each.does.event, each.undoes and each.undoes.event) for each in choreography.reactions] == [
        ("reserve_stock", None, "OrderPlaced", "OrderCancelled"),
        ("authorize_payment", "reserve_stock", "StockReserved", "OrderCancelled"),
        ("capture_payment", "confirm_order", "OrderConfirmed", None),
    ]


def test_there_is_nothing_to_undo_where_a_step_is_undone_or_was_refused() -> None:
    [choreography] = read(orders()).choreographies
    assert [each.nothing_to_undo for each in choreography.reactions] == [("released",), ("declined", "voided"), ()]
    assert [each.refusal.name if each.refusal is not None else None for each in choreography.reactions] == [
        "StockRefused",
        "PaymentDeclined",
        None,
    ]


def test_the_watcher_receives_what_tells_of_each_step_though_it_subscribes_to_none() -> None:
    architecture = read(orders())
    for name in ("StockReserved", "StockRefused", "StockReleased", "PaymentDeclined", "PaymentVoided", "PaymentCaptured"):
        assert "order" in architecture.subscribers(name)
    assert "OrderReceivesStockReleased" in asyncapi.document(architecture)["operations"]


def test_a_subscription_to_a_refusal_is_told_by_the_reaction_that_refuses() -> None:
    document = orders()
    match = {"field": "id", "source": "order_id"}
    heard = {"event": "StockRefused", "action": "transition", "transition": "cancel", "entity": "PurchaseOrder", "match": match}
    document["services"][0]["subscriptions"].append(heard)
    assert "unpublished-event" not in {finding.rule for finding in validate(read(document))}


def test_its_diagram_shows_what_each_step_follows_from() -> None:
    drawn = diagrams(read(orders()))["saga-place-order-saga"].splitlines()
    assert "  stock-)payment: authorize_payment by StockReserved" in drawn
    assert "  payment--)order: PaymentAuthorized" in drawn


def test_a_saga_that_says_nothing_of_its_events_is_only_documented() -> None:
    document = orders()
    for each in document["sagas"][0]["steps"]:
        for key in ("doneBy", "refusedBy", "undoneBy"):
            each.pop(key, None)
    architecture = read(document)
    assert (architecture.choreographies, architecture.watchers) == ((), {})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"entity": None}, ["/entity"]),
        ({"startsWith": "getOrder"}, ["/startsWith"]),
        ({"succeedsWith": None}, ["/succeedsWith"]),
        ({"failsWith": None}, ["/failsWith"]),
    ],
)
def test_what_a_saga_leaves_open_is_named(change: dict[str, Any], expected: list[str]) -> None:
    document = orders()
    document["sagas"][0] = {key: value for key, value in (document["sagas"][0] | change).items() if value is not None}
    assert faults(document) == expected


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("reserve_stock", {"event": "StockReserved"}, ["/steps/1/event"]),
        ("reserve_stock", {"doneBy": None}, ["/steps/1/doneBy", "/steps/2/event"]),
        ("reserve_stock", {"doneBy": "StockRefused"}, ["/steps/1/event", "/steps/2/event"]),
        ("reserve_stock", {"compensationEvent": None}, ["/steps/1/compensationEvent"]),
        ("reserve_stock", {"compensationEvent": "OrderConfirmed"}, ["/steps/1/compensationEvent"]),
        ("reserve_stock", {"undoneBy": None}, ["/steps/1/undoneBy"]),
        ("reserve_stock", {"undoneBy": "StockRefused"}, ["/steps/1/compensationEvent"]),
        ("authorize_payment", {"event": "OrderPlaced"}, ["/steps/2/event"]),
        ("confirm_order", {"event": "StockReserved"}, ["/steps/3/event", "/steps/3/event"]),
        ("capture_payment", {"event": "StockReserved"}, ["/steps/4/event", "/steps/4/event"]),
        ("capture_payment", {"service": "order"}, ["/steps"]),
    ],
)
def test_what_a_step_leaves_open_is_named(name: str, change: dict[str, Any], expected: list[str]) -> None:
    document = orders()
    found = step(document, name)
    found |= change
    for key in [key for key, value in found.items() if value is None]:
        del found[key]
    if change.get("service") == "order":
        del found["doneBy"]
    assert faults(document) == expected


def test_what_tells_of_a_step_carries_the_id_of_the_sagas_entity_and_is_ordered_by_it() -> None:
    document = orders()
    del event(document, "PaymentVoided")["orderingKey"]
    assert faults(document) == ["/steps/2/undoneBy"]
    del document["sagas"][0]["correlation"]
    assert "/steps/1/event" in faults(document), "purchase_order_id is what it would be by itself"


def test_what_is_told_without_an_entity_needs_no_more_than_the_event_that_asked() -> None:
    document = orders()
    event(document, "StockReleased")["payload"][1]["required"] = True
    event(document, "StockRefused")["payload"].append({"name": "reservation_id", "type": "uuid"})
    assert faults(document) == ["/steps/1/undoneBy", "/steps/1/refusedBy"]


def test_a_subscription_does_one_step() -> None:
    document = orders()
    steps = document["sagas"][0]["steps"]
    steps.insert(5, steps[4] | {"name": "capture_again"})
    assert faults(document) == ["/steps/5/event"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"style": "orchestrated"}, "go with style: choreographed"),
        (
            {"steps": [{"name": "reserve_stock", "service": "stock", "event": "OrderPlaced", "doneBy": "Reserved"}]},
            "there is no event 'Reserved'",
        ),
        (
            {"steps": [{"name": "reserve_stock", "service": "stock", "event": "OrderPlaced", "doneBy": "PaymentVoided"}]},
            "belongs to 'payment'",
        ),
    ],
)
def test_events_that_cannot_tell_of_a_step_are_refused(change: dict[str, Any], said: str) -> None:
    document = orders()
    document["sagas"][0] |= change
    with pytest.raises(DocumentError, match=said):
        read(document)
