"""Capacity follows from the answers by formulas that a person can check, and never divides by nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from microservices_skill.app import planning
from microservices_skill.capacity.assumptions import Assumptions, Price, Prices, Share, Traffic
from microservices_skill.capacity.report import Capacity, capacity
from microservices_skill.errors import DocumentError
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.loading import read_architecture

EXAMPLES = Path(__file__).parents[2] / "examples"
SHOP = (EXAMPLES / "shop/architecture.yaml").read_text(encoding="utf-8")

EMPTY = """
system: {name: notes, domain: notes, platform: {runtime: servers}}
"""

CHAIN = """
system:
  name: chain
  domain: chains
  requirements: {peakRps: REPLACED, latencyP99: 200ms, availability: 99.9}
teams: [{name: crew}]
externals: [{name: carrier, availability: 99.5, p99: 150ms}]
stores: [{name: front-db}, {name: back-db}]
services:
  - name: front
    responsibility: A
    owners: [crew]
    exposure: public
    language: python
    stores: [front-db]
    slo: {availability: 99.9, p99: 100ms}
    entities: [{name: Thing, fields: [{name: label, type: string}]}]
    endpoints:
      - {operation: makeThing, action: create, entity: Thing, publishes: [ThingMade]}
      - {operation: getThing, action: get, entity: Thing}
    dependencies: [{to: back, timeout: 50ms, operations: [makePiece]}]
  - name: back
    responsibility: B
    owners: [crew]
    stores: [back-db]
    slo: {availability: 99.9, p99: 80ms}
    entities: [{name: Piece, fields: [{name: label, type: string}]}, {name: Copy, fields: [{name: label, type: string}]}]
    endpoints: [{operation: makePiece, action: create, entity: Piece}]
    subscriptions: [{event: ThingMade, action: create, entity: Copy}]
    dependencies: [{to: carrier, timeout: 50ms}]
events:
  - {name: ThingMade, publisher: front, entity: Thing, payload: [{name: thing_id, type: uuid, source: id}, {name: label, type: string}]}
"""


def read(text: str) -> Architecture:
    return read_architecture(text)[0]


def chain(peak: float, assumptions: Assumptions | None = None) -> Capacity:
    return capacity(read(CHAIN.replace("REPLACED", str(peak))), assumptions)


def test_requests_run_along_calls_and_events() -> None:
    found = chain(100)
    front, back = (found.load.rates[name] for name in ("front", "back"))
    assert (front.reads, front.writes, front.published) == pytest.approx((90, 10, 10))
    assert front.calls == pytest.approx({"back": 10})
    assert (back.reads, back.writes, back.consumed) == pytest.approx((0, 10, 10))
    assert back.calls == pytest.approx({"carrier": 10})
    assert back.created == pytest.approx({"Piece": 10, "Copy": 10})


def test_a_saga_costs_its_coordinator_two_messages_a_step() -> None:
    found = capacity(read(SHOP))
    placed = next(each.rate for each in found.load.arrivals if each.operation == "placeOrder")
    rates = found.load.rates
    steps = 4
    assert found.load.sagas == {"PlaceOrder": placed} or next(iter(found.load.sagas.values())) == pytest.approx(placed)
    assert rates["order"].consumed == pytest.approx(steps * placed)
    assert rates["payment"].consumed + rates["inventory"].consumed == pytest.approx(steps * placed)


def test_instances_follow_from_cpu() -> None:
    small, large = chain(1), chain(2000)
    assert [each.instances.value for each in small.services] == [2, 2]
    front = large.by_service["front"]
    milli = (1800 * 1.2 + 200 * 2.4) * 2
    assert front.cpu_peak_m.value == pytest.approx(milli)
    assert front.instances.value == -(-milli // 600) + 1
    assert front.most.value == 2 * -(-milli // 600) + 1
    assert front.least.value < front.instances.value
    assert 100 <= front.cpu_request_m.value <= 1000


@pytest.mark.parametrize("text", [EMPTY, CHAIN.replace("REPLACED", "0"), CHAIN.replace("peakRps: REPLACED", "users: 0")])
def test_nothing_to_do_is_the_smallest_size(text: str) -> None:
    found = capacity(read(text))
    assert found.load.peak.value in (0, 10)
    assert all(each.instances.value == 2 and each.pool.value == 5 for each in found.services)
    assert not found.advice
    assert 0 <= found.low <= found.high


def test_users_stand_in_for_a_peak() -> None:
    found = capacity(read(CHAIN.replace("peakRps: REPLACED", "users: 86400")))
    assert found.load.peak.value == pytest.approx(86400 * 50 / 86400 / 0.2)
    assert "users" in found.load.peak.source


def test_shares_divide_the_peak() -> None:
    traffic = Traffic(shares=(Share(service="front", operation="makeThing", percent=50),))
    found = chain(100, Assumptions(traffic=traffic))
    assert found.load.rates["front"].writes == pytest.approx(50)
    assert found.load.rates["front"].reads == pytest.approx(50)


def test_what_is_outgrown_says_what_to_move_to() -> None:
    advice = {(each.subject, each.limit.split("of")[0].split()[1]): each.move_to for each in chain(120_000).advice}
    assert "read replicas" not in advice["database of front", "transactions/s"], "12,000 changes a second are no reads"
    assert "Citus" in advice["database of front", "transactions/s"]
    assert "PgBouncer" in advice["database of front", "connections"]
    assert "partitioning" in advice["database of back", "GB"]
    assert "partitions" in advice["queue of back", "messages/s"]
    assert "Kafka" in advice["broker", "messages/s"]
    assert any("read replicas" in each.move_to for each in chain(20_000).advice)


def test_budgets_add_up_along_the_critical_path() -> None:
    [path] = chain(10).paths
    assert path.hops == ("front", "back", "carrier")
    assert path.latency_ms.value == 80 + 150
    assert path.availability.value == pytest.approx(99.9 * 0.999 * 0.995)
    assert not path.meets_latency
    assert not path.meets_availability


def test_the_bill_follows_the_price_table() -> None:
    free = Assumptions(prices=Prices(**dict.fromkeys(Prices.model_fields.keys() - {"currency"}, Price(low=0, high=0))))
    assert chain(10, free).high == 0
    assert chain(10).low < chain(10_000).low


def test_events_in_a_circle_are_cut_and_said() -> None:
    again = CHAIN.replace("REPLACED", "10").replace(
        "subscriptions: [{event: ThingMade, action: create, entity: Copy}]",
        "subscriptions: [{event: ThingMade, action: create, entity: Copy, publishes: [CopyMade]}, "
        "{event: CopyMade, action: create, entity: Piece, publishes: [CopyMade]}]",
    )
    again += "  - {name: CopyMade, publisher: back, entity: Copy, payload: [{name: label, type: string}]}\n"
    found = capacity(read(again))
    assert found.load.is_cut
    assert found.load.rates["back"].consumed < 10_000


def test_a_share_of_an_unknown_operation_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "architecture.yaml").write_text(CHAIN.replace("REPLACED", "10"), encoding="utf-8")
    (tmp_path / "capacity.yaml").write_text(
        "apiVersion: microservices-skill/v1\nkind: Capacity\ntraffic:\n  shares: [{service: back, operation: makePiece, percent: 10}]\n",
        encoding="utf-8",
    )
    with pytest.raises(DocumentError, match=r"capacity\.yaml.*:4.*front\.getThing, front\.makeThing"):
        planning.capacity(tmp_path / "architecture.yaml")


def test_written_defaults_are_the_defaults(tmp_path: Path) -> None:
    source = tmp_path / "architecture.yaml"
    source.write_text(SHOP, encoding="utf-8")
    before = planning.capacity(source)
    planning.start_assumptions(source)
    assert planning.capacity(source) == before
    with pytest.raises(planning.AssumptionsExistError, match="exists already"):
        planning.start_assumptions(source)
