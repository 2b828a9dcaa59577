"""A whole generated system on a developer's machine: one command installs, migrates and runs it, another tells what happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.generated.architectures import in_languages, own_name, read_case, write_tree
from tests.generated.brokers import RABBITMQ_URL
from tests.generated.languages import Toolchains
from tests.generated.processes import until
from tests.generated.servers import DATABASE_URL, Database

from microservices_skill.chaos.links import free_port
from microservices_skill.codegen.generate import generate_system
from microservices_skill.deployment.render import render
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.system import Language

pytestmark = pytest.mark.slow

COMMAND = [str(Path(sys.executable).parent / "microservices-skill")]
LISTS = {"order": "/v1/orders", "stock": "/v1/reservations", "payment": "/v1/payments"}
INSTALL_LIMIT_S, STOP_LIMIT_S, END_LIMIT_S = 500.0, 60.0, 60.0


@dataclass(frozen=True)
class System:
    """A generated system in a folder, with ports of its own."""

    folder: Path
    ports: dict[str, int]
    environment: dict[str, str]

    @contextmanager
    def up(self, *options: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run it; whatever the test does, nothing of it is left."""
        with (self.folder / "up.log").open("wb") as log:
            process = subprocess.Popen(
                [*COMMAND, "up", *options, str(self.folder)], stdout=log, stderr=log, env=self.environment, stdin=subprocess.DEVNULL
            )
        try:
            until(lambda: process.poll() is not None or "ready; stop" in self.said, INSTALL_LIMIT_S, "for the system to be ready")
            assert process.poll() is None, self.said[-6000:]
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=STOP_LIMIT_S)

    @property
    def said(self) -> str:
        """What it has said so far."""
        return (self.folder / "up.log").read_text(encoding="utf-8")

    def call(self, service: str, path: str, body: object = None, token: str = "") -> Any:
        """Ask a service."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports[service]}{path}", data, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def place(self, amount: int) -> str:
        """Place an order; its id."""
        lines = [{"sku": "BIKE-1", "quantity": 1}]
        body = {"customer": "ada@example.com", "lines": lines, "total": {"minor_units": amount, "currency": "EUR"}}
        return str(self.call("order", "/v1/orders", body)["id"])

    def comes_to(self, order: str, status: str) -> None:
        """Wait until an order is in a state."""
        until(lambda: self.call("order", f"/v1/orders/{order}")["status"] == status, END_LIMIT_S, f"for {order} to be {status}")

    def trace(self, identity: str) -> list[dict[str, Any]]:
        """The story of an id."""
        command = [*COMMAND, "trace", identity, str(self.folder), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        lines: list[dict[str, Any]] = json.loads(done.stdout)["lines"]
        return lines

    def serves(self) -> list[str]:
        """The services that still answer."""
        return [name for name in self.ports if self._is_open(name)]

    def _is_open(self, name: str) -> bool:
        try:
            self.call(name, "/health/live")
        except OSError:
            return False
        return True


@pytest.fixture(scope="module")
def system(toolchains: Toolchains, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The coordinator of the saga in TypeScript, its participants in Python; installed by the command itself."""
    languages = {"order": Language.TYPESCRIPT, "stock": Language.PYTHON, "payment": Language.PYTHON}
    architecture = in_languages(read_case("orders", system=own_name("orders")), languages)
    folder = write_tree(generate_system(architecture) | render(architecture), tmp_path_factory.mktemp("up"))
    ports = {service.name: free_port() for service in architecture.services}
    databases = {service.name: database_of(architecture, service.name) for service in architecture.services}
    lines = [f"BROKER_URL={RABBITMQ_URL}"]
    for name, port in ports.items():
        lines += [f"{name.upper()}_PORT={port}", f"{name.upper()}_DATABASE_URL={DATABASE_URL.rpartition('/')[0]}/{databases[name]}"]
    (folder / ".env").write_text("\n".join(lines) + "\n", encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BROKER_URL")}
    environment["PATH"] = os.pathsep.join([str(toolchains.typescript.bin), os.environ["PATH"]])
    yield System(folder, ports, environment)
    for name in databases.values():
        Database(DATABASE_URL).rows(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def database_of(architecture: Architecture, service: str) -> str:
    """The name of a service's database."""
    return f"{architecture.system.name}_{service}".replace("-", "_")


def process_in(folder: Path) -> int:
    """The process that works in a folder."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it may have ended meanwhile
            if (each / "cwd").resolve(strict=True) == folder.resolve():
                found.append(int(each.name))
    [pid] = found
    return pid


def test_one_command_runs_the_system_and_another_tells_the_story_of_an_order(system: System) -> None:
    with system.up() as process:
        good, bad = system.place(5000), system.place(100_001)
        system.comes_to(good, "confirmed")
        system.comes_to(bad, "cancelled")
        story = system.trace(good)
        assert {record["service"] for record in story} == {"order", "stock", "payment"}
        done = [(record["service"], record["details"]) for record in story if record["event"] == "saga.step"]
        steps = [(service, details["step"], details["outcome"]) for service, details in done]
        assert steps == [
            ("stock", "PlaceOrderSaga.reserve_stock", "done"),
            ("payment", "PlaceOrderSaga.authorize_payment", "done"),
            ("payment", "PlaceOrderSaga.capture_payment", "done"),
        ]
        refused = [record for record in system.trace(bad) if record["details"].get("outcome") == "refused"]
        assert [record["service"] for record in refused] == ["payment"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=STOP_LIMIT_S) == 0
    assert system.serves() == []
    assert "ada@example.com" not in system.said


def test_a_service_that_dies_takes_the_others_down_and_says_so(system: System) -> None:
    with system.up() as process:
        assert "installing" not in system.said, "what is installed already is not installed again"
        os.kill(process_in(system.folder / "services" / "stock"), signal.SIGKILL)
        assert process.wait(timeout=STOP_LIMIT_S) == 1
    assert system.serves() == []
    assert "stock | has ended, killed by SIGKILL" in " ".join(system.said.split())


def test_with_an_issuer_nobody_gets_in_without_a_token(system: System) -> None:
    with system.up("--auth"):
        assert "auth.off" not in system.said
        for name, path in LISTS.items():
            with pytest.raises(urllib.error.HTTPError, match="401"):
                system.call(name, path)
        done = subprocess.run([*COMMAND, "token", str(system.folder)], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        token = done.stdout.strip()
        assert system.call("order", "/v1/orders", token=token)["items"] is not None
        assert token not in system.said


def test_the_story_of_an_unknown_id_is_a_clear_error(system: System) -> None:
    done = subprocess.run([*COMMAND, "trace", str(uuid4()), str(system.folder)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "error:" in done.stderr
