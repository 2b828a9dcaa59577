"""An answer out of three services within one time budget: whole where all answer, named in its gaps where one is away or frozen."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from tests.generated.architectures import in_languages, own_name, read_case
from tests.generated.issuer import Issuer
from tests.generated.languages import Toolchains
from tests.generated.processes import Answer, Caller, until
from tests.generated.systems import PAIRS, deployed_system
from tests.generated.target import Target

pytestmark = pytest.mark.slow

BUDGET_S, SLACK_S, RESET_S = 1.2, 1.5, 10.0
FAILURES = 5
"""After how many failures the breaker of each dependency opens, as the model has it."""


@pytest.fixture(scope="module", params=PAIRS, ids=["-".join(each) for each in PAIRS])
def shop(
    request: pytest.FixtureRequest, toolchains: Toolchains, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Target]]:
    """The composing service in one language, those that it asks in the other."""
    composer, asked = request.param
    languages = {"details": composer, "order": asked, "customer": asked, "payment": asked}
    architecture = in_languages(read_case("composition", system=own_name("composition")), languages)
    with deployed_system(architecture, toolchains, issuer, tmp_path_factory.mktemp("composition")) as found:
        yield found


@pytest.fixture(autouse=True)
def _all_run(shop: dict[str, Target]) -> None:
    for each in shop.values():
        each.mend()
    until(lambda: all(not is_open(shop, name) for name in ("order", "customer", "payment")), RESET_S, "for closed circuit breakers")


def is_open(shop: dict[str, Target], name: str) -> bool:
    """Whether a dependency is not asked any more; one that may be probed is asked, so that it comes back."""
    if shop["details"].metric("circuit_breaker_open", dependency=name) == 0:
        return False
    order = Order.placed(shop)
    order.read()
    return shop["details"].metric("circuit_breaker_open", dependency=name) == 1


@dataclass(frozen=True)
class Order:
    """An order with its customer and its payments, as they were made."""

    shop: dict[str, Target]
    id: str
    values: dict[str, Any]
    customer: str
    payments: tuple[str, ...]

    @classmethod
    def placed(cls, shop: dict[str, Target], *, payments: int = 1, **values: Any) -> Order:
        """Place one."""
        customer = made(shop["customer"].caller(), "/v1/customers", {"mail": "ada@example.com", "full_name": "Ada 李 🚲"})
        total = {"minor_units": 4200, "currency": "EUR"}
        body = {"customer_id": customer, "total": total, "weight": "1.500", "due_at": "2027-01-31T09:30:00Z"} | values
        order = made(shop["order"].caller(), "/v1/orders", body)
        caller = shop["payment"].caller()
        paid = tuple(made(caller, "/v1/payments", {"order_id": order, "amount": total}) for _ in range(payments))
        return cls(shop, order, body, customer, paid)

    def read(self) -> Answer:
        """What the composition answers."""
        return self.shop["details"].caller().get(f"/v1/order-details/{self.id}")


def made(caller: Caller, path: str, body: dict[str, Any]) -> str:
    """Make something; its id."""
    answer = caller.change("POST", path, body)
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def gaps(answer: Answer) -> dict[str, str]:
    """Which parts are not there, and why."""
    assert answer.status == 200, answer.text
    return {each["part"]: each["reason"] for each in answer.json["incomplete"]}


@contextmanager
def frozen(*targets: Target) -> Iterator[None]:
    """Services that take connections and say nothing."""
    pids = [each.running.process.pid for each in targets if each.running.process is not None]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_an_answer_shows_what_four_services_hold(shop: dict[str, Target]) -> None:
    friend = made(shop["customer"].caller(), "/v1/customers", {"mail": "bob@example.com", "full_name": "Bob"})
    order = Order.placed(shop, payments=2, gift_for=friend)
    answer = order.read()
    assert gaps(answer) == {}
    found = answer.json
    assert found["order_id"] == order.id
    assert found["purchase"] == order.values | {"status": "placed"}
    assert found["customer"] == {"mail": "ada@example.com", "full_name": "Ada 李 🚲"}
    assert found["recipient"] == {"mail": "bob@example.com", "full_name": "Bob"}
    assert {each["payment_id"] for each in found["payments"]} == set(order.payments)
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_does_not_exist_is_no_gap(shop: dict[str, Target]) -> None:
    order = Order.placed(shop, payments=0)
    answer = order.read()
    assert gaps(answer) == {}
    assert (answer.json["recipient"], answer.json["payments"]) == (None, [])


def test_a_list_is_cut_and_says_so(shop: dict[str, Target]) -> None:
    answer = Order.placed(shop, payments=4).read()
    assert gaps(answer) == {"payments": "truncated"}
    assert len(answer.json["payments"]) == 3


def test_what_was_deleted_is_named(shop: dict[str, Target]) -> None:
    order = Order.placed(shop)
    assert shop["customer"].caller().change("DELETE", f"/v1/customers/{order.customer}").status == 204
    assert gaps(order.read()) == {"customer": "not_found"}


def test_an_unknown_order_is_a_404(shop: dict[str, Target]) -> None:
    answer = shop["details"].caller().get(f"/v1/order-details/{uuid4()}")
    assert answer.status == 404
    assert answer.is_problem


def test_a_service_that_is_down_leaves_a_gap_and_no_more(shop: dict[str, Target]) -> None:
    order = Order.placed(shop)
    before = shop["details"].metric("composition_parts_missing_total", composition="OrderDetails", part="payments", reason="unavailable")
    shop["payment"].running.kill()
    answer = order.read()
    assert gaps(answer) == {"payments": "unavailable"}
    assert answer.json["payments"] is None
    assert answer.json["customer"] is not None
    after = shop["details"].metric("composition_parts_missing_total", composition="OrderDetails", part="payments", reason="unavailable")
    assert after == before + 1
    shop["payment"].mend()
    assert gaps(order.read()) == {}


def test_two_frozen_services_cost_one_budget_and_then_nothing(shop: dict[str, Target]) -> None:
    order = Order.placed(shop)
    with frozen(shop["customer"], shop["payment"]):
        began = time.monotonic()
        answer = order.read()
        assert time.monotonic() - began < BUDGET_S + SLACK_S
        assert gaps(answer) == {"customer": "timeout", "payments": "timeout"}
        for _ in range(FAILURES):
            order.read()
        began = time.monotonic()
        assert gaps(order.read()) == {"customer": "unavailable", "payments": "unavailable"}
        assert time.monotonic() - began < BUDGET_S / 2, "open circuit breakers cost no time"
    until(lambda: gaps(order.read()) == {}, RESET_S, "for the whole answer")


def test_without_the_order_there_is_no_answer(shop: dict[str, Target]) -> None:
    order = Order.placed(shop)
    shop["order"].running.kill()
    answer = order.read()
    assert (answer.status, answer.json["type"], answer.headers["Retry-After"]) == (503, "urn:problem:part-missing", "1")
    shop["order"].mend()
    assert gaps(order.read()) == {}


def test_nothing_personal_of_other_services_is_logged(shop: dict[str, Target]) -> None:
    Order.placed(shop).read()
    assert "ada@example.com" not in shop["details"].running.log
