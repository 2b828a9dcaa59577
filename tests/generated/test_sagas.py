"""An orchestrated saga over three services: it ends, one way or the other, whatever dies on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator
from tests.generated.architectures import in_languages, on_broker, own_name, read_case
from tests.generated.choosing import OTHER_BROKERS
from tests.generated.issuer import Issuer
from tests.generated.languages import Toolchains
from tests.generated.orders import END_LIMIT_S, TOO_MANY_LINES, TOO_MUCH, kept, operator, order_of, place, saga_of, steps_of
from tests.generated.processes import until
from tests.generated.systems import PAIRS, deployed_system, in_log, read
from tests.generated.target import EVENT_LIMIT_S, Target

from microservices_skill.contracts.events import schema
from microservices_skill.model.system import BrokerKind

pytestmark = pytest.mark.slow


SETTINGS = [*((*pair, BrokerKind.RABBITMQ) for pair in PAIRS), *((*PAIRS[0], broker) for broker in OTHER_BROKERS)]
"""Each pair of languages over RabbitMQ, and one over every other broker."""


@pytest.fixture(scope="module", params=SETTINGS, ids=["-".join(each) for each in SETTINGS])
def shop(
    request: pytest.FixtureRequest, toolchains: Toolchains, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Target]]:
    """The coordinator in one language, its participants in the other."""
    coordinator, participants, broker = request.param
    languages = {"order": coordinator, "stock": participants, "payment": participants}
    architecture = on_broker(in_languages(read_case("orders", system=own_name("orders")), languages), broker)
    with deployed_system(architecture, toolchains, issuer, tmp_path_factory.mktemp("orders")) as found:
        yield found


@pytest.fixture(autouse=True)
def _all_run(shop: dict[str, Target]) -> None:
    for each in shop.values():
        if not each.running.is_alive:
            each.running.start()


def ended(shop: dict[str, Target], order: str, status: str) -> dict[str, Any]:
    """The run of an order, once the order has come to a state."""
    until(lambda: read(shop["order"], "getOrder", order)["status"] == status, END_LIMIT_S, f"for {order} to be {status}")
    return saga_of(shop, order)


def test_an_order_whose_steps_are_all_done_is_confirmed_in_one_trace(shop: dict[str, Target]) -> None:
    trace = uuid4().hex
    order = place(shop, order_of(), trace)
    view = ended(shop, order, "confirmed")
    assert (view["state"], view["saga"]) == ("completed", "PlaceOrderSaga")
    assert steps_of(view) == [
        (None, "started"),
        ("reserve_stock", "asked"),
        ("reserve_stock", "done"),
        ("authorize_payment", "asked"),
        ("authorize_payment", "done"),
        ("capture_payment", "asked"),
        ("capture_payment", "done"),
        (None, "completed"),
    ]
    assert (kept(shop, "stock", "reservations", order), kept(shop, "payment", "payments", order)) == (["held"], ["captured"])
    until(lambda: all(in_log(each, trace) for each in shop.values()), EVENT_LIMIT_S, "for one trace in the logs of all")
    refused = shop["order"].caller().change("POST", f"/v1/orders/{order}/cancel")
    assert refused.status == 409


def test_every_message_of_a_saga_keeps_its_contract(shop: dict[str, Target]) -> None:
    order = shop["order"]
    ended(shop, place(shop, order_of()), "confirmed")
    ended(shop, place(shop, order_of(amount=TOO_MUCH)), "cancelled")
    until(lambda: all(each.database.pending_events() == 0 for each in shop.values()), EVENT_LIMIT_S, "for the outboxes to empty")
    contracts = {order.event_type(each): schema(order.architecture, each) for each in order.architecture.messages}
    seen = [json.loads(each.body) for each in order.broker.take(order.events)]
    for envelope in seen:
        faults = list(Draft202012Validator(contracts[envelope["type"]]).iter_errors(envelope["data"]))
        assert faults == [], envelope
    assert {order.event_type(message.event) for message in order.architecture.saga_messages} - {each["type"] for each in seen} == {
        f"{order.architecture.system.name}.PlaceOrderAuthorizePaymentCompensation.v1"
    }


def test_an_order_that_the_first_participant_refuses_is_cancelled_and_leaves_nothing(shop: dict[str, Target]) -> None:
    order = place(shop, order_of(lines=TOO_MANY_LINES))
    view = ended(shop, order, "cancelled")
    assert view["state"] == "compensated"
    assert steps_of(view) == [(None, "started"), ("reserve_stock", "asked"), ("reserve_stock", "refused"), (None, "compensated")]
    assert view["reason"]
    assert (kept(shop, "stock", "reservations", order), kept(shop, "payment", "payments", order)) == ([], [])


def test_what_was_done_before_a_refusal_is_undone_in_reverse(shop: dict[str, Target]) -> None:
    order = place(shop, order_of(amount=TOO_MUCH))
    view = ended(shop, order, "cancelled")
    assert steps_of(view)[3:] == [
        ("authorize_payment", "asked"),
        ("authorize_payment", "refused"),
        ("reserve_stock", "asked_to_undo"),
        ("reserve_stock", "undone"),
        (None, "compensated"),
    ]
    assert "the amount is above the limit of the card" in view["reason"]
    assert (kept(shop, "stock", "reservations", order), kept(shop, "payment", "payments", order)) == (["released"], [])


def test_an_order_in_the_hands_of_a_saga_is_locked_and_a_silent_participant_times_out(shop: dict[str, Target]) -> None:
    shop["payment"].running.kill()
    order = place(shop, order_of())
    locked = shop["order"].caller().change("POST", f"/v1/orders/{order}/cancel")
    assert (locked.status, locked.json["type"]) == (409, "urn:problem:saga-conflict")
    until(lambda: "timed_out" in {what for _, what in steps_of(saga_of(shop, order))}, END_LIMIT_S, "for a timeout")
    shop["payment"].running.start()
    view = ended(shop, order, "cancelled")
    assert steps_of(view)[-4:] == [
        ("authorize_payment", "undone"),
        ("reserve_stock", "asked_to_undo"),
        ("reserve_stock", "undone"),
        (None, "compensated"),
    ]
    assert set(kept(shop, "payment", "payments", order)) <= {"voided"}, "its command came before its compensation, or not at all"
    assert kept(shop, "stock", "reservations", order) == ["released"]


def test_an_operator_aborts_a_run_before_its_pivot_and_is_named_in_its_history(shop: dict[str, Target]) -> None:
    shop["payment"].running.kill()
    order = place(shop, order_of())
    until(lambda: ("reserve_stock", "done") in steps_of(saga_of(shop, order)), END_LIMIT_S, "for the first step")
    saga = saga_of(shop, order)["id"]
    caller = operator(shop)
    assert caller.send("POST", f"/sagas/{saga}/retry").status == 409
    assert caller.send("POST", f"/sagas/{saga}/abort", {}).status in (400, 422)
    assert caller.send("POST", f"/sagas/{saga}/abort", {"reason": "the customer called"}).status == 200
    assert caller.send("POST", f"/sagas/{saga}/abort", {"reason": "again"}).status == 409
    shop["payment"].running.start()
    view = ended(shop, order, "cancelled")
    entry = next(each for each in view["history"] if each["what"] == "aborted")
    assert entry["reason"] == "the customer called"
    assert entry["actor"] == "olga"
    assert shop["order"].caller("sagas:read").send("POST", f"/sagas/{saga}/abort", {"reason": "no"}).status == 403
    assert caller.get(f"/sagas/{uuid4()}").status == 404


def test_a_run_that_cannot_end_is_stuck_until_an_operator_retries_it(shop: dict[str, Target]) -> None:
    shop["payment"].running.kill()
    order = place(shop, order_of())
    until(lambda: ("authorize_payment", "asked") in steps_of(saga_of(shop, order)), END_LIMIT_S, "for the second step")
    shop["order"].database.rows("UPDATE sagas SET due_at = now() + interval '1 hour' WHERE entity_id::text = $1", order)  # time to start
    shop["order"].database.rows("UPDATE orders SET status = 'cancelled' WHERE id::text = $1", order)
    shop["payment"].running.start()
    until(lambda: saga_of(shop, order)["state"] == "stuck", END_LIMIT_S, "for the run to be stuck")
    view = saga_of(shop, order)
    assert "cannot confirm" in view["reason"]
    caller = operator(shop)
    until(lambda: 'saga_runs{saga="PlaceOrderSaga",state="stuck"} 1' in caller.get("/metrics").text, END_LIMIT_S, "for the metric")
    shop["order"].database.rows("UPDATE orders SET status = 'pending' WHERE id::text = $1", order)
    assert caller.send("POST", f"/sagas/{view['id']}/retry").status == 200
    view = ended(shop, order, "confirmed")
    assert ("retried" in {what for _, what in steps_of(view)}, view["state"]) == (True, "completed")
    assert kept(shop, "payment", "payments", order) == ["captured"]


def test_killing_services_under_load_ends_every_order_one_way_or_the_other(shop: dict[str, Target]) -> None:
    order = shop["order"]
    kinds = (order_of(), order_of(lines=TOO_MANY_LINES), order_of(amount=TOO_MUCH), order_of(lines=2))
    wishes = [(order.caller(), str(uuid4()), kinds[number % len(kinds)]) for number in range(60)]
    placed: list[str] = []
    for number, name in enumerate(("stock", "order", "payment", "order", "stock", "payment")):
        part = wishes[number * 10 : number * 10 + 10]
        with ThreadPoolExecutor(10) as pool:
            futures = [pool.submit(who.change, "POST", "/v1/orders", body, Idempotency_Key=key) for who, key, body in part]
            shop[name].running.kill()
            for future in futures:
                future.result()
        shop[name].running.start()
        placed += [order.create(order.creation, who, body, Idempotency_Key=key).json["id"] for who, key, body in part]
    assert len(set(placed)) == 60
    open_runs = "SELECT id FROM sagas WHERE state NOT IN ('completed', 'compensated')"
    until(lambda: not order.database.rows(open_runs), END_LIMIT_S, "for every run to end")
    for each in shop.values():
        until(partial(lambda database: database.pending_events() == 0, each.database), EVENT_LIMIT_S, "for the outbox to empty")
    assert [order.broker.waiting(order.broker.dead_letters(name)) for name in shop] == [0, 0, 0]
    states = {str(row[0]): row[1] for row in order.database.rows("SELECT id, status FROM orders")}
    for one in placed:
        stock, payment = kept(shop, "stock", "reservations", one), kept(shop, "payment", "payments", one)
        if states[one] == "confirmed":
            assert (stock, payment) == (["held"], ["captured"])
        else:
            assert states[one] == "cancelled"
            assert (set(stock) <= {"released"}, set(payment) <= {"voided"}) == (True, True)
    assert {states[one] for one in placed} == {"confirmed", "cancelled"}
