"""A service leaves a monolith by its plan, under load, is taken back, and leaves again: no write is lost, and both sides agree."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from tests.generated import old_shop
from tests.generated.architectures import LANGUAGES, ROOT, in_language, named, own_name, write_service
from tests.generated.brokers import RABBITMQ_URL
from tests.generated.clusters import ACCOUNT, cluster
from tests.generated.languages import Toolchains
from tests.generated.processes import Answer, Caller, Running, until
from tests.generated.servers import Database
from tests.generated.target import QUICK

from microservices_skill.app.design import read_model
from microservices_skill.app.discovery import propose, read_draft
from microservices_skill.app.migrating import plan_migration
from microservices_skill.chaos.links import free_port
from microservices_skill.model.system import Language

pytestmark = pytest.mark.slow

LOGICAL = {"wal_level": "logical", "max_worker_processes": "20"}
STEP = "01-review"
LIVES = 25


@dataclass
class Customers:
    """People who write, change and delete reviews through the gateway, and what must be there then."""

    caller: Caller
    expected: dict[str, int | None] = field(default_factory=dict)
    done: int = 0
    failed: str = ""
    is_over: threading.Event = field(default_factory=threading.Event)

    def live(self, random: Random) -> None:
        """Write until it is over; an answer of 5xx is asked again with the same key."""
        try:
            while not self.is_over.is_set():
                self._one_life(random)
                self.done += 1
        except AssertionError as error:
            self.failed = str(error)

    def _one_life(self, random: Random) -> None:
        stars = random.randint(1, 5)
        made = self._again("POST", "/reviews", _review(stars), {"Idempotency-Key": str(uuid4())})
        assert made.status == 201, made.text
        identity = str(made.json["id"])
        self.expected[identity] = stars
        until(lambda: self.caller.get(f"/reviews/{identity}").status == 200, 20, f"to read review {identity}")
        if random.random() < 0.5:
            self.expected[identity] = self._changed(identity, random.randint(1, 5))
        if random.random() < 0.2:
            gone = self._again("DELETE", f"/reviews/{identity}", None, {})
            assert gone.status in (204, 404), gone.text
            self.expected[identity] = None

    def _changed(self, identity: str, stars: int) -> int:
        for _ in range(100):
            read = self.caller.get(f"/reviews/{identity}")
            headers = {"Idempotency-Key": str(uuid4()), "If-Match": read.headers.get("etag", "*") if read.status == 200 else "*"}
            answer = self._again("PUT", f"/reviews/{identity}", _review(stars), headers)
            if answer.status == 200:
                return stars
            assert answer.status in (404, 412), answer.text
            time.sleep(0.05)
        raise AssertionError(f"review {identity} cannot be changed")

    def _again(self, method: str, path: str, body: object, headers: dict[str, str]) -> Answer:
        for _ in range(600):
            answer = self.caller.send(method, path, body, **headers)
            if answer.status not in (0, 409, 502, 503, 504):
                return answer
            time.sleep(0.05)
        raise AssertionError(f"{method} {path} is never answered: {answer.status} {answer.text}")


@dataclass
class Move:
    """The monolith, the service and the gateway between them, with the plan that moves from one to the other."""

    folder: Path
    monolith: Database
    service: Database
    running: Running
    addresses: dict[str, str]
    gateway: Path
    port: int

    def run(self, script: str, on: Database, **variables: str) -> str:
        """Run a script of the step as people do; what it says."""
        given = [each for name, value in variables.items() for each in ("-v", f"{name}={value}")]
        command = ["psql", "--no-psqlrc", "--quiet", on.url, *given, "-f", str(self.folder / "data" / script)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, f"{script}: {done.stderr}"
        return done.stdout

    def stand_at(self, stage: str) -> None:
        """Reload the gateway with the routes of a stage; from then on new requests go there."""
        text = (self.folder / "routing" / f"{stage}.nginx.conf").read_text(encoding="utf-8").replace("listen 8080", f"listen {self.port}")
        for name, address in self.addresses.items():
            text = text.replace(f"server {name}", f"server {address}")
        (self.gateway / "routes.conf").write_text(text, encoding="utf-8")
        self.nginx("-t")
        self.nginx("-s", "reload")
        time.sleep(1.0)

    def nginx(self, *arguments: str) -> None:
        done = subprocess.run(
            ["nginx", "-p", str(self.gateway), "-c", "nginx.conf", "-e", "error.log", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr

    def agree(self) -> str:
        """What both sides have, if it is the same."""
        found = [self.run("check.sql", on) for on in (self.monolith, self.service)]
        assert found[0] == found[1]
        return found[0]


@pytest.fixture(params=LANGUAGES)
def move(request: pytest.FixtureRequest, toolchains: Toolchains, tmp_path: Path) -> Iterator[Move]:
    """The plan of the example, the service that it names generated from its draft, and all of it running."""
    language: Language = request.param
    shutil.copy(ROOT / "examples" / "monolith" / "monolith.yaml", tmp_path)
    plan_migration(tmp_path, tmp_path / "monolith.yaml")
    output = tmp_path / "architecture.yaml"
    propose(ROOT / "examples" / "shop" / "answers.yaml", output=output, draft=read_draft(tmp_path / "migration" / "draft.yaml"))
    plan_migration(tmp_path, tmp_path / "monolith.yaml", architecture=output)
    architecture = named(in_language(read_model(output), language), own_name("leaving"))
    service = architecture.services_by_name["review"]
    folder = write_service(architecture, service, tmp_path / "service")
    toolchain = toolchains[language]
    toolchain.prepare(folder)
    with ExitStack() as stack:
        old, new = (stack.enter_context(cluster(LOGICAL)) for _ in range(2))
        monolith, database = (Database(f"postgresql://{ACCOUNT}@127.0.0.1:{each.port}/postgres") for each in (old, new))
        monolith.run(old_shop.TABLES)
        shop = stack.enter_context(old_shop.serving(monolith))
        running = Running(toolchain, folder, {**QUICK, "DATABASE_URL": database.url, "BROKER_URL": RABBITMQ_URL})
        stack.callback(running.end)
        running.migrate().start()
        addresses = {"old-shop:8080": f"127.0.0.1:{shop}", "review:8000": f"127.0.0.1:{running.port}"}
        found = Move(tmp_path / "migration" / STEP, monolith, database, running, addresses, tmp_path / "gateway", free_port())
        stack.enter_context(_gateway(found))
        yield found


@contextmanager
def _gateway(move: Move) -> Iterator[None]:
    move.gateway.mkdir()
    (move.gateway / "routes.conf").touch()
    (move.gateway / "nginx.conf").write_text(
        "user root;\npid nginx.pid;\nevents {}\nhttp {\n    access_log off;\n"
        + "".join(f"    {kind}_temp_path {kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        + "    include routes.conf;\n}\n",
        encoding="utf-8",
    )
    move.nginx()
    try:
        yield
    finally:
        move.nginx("-s", "quit")


@contextmanager
def _busy(customers: Customers) -> Iterator[None]:
    threads = [threading.Thread(target=customers.live, args=(Random(seed),)) for seed in range(4)]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        customers.is_over.set()
        for each in threads:
            each.join(60)
    assert not customers.failed, customers.failed


def test_a_service_leaves_under_load_is_taken_back_and_leaves_again(move: Move) -> None:
    # What happens to customers while nobody waits: the scripts run beside a monolith that works.
    move.run("1-prepare-monolith.sql", move.monolith)
    move.stand_at("1-mirror")
    customers = Customers(_through(move))
    with _busy(customers):
        _on(customers)
        move.run("2-stream-service.sql", move.service)
        move.run("3-stream-monolith.sql", move.monolith)
        move.run("4-connect-service.sql", move.service, origin=_origin(move.monolith))
        move.run("5-connect-monolith.sql", move.monolith, origin=_origin(move.service))
        move.run("caught-up-monolith.sql", move.monolith)
        for stage in ("2-tenth-of-reads", "3-reads"):
            _on(customers)
            move.stand_at(stage)
        _on(customers)
        _switch(move)
        _on(customers)
        _switch_back(move)
        _on(customers)
        _switch(move)
        _on(customers)
    move.run("caught-up-service.sql", move.service)
    assert "reviews|" in move.agree()
    for side, table in ((move.monolith, "reviews"), (move.service, "reviews")):
        key = "public_id" if side is move.monolith else "id"
        stored = dict(side.rows(f"SELECT {key}::text, stars FROM {table}"))
        assert {each: stored.get(each) for each in customers.expected} == customers.expected
    assert move.service.count("reviews") >= 500
    _compared(move, customers)
    _retired(move)


def _switch(move: Move) -> None:
    move.stand_at("4-pause-writes")
    move.run("caught-up-monolith.sql", move.monolith)
    move.agree()
    before = _newest(move)
    move.stand_at("5-writes")
    until(lambda: _newest(move) > before, 20, "for rows that the service wrote to come back to the monolith")


def _switch_back(move: Move) -> None:
    move.stand_at("4-pause-writes")
    move.run("caught-up-service.sql", move.service)
    move.agree()
    move.stand_at("3-reads")


def _newest(move: Move) -> int:
    return int(move.monolith.rows("SELECT max(id) FROM reviews")[0][0])


def _on(customers: Customers) -> None:
    wanted = customers.done + LIVES
    until(lambda: customers.done >= wanted or bool(customers.failed), 120, "for life to go on")
    assert not customers.failed, customers.failed


def _compared(move: Move, customers: Customers) -> None:
    """The script that asks both finds no difference, and finds one that is made."""
    paths = "\n".join(f"/reviews/{each}" for each in customers.expected)
    assert _compare(move, paths).returncode == 0
    one = next(each for each, stars in customers.expected.items() if stars is not None)
    move.service.run(f"SET session_replication_role = replica; UPDATE reviews SET sku = 'another' WHERE id = '{one}'")
    found = _compare(move, paths)
    assert (found.returncode, f"/reviews/{one}: sku" in found.stdout) == (1, True), found.stdout


def _compare(move: Move, paths: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(move.folder.parent / "compare.py"), "--step", str(move.folder)]
    addresses = {"monolith": move.addresses["old-shop:8080"], "service": move.addresses["review:8000"]}
    given = [each for name, address in addresses.items() for each in (f"--{name}", f"http://{address}")]
    return subprocess.run([*command, *given], input=paths, capture_output=True, text=True, check=False, timeout=120)


def _retired(move: Move) -> None:
    """At the end nothing of the move is left but a column and a renamed table, and the service works on."""
    move.run("9-retire-service.sql", move.service)
    move.run("9-retire-monolith.sql", move.monolith)
    for side in (move.monolith, move.service):
        assert side.rows("SELECT count(*) FROM pg_subscription") == side.rows("SELECT count(*) FROM pg_publication") == [(0,)]
        assert side.rows("SELECT count(*) FROM pg_tables WHERE schemaname = 'migration'") == [(0,)]
        assert side.rows("SELECT count(*) FROM pg_replication_slots") == [(0,)]
    assert move.monolith.rows("SELECT count(*) > 500 FROM reviews_retired") == [(True,)]
    assert _through(move).send("POST", "/reviews", _review(5), **{"Idempotency-Key": str(uuid4())}).status == 201


def _through(move: Move) -> Caller:
    gateway = Running(move.running.toolchain, move.gateway, {}, port=move.port)
    return Caller(gateway, {})


def _origin(database: Database) -> str:
    return database.url


def _review(stars: int) -> dict[str, Any]:
    return {"sku": "BIKE-1", "stars": stars, "remark": "rides", "written_on": "2026-01-31", "is_shown": True}
