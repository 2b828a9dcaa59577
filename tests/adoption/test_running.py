"""Each capability in a plain starter of each language: added, wired as the steps say, installed, checked, started, and seen to work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.adoption.starters import CALLING, GUARDING, SAYING, Starter, starter
from tests.generated.collector import running_collector
from tests.generated.issuer import Issuer, running_issuer
from tests.generated.processes import Answer, Running, until
from tests.generated.stub import Stub, running_stub

from microservices_skill.chaos.links import free_port
from microservices_skill.model.system import Language

pytestmark = pytest.mark.slow

LANGUAGES = [Language.PYTHON, Language.TYPESCRIPT]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture(scope="module", params=LANGUAGES)
def resilient(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Starter:
    """A starter with resilience alone."""
    made = starter(request.param, tmp_path_factory.mktemp(f"{request.param}-resilience"))
    return made.add("resilience").edit(CALLING[made.language]).install().check()


@pytest.fixture(scope="module", params=LANGUAGES)
def observable(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Starter:
    """A starter with observability alone."""
    made = starter(request.param, tmp_path_factory.mktemp(f"{request.param}-observability"))
    return made.add("observability").edit(SAYING[made.language]).install().check()


@pytest.fixture(scope="module", params=LANGUAGES)
def secured(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Starter:
    """A starter with security alone."""
    made = starter(request.param, tmp_path_factory.mktemp(f"{request.param}-security"))
    return made.add("security").edit(GUARDING[made.language]).install().check()


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """An issuer whose keys are fetched over HTTP."""
    with running_issuer() as found:
        yield found


@pytest.fixture
def stock() -> Iterator[Stub]:
    """The service that the starter calls."""
    with running_stub() as found:
        yield found


def records(service: Running, event: str) -> list[dict[str, object]]:
    return [each for each in service.records if each["event"] == event]


def holds_checks(made: Starter, service: Running) -> None:
    """What the steps say is seen after wiring."""
    assert made.wiring["checks"]
    for check in made.wiring["checks"]:
        answer = service.call("GET", check["path"])
        assert check["status"] in (0, answer.status), check
        assert not check["header"] or check["header"] in answer.headers, check


def is_unavailable(answer: Answer) -> bool:
    return answer.status == 503 and answer.is_problem and answer.json["type"] == "urn:problem:dependency-unavailable"


def test_a_call_passes_the_id_and_the_deadline_on(resilient: Starter, stock: Stub) -> None:
    with resilient.running(STOCK_URL=stock.url) as service:
        holds_checks(resilient, service)
        answer = service.call("GET", "/items/plumbus/stock", headers={"X-Request-ID": "one", "X-Request-Deadline-Ms": "1500"})
        assert (answer.status, answer.json["status"]) == (200, "available")
        [(path, headers)] = stock.asked
        assert (path, headers["X-Request-ID"]) == ("/items/plumbus", "one")
        assert 0 < int(headers["X-Request-Deadline-Ms"]) <= 1500


def test_a_call_that_may_be_repeated_is(resilient: Starter, stock: Stub) -> None:
    stock.faults = [503, 503]
    with resilient.running(STOCK_URL=stock.url) as service:
        assert service.call("GET", "/items/plumbus/stock").status == 200
        assert len(stock.asked) == 3


def test_a_dead_neighbour_is_answered_for_and_then_left_alone(resilient: Starter) -> None:
    with resilient.running(STOCK_URL=f"http://127.0.0.1:{free_port()}") as service:
        assert all(is_unavailable(service.call("GET", "/items/plumbus/stock")) for _ in range(4))
        assert len(records(service, "dependency.called")) == 5, "the breaker is open after five failures, and nobody calls any more"
        assert service.call("GET", "/").status == 200


def test_a_neighbour_that_hangs_is_given_up_within_the_deadline(resilient: Starter, stock: Stub) -> None:
    stock.delay_s = 20
    with resilient.running(STOCK_URL=stock.url) as service:
        assert is_unavailable(service.call("GET", "/items/plumbus/stock", headers={"X-Request-Deadline-Ms": "500"}))


def test_a_request_in_hand_is_answered_before_the_end(resilient: Starter, stock: Stub) -> None:
    stock.delay_s = 1.5
    with resilient.running(STOCK_URL=stock.url) as service, ThreadPoolExecutor() as pool:
        answer = pool.submit(service.call, "GET", "/items/plumbus/stock")
        until(lambda: bool(stock.asked), 10)
        assert service.stop() == 0
        assert answer.result().status == 200


def test_it_says_how_it_is_and_how_it_does(observable: Starter) -> None:
    with observable.running() as service:
        holds_checks(observable, service)
        assert service.call("GET", "/nothing").status == 404
        until(lambda: "http_server_request_duration_seconds_count" in service.call("GET", "/metrics").text, 10)
        counted = [line for line in service.call("GET", "/metrics").text.splitlines() if "duration_seconds_count" in line]
        assert any('http_route="/"' in line and '"200"' in line for line in counted)
        assert any('http_route="unmatched"' in line and '"404"' in line for line in counted)
        assert not any("health" in line for line in counted)
        assert service.stop() == 0


def test_it_is_ready_only_while_what_it_depends_on_holds(observable: Starter) -> None:
    with observable.running(CLOSED="1") as service:
        answer = service.call("GET", "/health/ready")
        assert (answer.status, answer.json) == (503, {"status": "not ready", "checks": {"shop": "down"}})
        assert service.call("GET", "/health/live").status == 200


def test_every_line_is_json_with_the_ids_of_its_request_and_without_secrets(observable: Starter) -> None:
    with observable.running() as service:
        headers = {"traceparent": PARENT, "X-Request-ID": "one", "Authorization": "Bearer hidden-a"}
        body = {"name": "Lamp", "password": "hidden-b", "inner": {"token": "hidden-c"}}
        assert service.call("PUT", "/items/lamp", body, headers).status == 200
        until(lambda: any(each["method"] == "PUT" for each in records(service, "http.request")), 10)
        [request] = [each for each in records(service, "http.request") if each["method"] == "PUT"]
        said = [each for each in service.records if "Lamp" in json.dumps(each)]
        assert len(said) == 1
        for each in (request, *said):
            assert (each["trace_id"], each["request_id"], each["service"]) == (TRACE, "one", "starter")
        assert service.stop() == 0
        assert "hidden" not in service.log
        assert len(service.records) == len(service.log.splitlines())


def test_spans_reach_a_collector_as_parts_of_their_callers_trace(observable: Starter) -> None:
    with running_collector() as collector:
        with observable.running(**collector.settings) as service:
            assert service.call("GET", "/", headers={"traceparent": PARENT}).status == 200
            service.call("GET", "/health/live")
            assert service.stop() == 0
        [span] = [each for each in collector.spans if each.trace == TRACE and each.kind == "SERVER"]
        assert (span.service, span.name, span.parent) == ("starter", "GET /", "00f067aa0ba902b7")


def test_a_fastapi_that_traces_nothing_itself_is_traced_by_us(tmp_path: Path) -> None:
    made = starter(Language.PYTHON, tmp_path).add("observability").install("fastapi==0.115.0")
    with running_collector() as collector:
        with made.running(**collector.settings) as service:
            assert service.call("GET", "/items/plumbus", headers={"traceparent": PARENT}).status == 200
            counted = service.call("GET", "/metrics").text
            assert service.stop() == 0
        [span] = [each for each in collector.spans if each.trace == TRACE]
        assert (span.name, span.kind, span.parent) == ("GET /items/{item_id}", "SERVER", "00f067aa0ba902b7")
        assert 'http_route="/items/{item_id}"' in counted


def test_an_operation_asks_for_a_token_of_the_issuer_with_its_scope(secured: Starter, issuer: Issuer) -> None:
    with secured.running(**issuer.settings) as service:
        holds_checks(secured, service)

        def put(token: str = "") -> int:
            return service.call("PUT", "/items/lamp", {}, {"Authorization": f"Bearer {token}"} if token else {}).status

        assert put() == 401
        assert put("nonsense") == 401
        assert put(issuer.forged("starter", "items:write")) == 401
        assert put(issuer.token("another", "items:write")) == 401
        assert put(issuer.token("starter", "items:read")) == 403
        assert put(issuer.token("starter", "items:write", sub="alice")) == 200
        assert service.call("GET", "/").status == 200
        until(lambda: len(records(service, "audit")) == 6, 10)
        audits = records(service, "audit")
        assert [each["outcome"] for each in audits] == ["denied"] * 5 + ["done"]
        assert audits[-1]["actor"] == "alice"


def test_refusals_are_problems_and_bodies_and_rates_have_limits(secured: Starter, issuer: Issuer) -> None:
    with secured.running(**issuer.settings, MAX_BODY_BYTES="2048") as service:
        bearer = {"Authorization": f"Bearer {issuer.token('starter', 'items:write', sub='bob')}"}
        refused = service.call("PUT", "/items/lamp", {})
        assert refused.is_problem
        assert refused.headers["WWW-Authenticate"] == "Bearer"
        assert service.call("PUT", "/items/lamp", {"name": "x" * 4096}, bearer).status == 413
        statuses = [service.call("PUT", "/items/lamp", {}, bearer).status for _ in range(7)]
        assert statuses.count(429) in (2, 3)
        assert service.call("GET", "/").headers["X-Frame-Options"] == "DENY"


def test_production_does_not_start_without_an_issuer(secured: Starter) -> None:
    with pytest.raises(AssertionError, match="AUTH_JWKS_URL"), secured.running(ENVIRONMENT="production"):
        pass


def test_settings_are_read_from_mounted_files(secured: Starter, issuer: Issuer, tmp_path: Path) -> None:
    for name, value in issuer.settings.items():
        (tmp_path / name.lower()).write_text(value, encoding="utf-8")
    with secured.running(SECRETS_DIR=str(tmp_path)) as service:
        assert service.call("PUT", "/items/lamp", {}).status == 401
