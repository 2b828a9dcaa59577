"""The checks of a proof by faults: each goes red for the loss, or the doubling, that it is there for."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.generated.architectures import read_example

from microservices_skill.chaos.checks import Evidence, check
from microservices_skill.chaos.databases import Databases
from microservices_skill.chaos.load import Requests
from microservices_skill.chaos.observer import DeadLetter, Event
from microservices_skill.deployment.chaos import plan
from microservices_skill.deployment.chaos_plan import Invariant, Term

World = dict[str, dict[str, list[tuple[Any, ...]]]]
"""Services to tables to rows, as the checks ask for them."""


@dataclass
class Rows(Databases):
    """Databases in memory: a statement finds the rows of the table that it names."""

    world: World

    def rows(self, service: str, statement: str, *_: object) -> list[tuple[Any, ...]]:
        found = self.world[service]
        table = next(name for name in found if f'FROM "{name}"' in statement or f"FROM {name}" in statement)
        if table == "orders":
            return [row[:2] if '"status"' in statement else (row[0], *row[2:]) for row in found[table]]
        if table == "sagas":
            return [row for row in found[table] if (row[1] in ("completed", "compensated")) is ("NOT (" in statement)]
        if table == "outbox_messages":
            return found[table] if "id::text" in statement else [(found["waiting"][0][0],)]
        return found[table]


GOOD: World = {
    "order": {
        "orders": [("one", "confirmed", "5000", "EUR"), ("two", "cancelled", "7000", "EUR")],
        "sagas": [("run-one", "completed", None), ("run-two", "compensated", None)],
        "outbox_messages": [("confirmed-one",), ("cancelled-two",)],
        "waiting": [(0,)],
    },
    "inventory": {
        "stock_reservations": [("one", "committed"), ("two", "released")],
        "outbox_messages": [],
        "waiting": [(0,)],
    },
    "payment": {"payments": [("one", "captured", "5000", "EUR")], "outbox_messages": [], "waiting": [(0,)]},
    "notification": {"customer_notices": [("one",), ("two",)], "outbox_messages": [], "waiting": [(0,)]},
}
EVENTS = {
    "confirmed-one": Event("confirmed-one", "shop.OrderConfirmed.v1", {"order_id": "one"}),
    "cancelled-two": Event("cancelled-two", "shop.OrderCancelled.v1", {"order_id": "two"}),
}


def evidence(world: World) -> Evidence:
    made = {0: ("PlaceOrderSaga", "one"), 1: ("PlaceOrderSaga", "two")}
    return Evidence(plan(read_example("shop")), Rows(world), Requests(made), EVENTS, (), lambda _: 0)


def broken(found: Evidence) -> list[str]:
    return [each.name for each in check(found, ()) if not each.holds]


def test_a_world_in_which_everything_happened_once_holds() -> None:
    assert broken(evidence(GOOD)) == []


def drop(service: str, table: str, place: int = 0) -> Callable[[World], None]:
    return lambda world: world[service][table].pop(place) and None


def put(service: str, table: str, row: tuple[Any, ...], place: int | None = None) -> Callable[[World], None]:
    def change(world: World) -> None:
        rows = world[service][table]
        rows[len(rows) if place is None else place : len(rows) if place is None else place + 1] = [row]

    return change


RESERVED = "inventory.stock_reservations: "
PAID = "payment.payments: one captured for each confirmed one of orders"
AMOUNTS = "payment.payments: amount_minor_units, amount_currency as in orders"
NOTICES = "notification.customer_notices: one row for each OrderCancelled or OrderConfirmed"
ACCEPTED = "each accepted request made one of orders"


@pytest.mark.parametrize(
    ("change", "red"),
    [
        pytest.param(drop("order", "orders", 1), ACCEPTED, id="an accepted order is gone"),
        pytest.param(put("order", "orders", ("three", "cancelled", "1", "EUR")), ACCEPTED, id="made twice"),
        pytest.param(put("order", "orders", ("two", "pending", "7000", "EUR"), 1), "all orders ended confirmed or cancelled", id="open"),
        pytest.param(put("order", "sagas", ("run-two", "stuck", "why"), 1), "no PlaceOrderSaga is open or stuck", id="a stuck saga"),
        pytest.param(drop("payment", "payments"), PAID, id="not paid"),
        pytest.param(
            put("payment", "payments", ("one", "captured", "5000", "EUR")),
            PAID,
            id="twice",
        ),
        pytest.param(
            put("payment", "payments", ("one", "authorized", "5000", "EUR"), 0),
            PAID,
            id="half",
        ),
        pytest.param(
            put("payment", "payments", ("one", "captured", "5001", "EUR"), 0),
            AMOUNTS,
            id="sum",
        ),
        pytest.param(put("inventory", "stock_reservations", ("two", "held"), 1), RESERVED + "nothing left for a cancelled one", id="kept"),
        pytest.param(
            put("inventory", "stock_reservations", ("nine", "held")), RESERVED + "nothing for what was never asked", id="stranger"
        ),
        pytest.param(put("order", "waiting", (3,), 0), "no event waits in an outbox", id="unpublished"),
        pytest.param(put("order", "outbox_messages", ("lost",)), "every event that was written was published", id="a lost event"),
        pytest.param(drop("order", "outbox_messages"), "every event that was published was written", id="an event from nowhere"),
        pytest.param(
            drop("notification", "customer_notices"),
            NOTICES,
            id="a lost reaction",
        ),
        pytest.param(
            put("notification", "customer_notices", ("two",), 0),
            NOTICES,
            id="one reaction lost, another twice",
        ),
    ],
)
def test_each_loss_and_each_doubling_is_seen(change: Callable[[World], None], red: str) -> None:
    world = copy.deepcopy(GOOD)
    change(world)
    assert red in broken(evidence(world))


def test_a_dead_letter_of_a_saga_that_has_ended_is_explained_and_no_other() -> None:
    command = Event("a", "shop.PlaceOrderReserveStockCommand.v1", {"saga_id": "run-two"})
    assert broken(replace(evidence(GOOD), dead_letters=[DeadLetter("shop.inventory.dead-letters", command)])) == []
    event = Event("b", "shop.OrderCancelled.v1", {"order_id": "two"})
    assert broken(replace(evidence(GOOD), dead_letters=[DeadLetter("shop.notification.dead-letters", event)])) == [
        "every dead letter is explained"
    ]


def test_an_invariant_of_the_team_is_a_sum() -> None:
    taken = Invariant(
        name="balanced", sum=(Term(service="order", sql="SELECT 5"), Term(external="payment-provider", path="/taken", times=-1))
    )
    values = {"order": 5, None: 4}
    found = replace(evidence(GOOD), measure=lambda term: values[term.service])
    [verdict] = [each for each in check(found, (taken,)) if each.name == "balanced"]
    assert (verdict.holds, verdict.found) == (False, "1")
