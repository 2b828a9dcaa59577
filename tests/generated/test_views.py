"""A view over the events of two services shows what they hold, whatever order, repetition, kill or rebuild is in between."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from tests.generated.architectures import in_languages, own_name, read_case
from tests.generated.issuer import Issuer
from tests.generated.languages import Toolchains
from tests.generated.processes import Answer, Caller, until
from tests.generated.systems import PAIRS, deployed_system
from tests.generated.target import EVENT_LIMIT_S, Target

pytestmark = pytest.mark.slow

Row = dict[str, Any]
EUR = "EUR"
CATCH_UP_S = 60.0
REBUILD_LIMIT_S = 120.0


@pytest.fixture(scope="module", params=PAIRS, ids=["-".join(each) for each in PAIRS])
def shop(
    request: pytest.FixtureRequest, toolchains: Toolchains, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Target]]:
    """The service of the view in one language, the publishers in the other."""
    viewer, publishers = request.param
    languages = {"history": viewer, "order": publishers, "payment": publishers}
    architecture = in_languages(read_case("views", system=own_name("views")), languages)
    with deployed_system(architecture, toolchains, issuer, tmp_path_factory.mktemp("views")) as found:
        yield found


@pytest.fixture(autouse=True)
def _all_run(shop: dict[str, Target]) -> None:
    for each in shop.values():
        each.mend()


def order_of(**values: Any) -> Row:
    """An order as a customer places it."""
    total = {"minor_units": 4200, "currency": EUR}
    return {"customer": "ada@example.com", "total": total, "weight": "1.500", "due_at": "2027-01-31T09:30:00Z"} | values


def ok(answer: Answer) -> Any:
    """The body of an answer that is a success."""
    assert answer.status in (200, 201, 204), answer.text
    return answer.json if answer.body else None


@dataclass
class Shop:
    """What callers do to the three services."""

    orders: Caller
    payments: Caller
    histories: Caller

    @classmethod
    def of(cls, shop: dict[str, Target]) -> Shop:
        """Somebody new."""
        return cls(shop["order"].caller(), shop["payment"].caller(), shop["history"].caller())

    def place(self, **values: Any) -> str:
        """Place an order."""
        return str(ok(self.orders.change("POST", "/v1/orders", order_of(**values)))["id"])

    def note(self, order: str, note: str) -> Answer:
        """Change the note of an order."""
        found = self.orders.get(f"/v1/orders/{order}")
        return self.orders.change("PUT", f"/v1/orders/{order}", {"note": note}, If_Match=found.headers.get("ETag", '"0"'))

    def pay(self, order: str, amount: int = 4200) -> str:
        """Take money for an order."""
        body = {"order_id": order, "amount": {"minor_units": amount, "currency": EUR}}
        payment = str(ok(self.payments.change("POST", "/v1/payments", body))["id"])
        ok(self.payments.change("POST", f"/v1/payments/{payment}/capture"))
        return payment

    def bill(self, order: str) -> str:
        """Write an invoice for an order."""
        serial = uuid4().hex[:10]
        return str(ok(self.payments.change("POST", "/v1/invoices", {"order_id": order, "serial": serial}))["id"])

    def shown(self, order: str) -> Row | None:
        """The row of an order."""
        answer = self.histories.get(f"/v1/order-histories/{order}")
        assert answer.status in (200, 404), answer.text
        found: Row | None = answer.json if answer.status == 200 else None
        return found

    def all_shown(self) -> dict[str, Row]:
        """Every row by its order, without the time as of which it is known."""
        found = {row["order_id"]: row for row in _all(self.histories, "/v1/order-histories")}
        return {key: {name: value for name, value in row.items() if name != "as_of"} for key, row in found.items()}

    def billable(self) -> dict[str, str]:
        """The orders that the payment service knows as such, and where each stands."""
        return {row["order_id"]: row["status"] for row in _all(self.payments, "/v1/billable-orders")}

    def uncancelled(self) -> dict[str, str]:
        """The same from the orders themselves."""
        return {order["id"]: order["status"] for order in _all(self.orders, "/v1/orders") if order["status"] != "cancelled"}

    def all_kept(self) -> dict[str, Row]:
        """The same rows as the publishers would make them from what they hold now."""
        rows = {}
        for order in _all(self.orders, "/v1/orders"):
            taken = {name: order[name] for name in ("customer", "total", "weight", "due_at", "status", "note")}
            rows[order["id"]] = {"order_id": order["id"], **taken, "invoice_number": None, "payments": []}
        for invoice in _all(self.payments, "/v1/invoices"):
            rows.get(invoice["order_id"], {})["invoice_number"] = invoice["serial"]
        for payment in _all(self.payments, "/v1/payments"):
            if payment["status"] != "authorized" and payment["order_id"] in rows:
                item = {"payment_id": payment["id"], "amount": payment["amount"], "status": payment["status"]}
                rows[payment["order_id"]]["payments"].append(item)
        return rows


def _all(caller: Caller, path: str) -> list[Row]:
    found: list[Row] = []
    cursor = ""
    while True:
        page = ok(caller.get(f"{path}?limit=100{cursor}"))
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def wait_until_the_same(shop: dict[str, Target]) -> dict[str, Row]:
    """Wait until the view shows what the publishers hold; gives it."""
    for name in ("order", "payment"):
        until(partial(lambda database: database.pending_events() == 0, shop[name].database), EVENT_LIMIT_S, f"for the outbox of {name}")
    who = Shop.of(shop)
    ends = time.monotonic() + CATCH_UP_S
    while (shown := who.all_shown()) != (kept := who.all_kept()):
        if time.monotonic() > ends:
            assert shown == kept
        time.sleep(0.2)
    until(lambda: who.billable() == who.uncancelled(), CATCH_UP_S, "for the view of the payment service")
    return shown


def rebuilt(shop: dict[str, Target]) -> None:
    """Build both views anew, and wait for their end."""
    for name, view in (("history", "OrderHistory"), ("payment", "BillableOrder")):
        running = shop[name].running
        assert running.rebuilding(view).wait(REBUILD_LIMIT_S) == 0, (running.folder / "rebuild.log").read_text(encoding="utf-8")[-3000:]


def some_life(who: Shop, chance: random.Random) -> None:
    """One order and what happens to it."""
    order = who.place(customer=f"{uuid4().hex[:8]}@example.com", weight=chance.choice(["0.250", None]), note=chance.choice(["a", None]))
    payments = [who.pay(order, amount) for amount in range(100, 100 + chance.randrange(3))]
    invoice = who.bill(order) if chance.random() < 0.5 else None
    for step in chance.sample(["note", "confirm", "cancel", "refund", "unpay", "withdraw", "rebill", "delete"], k=5):
        match step:
            case "note":
                who.note(order, uuid4().hex)
            case "confirm" | "cancel":
                who.orders.change("POST", f"/v1/orders/{order}/{step}")
            case "refund" if payments:
                who.payments.change("POST", f"/v1/payments/{payments[0]}/refund")
            case "unpay" if payments:
                who.payments.change("DELETE", f"/v1/payments/{payments.pop()}")
            case "withdraw" if invoice is not None:
                who.payments.change("DELETE", f"/v1/invoices/{invoice}")
                invoice = None
            case "rebill" if invoice is not None:
                ok(who.payments.change("DELETE", f"/v1/invoices/{invoice}"))
                invoice = who.bill(order)
            case "delete" if chance.random() < 0.3:
                who.orders.change("DELETE", f"/v1/orders/{order}")


@contextmanager
def busy(shop: dict[str, Target], workers: int = 4) -> Iterator[Callable[[], int]]:
    """Let callers change things for as long as the block lasts; gives how many lives have passed."""
    ends, lives = threading.Event(), [0] * workers

    def work(number: int) -> None:
        who, chance = Shop.of(shop), random.Random(number)
        while not ends.is_set():
            some_life(who, chance)
            lives[number] += 1

    with ThreadPoolExecutor(workers) as pool:
        working = [pool.submit(work, number) for number in range(workers)]
        try:
            yield lambda: sum(lives)
        finally:
            ends.set()
            for each in working:
                each.result()


def test_a_row_joins_what_two_services_tell_and_follows_it(shop: dict[str, Target]) -> None:
    who = Shop.of(shop)
    order = who.place(note=None)
    payment, invoice = who.pay(order), who.bill(order)
    until(lambda: bool((who.shown(order) or {}).get("payments") and who.shown(order)["invoice_number"]), EVENT_LIMIT_S)  # type: ignore[index]
    row = who.shown(order)
    assert row is not None
    assert (row["customer"], row["total"]["minor_units"], row["weight"], row["status"]) == ("ada@example.com", 4200, "1.500", "placed")
    assert [(item["payment_id"], item["status"]) for item in row["payments"]] == [(payment, "captured")]
    ok(who.note(order, "ring twice"))
    ok(who.orders.change("POST", f"/v1/orders/{order}/confirm"))
    ok(who.payments.change("POST", f"/v1/payments/{payment}/refund"))
    ok(who.payments.change("DELETE", f"/v1/invoices/{invoice}"))
    row = wait_until_the_same(shop)[order]
    assert (row["note"], row["status"], row["invoice_number"]) == ("ring twice", "confirmed", None)
    assert [item["status"] for item in row["payments"]] == ["refunded"]
    listed = ok(who.histories.get("/v1/order-histories?status=confirmed"))["items"]
    assert order in {item["order_id"] for item in listed}
    assert shop["history"].caller("other:read").get(f"/v1/order-histories/{order}").status == 403
    ok(who.orders.change("DELETE", f"/v1/orders/{order}"))
    until(lambda: who.shown(order) is None, EVENT_LIMIT_S, "for the row to go")


@pytest.mark.parametrize("late", ["order", "payment"])
def test_either_service_may_be_heard_first(shop: dict[str, Target], late: str) -> None:
    who = Shop.of(shop)
    shop[late].to_broker.cut()
    order = who.place()
    ok(who.orders.change("POST", f"/v1/orders/{order}/confirm"))
    payment = who.pay(order)
    who.bill(order)
    ok(who.payments.change("POST", f"/v1/payments/{payment}/refund"))
    early = shop["payment" if late == "order" else "order"]
    until(lambda: early.database.pending_events() == 0, EVENT_LIMIT_S, "for the early events")
    heard = "SELECT 1 FROM order_histories WHERE order_id::text = $1"
    until(lambda: bool(shop["history"].database.rows(heard, order)), EVENT_LIMIT_S, "for an early event to be heard")
    if late == "order":
        assert who.shown(order) is None, "a row without its order is not shown"
    shop[late].mend()
    row = wait_until_the_same(shop)[order]
    assert (row["status"], len(row["payments"]), row["invoice_number"] is None) == ("confirmed", 1, False)


def test_what_comes_again_or_late_changes_nothing(shop: dict[str, Target]) -> None:
    who, history = Shop.of(shop), shop["history"]
    order = who.place()
    ok(who.note(order, "first"))
    ok(who.note(order, "second"))
    ok(who.orders.change("POST", f"/v1/orders/{order}/confirm"))
    before = wait_until_the_same(shop)[order]
    envelopes = [json.loads(each.body) for each in history.broker.take(history.events)]
    old = [each for each in envelopes if order in each["subject"]]
    assert [each["sequence"] for each in old] == ["0000000001", "0000000002", "0000000003", "0000000004"]
    for each in old:
        again = json.dumps(each).encode()
        renamed = {**each, "id": str(uuid4())}
        bodies = [(each["id"], each["partitionkey"], again)] * 3
        bodies.append((renamed["id"], each["partitionkey"], json.dumps(renamed).encode()))
        history.broker.publish(each["type"], bodies)
    handled = "SELECT count(*) FROM inbox_messages WHERE message_id::text = $1"
    until(lambda: history.database.rows(handled, renamed["id"])[0][0] == 1, EVENT_LIMIT_S, "for the last to be handled")
    assert {**(who.shown(order) or {}), "as_of": None} == {**before, "as_of": None}
    assert history.broker.waiting(history.broker.dead_letters("history")) == 0


def test_the_view_says_how_fresh_it_is_and_how_far_behind(shop: dict[str, Target]) -> None:
    who, history = Shop.of(shop), shop["history"]
    fast = who.place()
    until(lambda: who.shown(fast) is not None, EVENT_LIMIT_S)
    behind = history.metric("view_lag_seconds_sum", view="OrderHistory")
    count = history.metric("view_lag_seconds_count", view="OrderHistory")
    assert count > 0
    history.to_broker.cut()
    begin = time.time()
    slow = who.place()
    time.sleep(3)
    history.mend()
    until(lambda: who.shown(slow) is not None, EVENT_LIMIT_S, "for the late row")
    assert history.metric("view_lag_seconds_sum", view="OrderHistory") - behind >= 2.9
    row = who.shown(slow)
    assert row is not None
    told = time.mktime(time.strptime(row["as_of"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
    assert begin - 2 <= told <= begin + 2, "as of the event, not as of when it was projected"


def test_killing_the_projecting_service_under_load_loses_nothing(shop: dict[str, Target]) -> None:
    with busy(shop) as lives:
        for wanted in (5, 10, 15):
            until(lambda: lives() >= wanted, 120, "for some lives")  # noqa: B023 - called before the next round
            shop["history"].running.kill()
            time.sleep(0.5)
            shop["history"].running.start()
    assert len(wait_until_the_same(shop)) >= 5
    assert shop["history"].broker.waiting(shop["history"].broker.dead_letters("history")) == 0


def test_a_rebuild_under_load_gives_the_same_rows_and_mends_what_was_wrong(shop: dict[str, Target]) -> None:
    database = shop["history"].database
    with busy(shop) as lives:
        until(lambda: lives() >= 5, 120, "for some lives")
        killed = shop["history"].running.rebuilding("OrderHistory")
        time.sleep(1.0)
        killed.kill()
        killed.wait()
        database.run(
            "LOCK TABLE order_histories IN EXCLUSIVE MODE;"  # or its rows may be locked in another order than the service does
            "UPDATE order_histories SET note = 'wrong', invoice_number = 'wrong' WHERE is_visible;"
            "DELETE FROM order_histories WHERE status = 'confirmed'"
        )
        database.rows(
            "INSERT INTO order_histories (order_id, generation, as_of, is_visible, positions, parts, customer, due_at, status,"
            " total_minor_units, total_currency) SELECT $1::text::uuid, (SELECT coalesce(max(active), 1) FROM view_generations),"
            " now(), true, '{}', '{}', 'nobody@example.com', now(), 'placed', 1, 'EUR'",
            str(uuid4()),
        )
        rebuilt(shop)
        before = lives()
        rebuilt(shop)
        until(lambda: lives() > before, 120, "for life to go on")
    rows = wait_until_the_same(shop)
    rebuilt(shop)
    assert Shop.of(shop).all_shown() == rows
    assert Shop.of(shop).billable() == Shop.of(shop).uncancelled()
    generations = "SELECT generation FROM order_histories GROUP BY generation"
    assert len(database.rows(generations)) == 1, "former rows are forgotten"


def test_a_rebuild_that_cannot_read_leaves_the_rows_as_they_were(shop: dict[str, Target]) -> None:
    who = Shop.of(shop)
    order = who.place()
    rows = wait_until_the_same(shop)
    shop["payment"].running.kill()
    process = shop["history"].running.rebuilding("OrderHistory")
    until(lambda: "payment" in (shop["history"].running.folder / "rebuild.log").read_text(encoding="utf-8"), REBUILD_LIMIT_S)
    assert who.all_shown() == rows
    shop["payment"].running.start()
    assert process.wait(REBUILD_LIMIT_S) == 0, "it has waited for its origin"
    assert order in rows
    assert who.all_shown() == rows
    assert shop["history"].running.rebuilding("NoSuchView").wait(REBUILD_LIMIT_S) == 2
