"""Requests under load: each is sent until it is answered, under one key, and what will never be accepted ends the run."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest
from tests.generated.architectures import read_case

from microservices_skill.chaos.load import Load, filled
from microservices_skill.deployment.chaos import plan
from microservices_skill.deployment.chaos_plan import Wish
from microservices_skill.errors import SkillError

WAIT_S = 20.0
Reply = tuple[int, dict[str, Any]]
MADE: Reply = (201, {})


class Service(ThreadingHTTPServer):
    """Gives each key its replies in order, the last one again and again; remembers what it was sent."""

    def __init__(self, replies: Sequence[Reply]) -> None:
        self.replies = replies
        self.seen: dict[str, list[Any]] = defaultdict(list)
        self.callers: set[str] = set()
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Service)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        seen = self.server.seen[self.headers["Idempotency-Key"]]
        seen.append(body)
        self.server.callers.add(self.client_address[0])
        status, answer = self.server.replies[min(len(seen), len(self.server.replies)) - 1]
        data = json.dumps({"id": str(uuid4())} | answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(*replies: Reply) -> Iterator[Service]:
    with Service(replies) as service:
        threading.Thread(target=service.serve_forever, daemon=True).start()
        yield service
        service.shutdown()


def run(service: Service, *bodies: dict[str, Any], requests: int = 20) -> Load:
    [saga] = plan(read_case("orders")).sagas
    wishes = [Wish(body=body) for body in bodies]
    load = Load([(saga, service.server_port, wishes)], seed=1, requests=requests, clients=4, may_go=lambda _: None)
    load.start()
    ends = time.monotonic() + WAIT_S
    while load.is_running:
        assert time.monotonic() < ends
        time.sleep(0.01)
    return load


def test_each_request_has_a_key_and_an_address_of_its_own_and_a_seed_repeats_it() -> None:
    with serving(MADE) as service:
        load = run(service, {"a": 1}, {"a": 2})
    with serving(MADE) as again:
        run(again, {"a": 1}, {"a": 2})
    assert load.done == len(service.seen) == 20
    assert {key: bodies[0] for key, bodies in service.seen.items()} == {key: bodies[0] for key, bodies in again.seen.items()}
    assert {bodies[0]["a"] for bodies in service.seen.values()} == {1, 2}
    assert len(service.callers) in (20, 1), "one each where the loopback has more than one address"


def test_what_passes_is_asked_again_under_the_same_key() -> None:
    in_flight = {"type": "urn:problem:idempotency-in-flight"}
    with serving((503, {}), (409, in_flight), (429, {}), MADE) as service:
        load = run(service, {}, requests=5)
    assert load.done == 5
    assert {len(bodies) for bodies in service.seen.values()} <= {4, 5}
    assert load.requests.repeated >= 15


@pytest.mark.parametrize("reply", [(422, {"type": "urn:problem:validation"}), (409, {"type": "urn:problem:conflict"}), (404, {})])
def test_what_will_never_be_accepted_ends_the_run_with_the_answer(reply: Reply) -> None:
    with serving(reply) as service, pytest.raises(SkillError, match=f"PlaceOrderSaga is refused with status {reply[0]}"):
        run(service, {})


def test_a_body_may_differ_from_request_to_request() -> None:
    one, other = (filled({"code": "A-{n}", "ids": ["{uuid}"], "n": 3}, 1, number) for number in (1, 2))
    assert (one["code"], other["code"], one["n"]) == ("A-1", "A-2", 3)
    assert one["ids"] != other["ids"]
    assert one == filled({"code": "A-{n}", "ids": ["{uuid}"], "n": 3}, 1, 1)
