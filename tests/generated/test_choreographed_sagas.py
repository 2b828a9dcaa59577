"""A choreographed saga over three services: nobody commands, and yet each run ends, is seen and leaves nothing behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator
from tests.generated.architectures import in_languages, own_name, read_case
from tests.generated.issuer import Issuer
from tests.generated.languages import Toolchains
from tests.generated.orders import END_LIMIT_S, TOO_MANY_LINES, TOO_MUCH, kept, operator, order_of, place, saga_of, steps_of
from tests.generated.processes import until
from tests.generated.systems import PAIRS, deployed_system, in_log, read
from tests.generated.target import EVENT_LIMIT_S, Occurrence, Target

from microservices_skill.contracts.events import schema

pytestmark = pytest.mark.slow

UNDONE = {("reserve_stock", "undone"), ("authorize_payment", "undone")}
"""What every participant says once the order has failed, in whatever order, and whether or not it had done anything."""


@pytest.fixture(scope="module", params=PAIRS, ids=["-".join(each) for each in PAIRS])
def shop(
    request: pytest.FixtureRequest, toolchains: Toolchains, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Target]]:
    """The service that watches in one language, those that react in the other."""
    watcher, participants = request.param
    languages = {"order": watcher, "stock": participants, "payment": participants}
    architecture = in_languages(read_case("choreographed", system=own_name("choreographed")), languages)
    with deployed_system(architecture, toolchains, issuer, tmp_path_factory.mktemp("choreographed")) as found:
        yield found


@pytest.fixture(autouse=True)
def _all_run(shop: dict[str, Target]) -> None:
    for each in shop.values():
        if not each.running.is_alive:
            each.running.start()


def ended(shop: dict[str, Target], order: str, state: str) -> dict[str, Any]:
    """The run about an order, once it has come to a state."""
    until(lambda: saga_of(shop, order)["state"] == state, END_LIMIT_S, f"for the run about {order} to be {state}")
    return saga_of(shop, order)


def seen(shop: dict[str, Target], order: str, step: str) -> None:
    """Wait until the watcher knows that a step is done."""
    until(lambda: (step, "done") in steps_of(saga_of(shop, order)), END_LIMIT_S, f"for {step}")


def told(shop: dict[str, Target], name: str, order: str, **data: Any) -> Occurrence:
    """An event about an order, as its publisher would tell it."""
    architecture = shop["order"].architecture
    event = architecture.event(name)
    assert event is not None
    key = {"order": "purchase-order", "stock": "reservation"}[event.publisher]
    return Occurrence(str(uuid4()), shop["order"].event_type(event), f"{key}/{order}", {"order_id": order, **data})


def handled(target: Target, occurrence: Occurrence) -> bool:
    """Whether a service has taken an event in."""
    return any((each["event"], each.get("event_id")) == ("event.handled", occurrence.id) for each in target.running.records)


def test_an_order_whose_steps_are_all_done_is_confirmed_in_one_trace(shop: dict[str, Target]) -> None:
    trace = uuid4().hex
    order = place(shop, order_of(), trace)
    view = ended(shop, order, "completed")
    history = steps_of(view)
    assert (history[0], history[-1], sorted(step or "" for step, _ in history[1:-1])) == (
        (None, "started"),
        (None, "completed"),
        ["authorize_payment", "capture_payment", "confirm_order", "reserve_stock"],
    )
    assert {what for _, what in history[1:-1]} == {"done"}
    assert (view["saga"], read(shop["order"], "getOrder", order)["status"]) == ("PlaceOrderSaga", "confirmed")
    assert (kept(shop, "stock", "reservations", order), kept(shop, "payment", "payments", order)) == (["held"], ["captured"])
    until(lambda: all(in_log(each, trace) for each in shop.values()), EVENT_LIMIT_S, "for one trace in the logs of all")


def test_an_order_that_the_first_participant_refuses_is_cancelled_and_leaves_nothing(shop: dict[str, Target]) -> None:
    order = place(shop, order_of(lines=TOO_MANY_LINES))
    view = ended(shop, order, "compensated")
    history = steps_of(view)
    assert history[:3] == [(None, "started"), ("reserve_stock", "refused"), (None, "failed")]
    assert (set(history[3:-1]), history[-1]) == (UNDONE, (None, "compensated"))
    assert "lines" in view["reason"]
    assert read(shop["order"], "getOrder", order)["status"] == "cancelled"
    assert (kept(shop, "stock", "reservations", order), kept(shop, "payment", "payments", order)) == ([], [])


def test_what_was_done_before_a_refusal_is_undone(shop: dict[str, Target]) -> None:
    order = place(shop, order_of(amount=TOO_MUCH))
    view = ended(shop, order, "compensated")
    history = steps_of(view)
    assert sorted(history[1:4], key=str) == [("authorize_payment", "refused"), ("reserve_stock", "done"), (None, "failed")]
    assert (set(history[4:-1]), history[-1]) == (UNDONE, (None, "compensated"))
    assert view["reason"]
    assert (kept(shop, "stock", "reservations", order), kept(shop, "payment", "payments", order)) == (["released"], [])


def test_every_event_of_a_saga_keeps_its_contract_and_none_is_put_aside(shop: dict[str, Target]) -> None:
    order = shop["order"]
    ended(shop, place(shop, order_of()), "completed")
    ended(shop, place(shop, order_of(lines=TOO_MANY_LINES)), "compensated")
    ended(shop, place(shop, order_of(amount=TOO_MUCH)), "compensated")
    until(lambda: all(each.database.pending_events() == 0 for each in shop.values()), EVENT_LIMIT_S, "for the outboxes to empty")
    contracts = {order.event_type(each): schema(order.architecture, each) for each in order.architecture.messages}
    envelopes = [json.loads(each.body) for each in order.broker.take(order.events)]
    for envelope in envelopes:
        faults = list(Draft202012Validator(contracts[envelope["type"]]).iter_errors(envelope["data"]))
        assert faults == [], envelope
    assert {each["type"] for each in envelopes} == {order.event_type(event) for event in order.architecture.events}
    assert [order.broker.waiting(order.broker.dead_letters(name)) for name in shop] == [0, 0, 0]


def test_nobody_decides_otherwise_while_a_saga_runs_and_a_silent_participant_times_out(shop: dict[str, Target]) -> None:
    shop["payment"].running.kill()
    order = place(shop, order_of())
    seen(shop, order, "reserve_stock")
    for method, path in (("POST", f"/v1/orders/{order}/confirm"), ("DELETE", f"/v1/orders/{order}")):
        locked = shop["order"].caller().change(method, path)
        assert (locked.status, locked.json["type"]) == (409, "urn:problem:saga-conflict")
    until(lambda: ("authorize_payment", "timed_out") in steps_of(saga_of(shop, order)), END_LIMIT_S, "for a timeout")
    assert read(shop["order"], "getOrder", order)["status"] == "cancelled"
    shop["payment"].running.start()
    view = ended(shop, order, "compensated")
    assert set(steps_of(view)) >= UNDONE
    assert set(kept(shop, "payment", "payments", order)) <= {"voided"}
    assert kept(shop, "stock", "reservations", order) == ["released"]
    assert shop["order"].caller().change("DELETE", f"/v1/orders/{order}").status == 204


def test_a_customer_may_cancel_while_the_saga_runs_and_what_was_done_is_undone(shop: dict[str, Target]) -> None:
    shop["payment"].running.kill()
    order = place(shop, order_of())
    seen(shop, order, "reserve_stock")
    assert shop["order"].caller().change("POST", f"/v1/orders/{order}/cancel").status == 200
    assert saga_of(shop, order)["state"] == "compensating"
    shop["payment"].running.start()
    history = steps_of(ended(shop, order, "compensated"))
    assert "timed_out" not in {what for _, what in history}
    assert (kept(shop, "stock", "reservations", order), set(kept(shop, "payment", "payments", order)) <= {"voided"}) == (["released"], True)


def test_what_a_participant_takes_back_by_itself_fails_the_order(shop: dict[str, Target]) -> None:
    shop["payment"].running.kill()
    order = place(shop, order_of())
    seen(shop, order, "reserve_stock")
    (reservation,) = shop["stock"].database.rows("SELECT id::text FROM reservations WHERE order_id::text = $1", order)[0]
    assert shop["stock"].caller().change("POST", f"/v1/reservations/{reservation}/release").status == 200
    until(lambda: read(shop["order"], "getOrder", order)["status"] == "cancelled", END_LIMIT_S, "for the order to be cancelled")
    shop["payment"].running.start()
    assert ended(shop, order, "compensated")["reason"] == "reserve_stock was undone"


def test_an_operator_aborts_a_run_and_is_named_in_its_history(shop: dict[str, Target]) -> None:
    shop["payment"].running.kill()
    order = place(shop, order_of())
    seen(shop, order, "reserve_stock")
    saga, caller = saga_of(shop, order)["id"], operator(shop)
    assert caller.send("POST", f"/sagas/{saga}/retry").status == 409
    assert caller.send("POST", f"/sagas/{saga}/abort", {}).status in (400, 422)
    assert caller.send("POST", f"/sagas/{saga}/abort", {"reason": "the customer called"}).status == 200
    assert caller.send("POST", f"/sagas/{saga}/abort", {"reason": "again"}).status == 409
    shop["payment"].running.start()
    view = ended(shop, order, "compensated")
    entry = next(each for each in view["history"] if each["what"] == "aborted")
    assert (entry["reason"], entry["actor"], view["reason"]) == ("the customer called", "olga", "the customer called")
    assert shop["order"].caller("sagas:read").send("POST", f"/sagas/{saga}/abort", {"reason": "no"}).status == 403
    assert caller.get(f"/sagas/{uuid4()}").status == 404


def test_a_participant_that_is_silent_after_the_pivot_calls_an_operator(shop: dict[str, Target]) -> None:
    order_service, payment = shop["order"], shop["payment"]
    payment.running.kill()
    order = place(shop, order_of())
    seen(shop, order, "reserve_stock")
    order_service.running.kill()
    for table, column in (("sagas", "id"), ("saga_steps", "saga_id")):  # time enough to kill and start two services
        order_service.database.rows(
            f"UPDATE {table} SET due_at = now() + interval '1 hour'"
            f" WHERE due_at IS NOT NULL AND {column} IN (SELECT id FROM sagas WHERE entity_id::text = $1)",
            order,
        )
    payment.running.start()
    until(lambda: kept(shop, "payment", "payments", order) == ["authorized"], END_LIMIT_S, "for the payment")
    until(lambda: payment.database.pending_events() == 0, EVENT_LIMIT_S, "for its event")
    payment.running.kill()
    order_service.running.start()
    view = ended(shop, order, "stuck")
    assert (read(order_service, "getOrder", order)["status"], view["step"]) == ("confirmed", "capture_payment")
    caller = operator(shop)
    until(lambda: 'saga_runs{saga="PlaceOrderSaga",state="stuck"} 1' in caller.get("/metrics").text, END_LIMIT_S, "for the metric")
    assert caller.send("POST", f"/sagas/{view['id']}/abort", {"reason": "too late"}).status == 409
    assert caller.send("POST", f"/sagas/{view['id']}/retry").json["state"] == "running"
    payment.running.start()
    assert {what for _, what in steps_of(ended(shop, order, "completed"))} >= {"stuck", "retried"}
    assert kept(shop, "payment", "payments", order) == ["captured"]


@pytest.mark.parametrize(
    ("service", "step", "table", "data"),
    [
        (
            "stock",
            "OrderPlaced",
            "reservations",
            {"lines": [{"sku": "BIKE", "quantity": 1}], "total": {"minor_units": 1, "currency": "EUR"}},
        ),
        ("payment", "StockReserved", "payments", {"total": {"minor_units": 1, "currency": "EUR"}}),
    ],
)
def test_a_step_that_comes_after_its_compensation_leaves_nothing(
    shop: dict[str, Target], service: str, step: str, table: str, data: dict[str, Any]
) -> None:
    target, order = shop[service], str(uuid4())
    target.published()
    cancelled, late = told(shop, "OrderCancelled", order), told(shop, step, order, **data)
    for each in (cancelled, late, told(shop, "OrderCancelled", order), told(shop, step, order, **data)):
        target.publish(each)
        until(partial(handled, target, each), EVENT_LIMIT_S, f"for {each.type} to be handled")
    assert kept(shop, service, table, order) == []
    assert target.broker.waiting(target.broker.dead_letters(service)) == 0
    undone = {"stock": "StockReleased", "payment": "PaymentVoided"}[service]
    assert [each["type"].split(".")[1] for each in target.published() if each["data"].get("order_id") == order] == [undone]


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
