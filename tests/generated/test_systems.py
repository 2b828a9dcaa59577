"""Whole systems, of one language and of both: services tell and ask each other, and nothing is lost, doubled or bent on the way."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from tests.generated.architectures import in_languages, only, own_name, read_case, read_example
from tests.generated.issuer import Issuer
from tests.generated.languages import Toolchains
from tests.generated.processes import until
from tests.generated.samples import UNICODE, exacting
from tests.generated.systems import PAIRS, deployed_system, in_each_pair, in_log, in_trace, read
from tests.generated.target import EVENT_LIMIT_S, Target

from microservices_skill.model.system import Language

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=PAIRS, ids=["-".join(each) for each in PAIRS])
def shop(
    request: pytest.FixtureRequest, toolchains: Toolchains, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Target]]:
    """Order and payment in one language, inventory and notification in the other."""
    front, back = request.param
    languages = {"order": front, "payment": front, "inventory": back, "notification": back}
    architecture = in_languages(read_example("shop", system=own_name("shop")), languages)
    with deployed_system(architecture, toolchains, issuer, tmp_path_factory.mktemp("shop")) as found:
        yield found


def place(shop: dict[str, Target], trace: str = "") -> dict[str, object]:
    """Place an order, in a trace where one is given."""
    order = shop["order"]
    body = order.body(order.creation) | {"note": UNICODE}
    placed: dict[str, object] = order.create(order.creation, body=body, traceparent=in_trace(trace or uuid4().hex)).json
    return placed


def test_an_order_reaches_its_final_state_through_four_services_in_one_trace(shop: dict[str, Target]) -> None:
    order, payment, inventory, notification = (shop[name] for name in ("order", "payment", "inventory", "notification"))
    trace = uuid4().hex
    placed = place(shop, trace)
    one = str(placed["id"])
    until(lambda: read(order, "getOrder", one)["status"] == "confirmed", EVENT_LIMIT_S, "for the order to be confirmed")
    paid = read(payment, "getPayment", of_order(payment, "payments", one))
    assert (paid["amount"], paid["order_id"], paid["status"]) == (placed["total"], one, "captured")
    held = read(inventory, "getStockReservation", of_order(inventory, "stock_reservations", one))
    assert (held["lines"], held["status"]) == (placed["lines"], "committed")
    notice = read(notification, "getNotice", of_order(notification, "customer_notices", one))
    assert (notice["order_id"], notice["customer_email"], notice["status"]) == (one, placed["customer_email"], "queued")
    until(lambda: all(in_log(each, trace) for each in shop.values()), EVENT_LIMIT_S, "for one trace in the logs of all")
    refused = order.caller().change("POST", f"/v1/orders/{one}/cancel")
    assert (refused.status, refused.is_problem) == (409, True)


def test_killing_services_under_load_leaves_one_payment_and_one_reservation_for_each_order(shop: dict[str, Target]) -> None:
    order, payment, inventory = shop["order"], shop["payment"], shop["inventory"]
    wishes = [(order.caller(), str(uuid4()), order.body(order.creation)) for _ in range(60)]
    placed: list[str] = []
    for number in range(6):
        part = wishes[number * 10 : number * 10 + 10]
        with ThreadPoolExecutor(10) as pool:
            futures = [pool.submit(who.change, "POST", "/v1/orders", body, Idempotency_Key=key) for who, key, body in part]
            if number % 2:
                order.running.kill()
            for future in futures:
                future.result()
        victim = (order, payment, inventory)[number % 3]
        if victim.running.is_alive:
            victim.running.kill()
        for each in (order, payment, inventory):
            if not each.running.is_alive:
                each.running.start()
        placed += [order.create(order.creation, who, body, Idempotency_Key=key).json["id"] for who, key, body in part]
    for target, table in ((payment, "payments"), (inventory, "stock_reservations")):
        until(partial(has_orders, target, table, set(placed)), 4 * EVENT_LIMIT_S, f"for {table}")
        found = target.database.rows(f'SELECT order_id FROM "{table}"')
        assert len(found) == len(set(found))
    assert len(placed) == len(set(placed)) == 60


@in_each_pair
def test_every_kind_of_value_travels_there_and_back_unchanged(
    languages: tuple[Language, Language], toolchains: Toolchains, issuer: Issuer, tmp_path: Path
) -> None:
    one, other = languages
    architecture = in_languages(read_case("parcels", system=own_name("parcels")), {"sender": one, "receiver": other})
    with deployed_system(architecture, toolchains, issuer, tmp_path) as found:
        sender, receiver = found["sender"], found["receiver"]
        creation, trace = sender.creation, uuid4().hex
        usual = sender.body(creation)
        pairs = {each.name: exacting(each, sender.service, usual[each.name]) for each in creation.request_fields}
        body = {name: sent for name, (sent, _) in pairs.items()}
        sent = sender.create(creation, body=body, traceparent=in_trace(trace)).json
        without = sender.create(creation, body={name: value for name, value in sender.body(creation).items() if name != "hint"}).json
        expected = {name: back for name, (_, back) in pairs.items()}
        assert {name: sent[name] for name in expected} == expected
        for parcel, values in ((sent, expected), (without, {name: without[name] for name in expected})):
            delivery = kept_for(receiver, "deliveries", "parcel_id", parcel["id"])
            taken = read(receiver, "getDelivery", delivery)
            receipt = read(sender, "getReceipt", kept_for(sender, "receipts", "delivery_id", delivery))
            assert {name: taken[name] for name in values} == values
            assert {name: receipt[name] for name in values} == values
        assert in_log(sender, trace)
        assert in_log(receiver, trace)


@in_each_pair
def test_a_caller_in_one_language_and_a_provider_in_the_other_understand_each_other(
    languages: tuple[Language, Language], toolchains: Toolchains, issuer: Issuer, tmp_path: Path
) -> None:
    one, other = languages
    fleet = read_example("fleet", system=own_name("fleet"))
    chosen = {each.name: one if each.name == "trip" else other for each in fleet.services}
    needed = only(in_languages(fleet, chosen), "vehicle", "trip")
    with deployed_system(needed, toolchains, issuer, tmp_path) as found:
        vehicle, trip = found["vehicle"], found["trip"]
        add = vehicle.creation
        usual = vehicle.body(add)
        pairs = {each.name: exacting(each, vehicle.service, usual[each.name]) for each in add.request_fields if not each.unique}
        known = vehicle.create(add, body=usual | {name: sent for name, (sent, _) in pairs.items()}).json
        trace = uuid4().hex
        body = trip.body(trip.creation) | {"vehicle_id": known["id"]}
        planned = trip.create(trip.creation, body=body, traceparent=in_trace(trace), X_Request_ID=f"r-{trace}")
        assert planned.json["vehicle_id"] == known["id"]
        seen = [each for each in trip.running.records if each["event"] == "vehicle.seen" and each["request_id"] == f"r-{trace}"]
        assert [each["vehicle"] for each in seen] == [known]
        until(lambda: all(in_log(each, trace, event="http.request", request_id=f"r-{trace}") for each in (trip, vehicle)), EVENT_LIMIT_S)
        unknown = trip.caller().change("POST", trip.creation.path, trip.body(trip.creation))
        assert (unknown.status, unknown.json["type"]) == (422, "urn:problem:invariant")


def kept_for(target: Target, table: str, reference: str, identity: str) -> str:
    """The id of what a service keeps for something, once it is there."""
    query = f'SELECT id FROM "{table}" WHERE "{reference}"::text = $1'
    until(lambda: bool(target.database.rows(query, identity)), EVENT_LIMIT_S, f"for {table}")
    return str(target.database.rows(query, identity)[0][0])


def of_order(target: Target, table: str, order: str) -> str:
    """The id of what a service keeps for an order, once it is there."""
    return kept_for(target, table, "order_id", order)


def has_orders(target: Target, table: str, orders: set[str]) -> bool:
    """Whether a service keeps something for each of these orders."""
    return orders <= {str(row[0]) for row in target.database.rows(f'SELECT order_id FROM "{table}"')}
