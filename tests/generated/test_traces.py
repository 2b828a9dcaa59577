"""One order is one trace: through HTTP, services of two languages, the broker and the databases, and nothing of it is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from tests.generated.architectures import in_languages, only, own_name, read_case, read_example
from tests.generated.collector import Collector, Span, running_collector
from tests.generated.issuer import Issuer
from tests.generated.languages import Toolchains
from tests.generated.processes import until
from tests.generated.systems import PAIRS, deployed_system, in_each_pair, in_trace, read
from tests.generated.target import EVENT_LIMIT_S, Target

from microservices_skill.model.system import Language

pytestmark = pytest.mark.slow

MIXED = [(one, other) for one, other in PAIRS if one is not other]
CALLER = "00f067aa0ba902b7"
"""The span that ``in_trace`` names as the caller's."""

REFUSED = 100_001
"""An amount that the payment service refuses."""


@dataclass(frozen=True)
class Told:
    """What services of a system that have stopped told of their work: spans to the collector, records to their logs."""

    spans: tuple[Span, ...]
    logged: Mapping[str, frozenset[tuple[str, str]]]
    """By service the trace and the span that its records name."""

    system: str

    def of_trace(self, trace: str) -> dict[str, Span]:
        """The spans of a trace by their id, once each."""
        found = [each for each in self.spans if each.trace == trace]
        by_id = {each.id: each for each in found}
        assert len(by_id) == len(found), "a span was exported twice"
        return by_id


@dataclass(frozen=True)
class Orders:
    """An order that was confirmed and one that was cancelled, each in a trace of its own."""

    told: Told
    confirmed: str
    cancelled: str


@pytest.fixture(scope="module", params=MIXED, ids=["-".join(each) for each in MIXED])
def orders(
    request: pytest.FixtureRequest, toolchains: Toolchains, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Orders]:
    """Two orders in a system that has stopped in good order: spans wait for so long that only the flush at the end sends them."""
    one, other = request.param
    languages = {"order": one, "stock": other, "payment": other}
    architecture = in_languages(read_case("orders", system=own_name("orders")), languages)
    folder = tmp_path_factory.mktemp("traces")
    with running_collector() as collector, deployed_system(architecture, toolchains, issuer, folder, collector.settings) as shop:
        good, bad = uuid4().hex, uuid4().hex
        place(shop, good, 5000, "confirmed")
        place(shop, bad, REFUSED, "cancelled")
        until(lambda: all(each.database.pending_events() == 0 for each in shop.values()), EVENT_LIMIT_S, "for the outboxes to empty")
        yield Orders(stopped(shop, collector), good, bad)


def place(shop: dict[str, Target], trace: str, amount: int, status: str) -> None:
    """Place an order in a trace, and wait until its saga has ended."""
    order = shop["order"]
    lines = [{"sku": "BIKE-1", "quantity": 1}]
    body = {"customer": "ada@example.com", "lines": lines, "total": {"minor_units": amount, "currency": "EUR"}}
    made = order.create(order.creation, body=body, traceparent=in_trace(trace)).json["id"]
    until(lambda: read(order, "getOrder", made)["status"] == status, EVENT_LIMIT_S, f"for an order to be {status}")


def stopped(targets: dict[str, Target], collector: Collector) -> Told:
    """Stop every service, and gather what they told."""
    assert collector.spans == [], "spans must wait for the flush, or this shows nothing of it"
    for name, each in targets.items():
        assert each.running.stop() == 0, name
    logged = {
        name: frozenset((record["trace_id"], record["span_id"]) for record in each.running.records if "trace_id" in record)
        for name, each in targets.items()
    }
    return Told(tuple(collector.spans), logged, next(iter(targets.values())).architecture.system.name)


def kinds(spans: Mapping[str, Span], kind: str, *, of: str = "") -> list[Span]:
    """The spans of a kind, of one service where it is named."""
    return [each for each in spans.values() if each.kind == kind and of in ("", each.service)]


def messages(spans: Mapping[str, Span], kind: str) -> Counter[tuple[str, str]]:
    """Which service published, or processed, which messages."""
    return Counter((each.service, each.name.rpartition(".v")[0].rpartition(".")[2]) for each in kinds(spans, kind))


def test_every_span_of_an_order_hangs_on_the_call_that_placed_it(orders: Orders) -> None:
    for trace in (orders.confirmed, orders.cancelled):
        spans = orders.told.of_trace(trace)
        assert {each.service for each in spans.values()} == {"order", "stock", "payment"}
        [root] = [each for each in spans.values() if each.parent not in spans]
        assert (root.service, root.kind, root.name, root.parent) == ("order", "SERVER", "POST /v1/orders", CALLER)
        assert root.attributes["http.response.status_code"] == 201


def test_each_message_of_an_order_is_published_once_and_processed_once(orders: Orders) -> None:
    spans = orders.told.of_trace(orders.confirmed)
    commands = {"ReserveStock": "stock", "AuthorizePayment": "payment", "CapturePayment": "payment"}
    published = {("order", f"PlaceOrder{each}Command"): 1 for each in commands}
    published |= {(service, f"PlaceOrder{each}Reply"): 1 for each, service in commands.items()}
    told = {("order", "OrderConfirmed"): 1, ("payment", "PaymentCaptured"): 1}
    processed = {(service, f"PlaceOrder{each}Command"): 1 for each, service in commands.items()}
    processed |= {("order", f"PlaceOrder{each}Reply"): 1 for each in commands}
    assert messages(spans, "PRODUCER") == published | told
    assert messages(spans, "CONSUMER") == processed
    undone = messages(orders.told.of_trace(orders.cancelled), "CONSUMER")
    assert undone[("stock", "PlaceOrderReserveStockCompensation")] == undone[("order", "PlaceOrderReserveStockReply")] - 1 == 1


def test_a_message_is_processed_under_its_cause_and_linked_to_its_publishing(orders: Orders) -> None:
    for trace in (orders.confirmed, orders.cancelled):
        spans = orders.told.of_trace(trace)
        for consumer in kinds(spans, "CONSUMER"):
            [(linked_trace, linked)] = consumer.links
            producer = spans[linked]
            assert (linked_trace, producer.kind) == (trace, "PRODUCER")
            assert producer.service != consumer.service
            assert producer.parent == consumer.parent, "both are caused by what put the message into the outbox"
            assert spans[consumer.parent or ""].service == producer.service
            assert producer.attributes["messaging.message.id"] == consumer.attributes["messaging.message.id"]


def test_spans_of_messages_speak_the_messaging_conventions_in_both_languages(orders: Orders) -> None:
    told, spans = orders.told, orders.told.of_trace(orders.confirmed)
    for kind, operation, purpose in (("PRODUCER", "publish", "send"), ("CONSUMER", "process", "process")):
        for span in kinds(spans, kind):
            key = span.name.removeprefix(f"{operation} ")
            queue = [f"{told.system}.{span.service}"] if kind == "CONSUMER" else []
            assert {name: value for name, value in span.attributes.items() if name.startswith("messaging.")} == {
                "messaging.system": "rabbitmq",
                "messaging.operation.name": operation,
                "messaging.operation.type": purpose,
                "messaging.message.id": span.attributes["messaging.message.id"],
                "messaging.destination.name": ":".join([f"{told.system}.events", key, *queue]),
                "messaging.rabbitmq.destination.routing_key": key,
            }
            assert not span.is_error


def test_statements_of_every_service_are_spans_of_what_needed_them(orders: Orders) -> None:
    spans = orders.told.of_trace(orders.confirmed)
    tables = {"order": "orders", "stock": "reservations", "payment": "payments"}
    for service, table in tables.items():
        statements = [each for each in kinds(spans, "CLIENT", of=service) if each.attributes.get("db.system.name") == "postgresql"]
        assert any(each.attributes.get("db.query.text", "").startswith("INSERT INTO") for each in statements)
        assert any(table in each.attributes.get("db.query.text", "") for each in statements)
        for each in statements:
            parent = spans[each.parent or ""]
            assert (parent.service, parent.kind) in {(service, "SERVER"), (service, "CONSUMER")}
    assert all("ada@example.com" not in str(each.attributes) for each in spans.values())


def test_no_span_is_lost_when_a_service_stops(orders: Orders) -> None:
    exported = {(each.service, each.trace, each.id) for each in orders.told.spans}
    for service, named in orders.told.logged.items():
        own = {(service, trace, span) for trace, span in named} - {(service, *ids) for ids in remote(orders.told, service)}
        assert own, f"{service} has logged nothing of a trace"
        assert own <= exported


def remote(told: Told, service: str) -> set[tuple[str, str]]:
    """The spans of others that a service's records may name: where a message came from."""
    return {(each.trace, each.id) for each in told.spans if each.service != service}


def test_what_a_service_does_by_itself_is_no_trace(orders: Orders) -> None:
    ids = {each.id for each in orders.told.spans}
    roots = Counter(each.kind for each in orders.told.spans if each.parent is None)
    assert set(roots) == {"SERVER"}, "the relay's own statements, and others without a cause, are not exported"
    assert {each.parent for each in orders.told.spans} - ids == {None, CALLER}


@in_each_pair
def test_a_call_to_another_service_is_a_client_span_with_a_server_span_below_it(
    languages: tuple[Language, Language], toolchains: Toolchains, issuer: Issuer, tmp_path: Path
) -> None:
    one, other = languages
    fleet = read_example("fleet", system=own_name("fleet"))
    chosen = {each.name: one if each.name == "trip" else other for each in fleet.services}
    needed = only(in_languages(fleet, chosen), "vehicle", "trip")
    with running_collector() as collector, deployed_system(needed, toolchains, issuer, tmp_path, collector.settings) as found:
        vehicle, trip = found["vehicle"], found["trip"]
        known, trace = vehicle.create(vehicle.creation).json["id"], uuid4().hex
        body = trip.body(trip.creation) | {"vehicle_id": known}
        trip.create(trip.creation, body=body, traceparent=in_trace(trace))
        told = stopped(found, collector)
    spans = told.of_trace(trace)
    [server] = kinds(spans, "SERVER", of="vehicle")
    client = spans[server.parent or ""]
    assert (client.service, client.kind) == ("trip", "CLIENT")
    assert (client.attributes["http.request.method"], client.attributes["http.response.status_code"]) == ("GET", 200)
    assert client.attributes["server.address"] == "127.0.0.1"
    caller = spans[client.parent or ""]
    assert (caller.service, caller.kind, caller.parent) == ("trip", "SERVER", CALLER)
    assert [each.id for each in spans.values() if each.parent not in spans] == [caller.id]
