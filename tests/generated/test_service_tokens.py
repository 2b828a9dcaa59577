"""Services of two languages that call each other with tokens of their own, from an issuer that comes and goes."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.generated.architectures import in_languages, only, own_name, read_example, with_services, write_service
from tests.generated.issuer import Issuer
from tests.generated.languages import Toolchains
from tests.generated.processes import Answer, Running, until
from tests.generated.seams import let_trips_ask_for_vehicles
from tests.generated.systems import PAIRS
from tests.generated.target import Target, deployed

from microservices_skill.model.dependency import CircuitBreaker
from microservices_skill.running.identity import PERSON, Credential
from microservices_skill.running.issuer import Issuer as LocalIssuer
from microservices_skill.running.issuer import serving

pytestmark = pytest.mark.slow

LIFETIME_S, RESET_S = 8, 5.0
SECRET = "a secret: of 100 % the trip's own / & more"
EVERYTHING = {"trip": frozenset({"trips:read", "trips:write"}), "vehicle": frozenset({"vehicles:read", "vehicles:write"})}


class Comings(Issuer):
    """The issuer of the package, which can be taken away and brought back where it was."""

    def __init__(self) -> None:
        self.clients = {
            "trip": Credential(SECRET, {"vehicle": frozenset({"vehicles:read"})}),
            PERSON: Credential("of a person", EVERYTHING),
        }
        self.local = LocalIssuer(self.clients, lifetime_s=LIFETIME_S)
        self._running = ExitStack()
        self._port = 0
        self.up()

    def up(self) -> None:
        """Answer."""
        self._running.enter_context(serving(self.local, port=self._port))
        self._port = int(self.local.url.rpartition(":")[2])

    def down(self) -> None:
        """Answer nobody."""
        self._running.close()

    @property
    def settings(self) -> dict[str, str]:
        return {"AUTH_JWKS_URL": f"{self.local.url}/.well-known/jwks.json", "AUTH_ISSUER": self.local.url}

    @property
    def own(self) -> dict[str, str]:
        """What the trip service needs for tokens of its own."""
        return {"AUTH_TOKEN_URL": f"{self.local.url}/oauth2/token", "AUTH_CLIENT_ID": "trip", "AUTH_CLIENT_SECRET": SECRET}

    def token(self, audience: str, scopes: str, **claims: Any) -> str:
        said = {"grant_type": "client_credentials", "client_id": PERSON, "client_secret": "of a person", "audience": audience}
        asked = said | ({"scope": scopes} if scopes else {}) | {"subject": str(claims.get("sub", uuid4()))}
        return str(self.local.grant(list(asked.items()), "")["access_token"])


@dataclass
class Fleet:
    """A trip service that asks a vehicle service, each in its language."""

    trip: Target
    vehicle: Target
    issuer: Comings

    def plan(self) -> Answer:
        """Plan a trip with a vehicle that there is; tokens of callers are made anew, as they end soon."""
        creation = self.trip.creation
        return self.trip.caller().change(creation.method, creation.path, self.trip.body(creation) | {"vehicle_id": self.known})

    known: str = ""

    def buy(self) -> None:
        """Let there be a vehicle."""
        self.known = str(self.vehicle.create(self.vehicle.creation).json["id"])

    def is_open(self, dependency: str) -> bool:
        """Whether the trip service has given up a dependency for a while."""
        return self.trip.metric("circuit_breaker_open", dependency=dependency) == 1

    def asked_with(self, status: int) -> int:
        """How many requests the vehicle service has answered so."""
        return sum(each.get("event") == "http.request" and each["status"] == status for each in self.vehicle.running.records)


@pytest.fixture(scope="module", params=PAIRS, ids=["-".join(each) for each in PAIRS])
def running(request: pytest.FixtureRequest, toolchains: Toolchains, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    caller, callee = request.param
    architecture = only(read_example("fleet", system=own_name("fleet")), "trip", "vehicle")
    architecture = in_languages(architecture, {"trip": caller, "vehicle": callee})
    trip = architecture.services_by_name["trip"]
    patient = {"timeout": 5000, "circuit_breaker": CircuitBreaker(failures=2, reset="1s")}
    changed = tuple(each.model_copy(update=patient) for each in trip.dependencies)
    architecture = with_services(architecture, trip.model_copy(update={"dependencies": changed}))
    issuer = Comings()

    def start(stack: ExitStack, name: str, settings: Mapping[str, str]) -> Target:
        service = architecture.services_by_name[name]
        folder: Path = write_service(architecture, service, tmp_path_factory.mktemp(name))
        if name == "trip":
            let_trips_ask_for_vehicles(folder, service.language)
        toolchains[service.language].prepare(folder)
        process = Running(toolchains[service.language], folder, dict(settings))
        return stack.enter_context(deployed(architecture, service, process, issuer))

    with ExitStack() as stack:
        stack.callback(issuer.down)
        vehicle = start(stack, "vehicle", {})
        settings = issuer.own | {"VEHICLE_URL": f"http://127.0.0.1:{vehicle.running.port}"}
        yield Fleet(start(stack, "trip", settings), vehicle, issuer)


@pytest.fixture
def fleet(running: Fleet) -> Iterator[Fleet]:
    running.buy()
    until(lambda: running.plan().status == 201, RESET_S + 15, "for trips to be planned")
    yield running
    running.issuer.down()
    running.issuer.up()


def test_a_call_is_made_in_the_callers_own_name_with_one_token_for_many(fleet: Fleet) -> None:
    for _ in range(5):
        planned = fleet.plan()
        assert planned.status == 201, planned.text
    assert fleet.asked_with(401) == fleet.asked_with(403) == 0


def test_a_token_without_the_scope_is_refused_with_403_and_one_for_another_with_401(fleet: Fleet) -> None:
    path = f"/v1/vehicles/{fleet.known}"
    assert fleet.vehicle.caller("vehicles:write").get(path).status == 403
    assert fleet.vehicle.caller("vehicles:read").get(path).status == 200
    stranger = fleet.issuer.token("trip", "trips:read")
    assert fleet.vehicle.running.call("GET", path, headers={"Authorization": f"Bearer {stranger}"}).status == 401


def test_the_issuer_gives_the_caller_no_more_than_the_model_names(fleet: Fleet) -> None:
    narrow = fleet.issuer.clients["trip"]
    try:
        fleet.issuer.clients["trip"] = Credential(SECRET, {"vehicle": frozenset()})
        time.sleep(LIFETIME_S)
        before = fleet.asked_with(200)
        refused = fleet.plan()
        assert (refused.status, refused.is_problem) == (503, True), refused.text
        assert fleet.asked_with(200) == before
        assert any(each.get("event") == "auth.no_token" and "invalid_scope" in each["error"] for each in fleet.trip.running.records)
    finally:
        fleet.issuer.clients["trip"] = narrow
    until(lambda: fleet.plan().status == 201, RESET_S + 5, "for trips to be planned again")


def test_without_the_issuer_calls_go_on_until_the_token_ends_then_fail_clearly_then_recover(fleet: Fleet) -> None:
    until(lambda: fleet.plan().status == 201, 5)
    time.sleep(LIFETIME_S)
    assert fleet.plan().status == 201
    began = time.monotonic()
    token = fleet.issuer.token("trip", "")
    fleet.issuer.down()
    creation = fleet.trip.creation
    body = fleet.trip.body(creation) | {"vehicle_id": fleet.known}

    def plan() -> Answer:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(time.monotonic_ns())}
        return fleet.trip.running.call(creation.method, creation.path, body, headers)

    assert plan().status == 201, "the token lives on"
    time.sleep(max(0.0, began + LIFETIME_S + 0.5 - time.monotonic()))
    refused = plan()  # its own caller's token is let in for ten seconds more than it lives
    assert (refused.status, refused.is_problem) == (503, True), refused.text
    until(lambda: plan().status == 503 and fleet.is_open("token issuer"), 5, "for the issuer to be left alone")
    assert not fleet.is_open("vehicle"), "the vehicle service is not to blame"
    fleet.issuer.up()
    until(lambda: fleet.plan().status == 201, RESET_S + 5, "for trips to be planned again")
    assert not fleet.is_open("token issuer")


def test_neither_secret_nor_token_is_logged(fleet: Fleet) -> None:
    assert fleet.plan().status == 201
    for each in (fleet.trip, fleet.vehicle):
        assert SECRET not in each.running.log
        assert "eyJ" not in each.running.log, "that is how a token begins"


def test_production_does_not_start_without_tokens_of_its_own(fleet: Fleet) -> None:
    trip = fleet.trip.running
    environment = trip._environment() | {"ENVIRONMENT": "production"}  # noqa: SLF001 - what it starts with
    for name in fleet.issuer.own:
        environment.pop(name)
    command = trip.toolchain.start_command(trip.folder)
    done = subprocess.run(command, cwd=trip.folder, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    assert "AUTH_TOKEN_URL" in done.stdout + done.stderr
