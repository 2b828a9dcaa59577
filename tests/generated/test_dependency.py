"""What every service promises when one that it calls is slow or faulty: an answer in time, a breaker that opens, and recovery."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from tests.generated.architectures import LANGUAGES, in_language, own_name, read_example, with_services, write_service
from tests.generated.issuer import Issuer
from tests.generated.languages import Toolchains
from tests.generated.processes import Answer, Running, until
from tests.generated.seams import let_trips_ask_for_vehicles
from tests.generated.stub import Stub, running_stub
from tests.generated.target import Target, deployed

from microservices_skill.model.dependency import CircuitBreaker
from microservices_skill.model.system import Language

pytestmark = pytest.mark.slow

TIMEOUT_S = 0.5
RESET_S = 2.0
FAILURES = 5


@dataclass
class Trips:
    """The trip service, whose rules ask a stub for vehicles."""

    target: Target
    vehicles: Stub

    def plan(self, **headers: str) -> Answer:
        """Plan a trip."""
        caller, creation = self.target.caller(), self.target.creation
        return caller.change(creation.method, creation.path, self.target.body(creation), **headers)

    def is_open(self) -> bool:
        """Whether the breaker says that it is open."""
        return self.target.metric("circuit_breaker_open", dependency="vehicle") == 1


@pytest.fixture(scope="module", params=LANGUAGES)
def running(
    request: pytest.FixtureRequest, toolchains: Toolchains, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trips]:
    language: Language = request.param
    architecture = in_language(read_example("fleet", system=own_name("fleet")), language)
    trip = architecture.services_by_name["trip"]
    (vehicle,) = trip.dependencies
    patient = {"timeout": int(TIMEOUT_S * 1000), "circuit_breaker": CircuitBreaker(failures=FAILURES, reset=f"{RESET_S:.0f}s")}
    architecture = with_services(architecture, trip.model_copy(update={"dependencies": (vehicle.model_copy(update=patient),)}))
    service = architecture.services_by_name["trip"]
    folder: Path = write_service(architecture, service, tmp_path_factory.mktemp(f"{language}-trip"))
    let_trips_ask_for_vehicles(folder, language)
    toolchains[language].prepare(folder)
    with ExitStack() as stack:
        stub = stack.enter_context(running_stub())
        process = Running(toolchains[language], folder, {"VEHICLE_URL": stub.url})
        yield Trips(stack.enter_context(deployed(architecture, service, process, issuer)), stub)


@pytest.fixture
def trips(running: Trips) -> Trips:
    """The service with its breaker closed and a vehicle service that is well."""
    running.vehicles.status, running.vehicles.delay_s, running.vehicles.faults = 200, 0.0, []
    until(lambda: running.plan().status == 201, RESET_S + 5, "for the breaker to close")
    running.vehicles.asked.clear()
    return running


def test_a_call_carries_request_id_trace_and_the_time_that_is_left(trips: Trips) -> None:
    trace = uuid4().hex
    planned = trips.plan(X_Request_ID="r-77", traceparent=f"00-{trace}-00f067aa0ba902b7-01")
    assert planned.status == 201, planned.text
    ((path, headers),) = trips.vehicles.asked
    assert path == f"/v1/vehicles/{planned.json['vehicle_id']}"
    assert headers["X-Request-ID"] == "r-77"
    assert headers["traceparent"].split("-")[1] == trace
    assert 0 < int(headers["X-Request-Deadline-Ms"]) <= TIMEOUT_S * 1000


def test_a_caller_in_a_hurry_leaves_the_dependency_no_more_time(trips: Trips) -> None:
    assert trips.plan(X_Request_Deadline_Ms="200").status == 201
    assert 0 < int(trips.vehicles.asked[0][1]["X-Request-Deadline-Ms"]) <= 200
    trips.vehicles.delay_s = 3
    began = time.monotonic()
    assert trips.plan(X_Request_Deadline_Ms="200").status == 503
    assert time.monotonic() - began < 1


def test_one_fault_is_tried_again_and_the_caller_sees_nothing_of_it(trips: Trips) -> None:
    trips.vehicles.faults = [503]
    assert trips.plan().status == 201
    assert len(trips.vehicles.asked) == 2


def test_a_refusal_is_not_tried_again_and_opens_no_breaker(trips: Trips) -> None:
    trips.vehicles.status = 404
    for _ in range(FAILURES + 2):
        refused = trips.plan()
        assert (refused.status, refused.json["type"]) == (422, "urn:problem:invariant")
    assert len(trips.vehicles.asked) == FAILURES + 2
    assert not trips.is_open()


def test_a_slow_dependency_is_given_up_in_time_then_left_alone_then_asked_again(trips: Trips) -> None:
    trips.vehicles.delay_s = 3
    began = time.monotonic()
    first = trips.plan()
    assert (first.status, first.is_problem) == (503, True), first.text
    assert TIMEOUT_S <= time.monotonic() - began < 2 * TIMEOUT_S + 1
    while len(trips.vehicles.asked) < FAILURES:
        assert trips.plan().status == 503
    opened = time.monotonic()
    assert trips.is_open()
    asked = len(trips.vehicles.asked)
    trips.vehicles.delay_s = 0
    while time.monotonic() - opened < RESET_S / 2:
        began = time.monotonic()
        assert trips.plan().status == 503
        assert time.monotonic() - began < TIMEOUT_S
    assert len(trips.vehicles.asked) == asked
    time.sleep(max(0.0, opened + RESET_S + 0.3 - time.monotonic()))
    assert trips.plan().status == 201
    assert not trips.is_open()
    assert [trips.plan().status for _ in range(3)] == [201] * 3
    assert trips.target.metric("dependency_calls_total", dependency="vehicle", outcome="failed") >= FAILURES
    assert trips.target.metric("dependency_calls_total", dependency="vehicle", outcome="answered") >= 4
    assert len(trips.vehicles.asked) == asked + 4


def test_a_probe_that_fails_keeps_the_breaker_open(trips: Trips) -> None:
    trips.vehicles.status = 500
    while not trips.is_open():
        assert trips.plan().status == 503
    time.sleep(RESET_S + 0.3)
    asked = len(trips.vehicles.asked)
    assert trips.plan().status == 503
    assert len(trips.vehicles.asked) == asked + 1
    assert trips.is_open()
    assert trips.plan().status == 503
    assert len(trips.vehicles.asked) == asked + 1
