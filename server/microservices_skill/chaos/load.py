"""Requests under load, each sent again with its idempotency key until it is answered, whatever breaks meanwhile."""

from __future__ import annotations

import http.client
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import NAMESPACE_URL, uuid5

from microservices_skill.chaos.errors import RefusedRequestError
from microservices_skill.deployment.chaos_plan import Json, PlannedSaga, Wish

CALL_LIMIT_S = 15.0
_RETRY_S = 0.25
_IMPATIENT = 0.1
"""The share of requests whose client goes away before the answer comes, and asks again."""

_PATIENCE_S = 0.02
_PASSING = frozenset({0, 408, 425, 429, 500, 502, 503, 504})
"""Answers after which the same request may be sent again; 0 where there was none."""

_IN_FLIGHT = "urn:problem:idempotency-in-flight"
"""What a 409 says that passes, too: the first request with this key is not answered yet."""


Started: TypeAlias = tuple[PlannedSaga, int, Sequence[Wish]]
"""A saga, the port where it is started, and with what."""


@dataclass(slots=True)
class Requests:
    """What was asked for and what came of it: the id of what each request made, by its number."""

    made: dict[int, tuple[str, str]] = field(default_factory=dict)
    repeated: int = 0
    latencies: list[float] = field(default_factory=list)

    def of(self, saga: str) -> list[str]:
        """The ids of the entities whose saga was started."""
        return [identity for name, identity in self.made.values() if name == saga]


class Load:
    """So many requests, by so many clients at once; the n-th of a seed is always the same."""

    def __init__(self, sagas: Sequence[Started], *, seed: int, requests: int, clients: int, may_go: Callable[[int], None]) -> None:
        self._sagas = sagas
        self._seed = seed
        self._wanted = requests
        self._may_go = may_go
        self._next = iter(range(requests))
        self._lock = threading.Lock()
        self._failure: Exception | None = None
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(clients)]
        self.requests = Requests()

    @property
    def done(self) -> int:
        """How many requests have been answered."""
        return len(self.requests.made)

    @property
    def is_running(self) -> bool:
        """Whether clients still ask.

        Raises:
            SkillError: a request is refused for good.

        """
        if self._failure is not None:
            raise self._failure
        return any(each.is_alive() for each in self._threads)

    def start(self) -> None:
        """Begin."""
        for each in self._threads:
            each.start()

    def _work(self) -> None:
        while self._failure is None:
            with self._lock:
                number = next(self._next, None)
            if number is None:
                return
            self._may_go(number)
            try:
                self._ask(number)
            except Exception as error:  # noqa: BLE001 - told by who asks whether it is running
                self._failure = error

    def _ask(self, number: int) -> None:
        saga, port, wishes = self._sagas[number % len(self._sagas)]
        chance = random.Random(f"{self._seed}/{number}")  # noqa: S311 - to be repeatable is its purpose
        body = filled(chance.choices([each.body for each in wishes], [each.weight for each in wishes])[0], self._seed, number)
        key = str(uuid5(NAMESPACE_URL, f"chaos/{self._seed}/{number}"))
        began = time.perf_counter()
        if chance.random() < _IMPATIENT:
            post(port, saga.path, body, key, client=number, limit_s=_PATIENCE_S)
            self.requests.repeated += 1
        while True:
            status, answer = post(port, saga.path, body, key, client=number)
            if status in (200, 201, 202):
                break
            if status not in _PASSING and _IN_FLIGHT not in answer:
                raise RefusedRequestError(f"a request of {saga.name}", status, answer)
            self.requests.repeated += 1
            time.sleep(_RETRY_S)
        self.requests.latencies.append(time.perf_counter() - began)
        self.requests.made[number] = (saga.name, str(json.loads(answer)["id"]))


def filled(body: Json, seed: int, number: int) -> Json:
    """A body with what is its own: ``{n}`` in a text is the request's number, ``{uuid}`` an id that no other request has.

    >>> filled({"name": "bike {n}", "parts": ["{n}", 3]}, 1, 7)
    {'name': 'bike 7', 'parts': ['7', 3]}
    """
    match body:
        case str():
            return body.replace("{n}", str(number)).replace("{uuid}", str(uuid5(NAMESPACE_URL, f"chaos/{seed}/{number}/body")))
        case list():
            return [filled(each, seed, number) for each in body]
        case dict():
            return {name: filled(value, seed, number) for name, value in body.items()}
        case _:
            return body


def post(port: int, path: str, body: Json, key: str, *, client: int, limit_s: float = CALL_LIMIT_S) -> tuple[int, str]:
    """Status and body of the answer, 0 where nobody answers. Each client has an address of its own where the system has them."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=limit_s, source_address=_address(client))
    try:
        connection.request("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json", "Idempotency-Key": key})
        response = connection.getresponse()
        return response.status, response.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def get_json(port: int, path: str) -> Any:  # noqa: ANN401 - JSON
    """What a stand-in answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=CALL_LIMIT_S)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def _address(client: int) -> tuple[str, int] | None:
    """One of the loopback's addresses: Linux has 127.0.0.0/8, so clients are told apart as they are by a rate limit."""
    address = f"127.{client // 62500 % 250 + 1}.{client // 250 % 250 + 1}.{client % 250 + 1}"
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return None
    return address, 0
