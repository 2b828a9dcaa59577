import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.generated.processes import free_port

from microservices_skill.cli.console import Console
from microservices_skill.errors import SkillError
from microservices_skill.running import checking, preparing
from microservices_skill.running.supervisor import Supervisor
from microservices_skill.running.system import RunnableSystem, read_system

SERVES = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
print("serving", flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
DIES = "import time; print('oh', flush=True); time.sleep(0.3); raise SystemExit(3)"


@dataclass
class Witness:
    """Notes all that it is told, and asks to stop once everything is ready."""

    stops_when_ready: bool = True
    steps: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    addresses: dict[str, str] = field(default_factory=dict)

    def step(self, service: str, text: str) -> None:
        self.steps.append(f"{service}: {text}")

    def line(self, service: str, text: str) -> None:
        self.lines.append(f"{service}: {text}")

    def ready(self, addresses: dict[str, str]) -> None:
        self.addresses = addresses
        if self.stops_when_ready:
            os.kill(os.getpid(), signal.SIGTERM)


def system(folder: Path, **programs: str) -> RunnableSystem:
    procfile, variables = "", ""
    for name, program in programs.items():
        (folder / name).mkdir()
        (folder / name / "main.py").write_text(program, encoding="utf-8")
        url, port = f"{name.upper()}_DATABASE_URL", f"{name.upper()}_PORT"
        procfile += f"{name}: cd {name} && PORT=${port} DATABASE_URL=${url} exec {sys.executable} main.py\n"
        variables += f"{port}={free_port()}\n{url}=postgresql://127.0.0.1:1/x\n"
    (folder / "Procfile").write_text(procfile, encoding="utf-8")
    (folder / ".env").write_text(variables, encoding="utf-8")
    return read_system(folder)


def ports(found: RunnableSystem) -> list[int]:
    return [each.port(found.variables) for each in found.processes]


def test_all_run_until_somebody_says_stop_and_none_is_left(tmp_path: Path):
    found, witness = system(tmp_path, one=SERVES, two=SERVES), Witness()
    assert Supervisor(found, witness).run()
    assert list(witness.addresses) == ["one", "two"]
    assert sorted(witness.lines) == ["one: serving", "two: serving"]
    assert (tmp_path / ".run" / "two.log").read_text(encoding="utf-8") == "serving\n"
    assert not any(map(checking.is_taken, ports(found)))
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_one_that_ends_takes_the_others_with_it_and_is_named(tmp_path: Path):
    found, witness = system(tmp_path, one=SERVES, two=DIES), Witness(stops_when_ready=False)
    assert not Supervisor(found, witness).run()
    assert witness.steps == [f"two: has ended, with exit code 3; its log is {tmp_path / '.run' / 'two.log'}"]
    assert not any(map(checking.is_taken, ports(found)))


def test_the_others_go_on_where_that_is_wanted(tmp_path: Path):
    found, witness = system(tmp_path, one=SERVES, two=DIES), Witness()
    assert Supervisor(found, witness).run(keep_going=True)
    assert list(witness.addresses) == ["one"]


def test_one_that_does_not_listen_is_killed_after_the_grace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("microservices_skill.running.supervisor.GRACE_S", 0.5)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SERVES
    witness = Witness()
    assert Supervisor(system(tmp_path, one=deaf), witness).run()
    assert "did not stop within" in witness.steps[0]


@contextmanager
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_servers_that_do_not_answer_are_named_with_the_option_that_says_where_they_are(tmp_path: Path):
    found = system(tmp_path, one=SERVES)
    with pytest.raises(SkillError, match=r"PostgreSQL does not answer at 127\.0\.0\.1:1 .* say with --database-url"):
        checking.check(found)
    with listening() as port, pytest.raises(SkillError, match=r"RabbitMQ does not answer at 127\.0\.0\.1:1 .*--broker-url"):
        checking.check(read_system(tmp_path, database_url=f"postgresql://127.0.0.1:{port}/x", broker_url="amqp://127.0.0.1:1/"))


def test_of_several_brokers_the_first_is_asked_for(tmp_path: Path):
    system(tmp_path, one=SERVES)
    with listening() as port:
        found = read_system(tmp_path, database_url=f"postgresql://127.0.0.1:{port}/x", broker_url="kafka://127.0.0.1:1,127.0.0.1:2")
        with pytest.raises(SkillError, match=r"Kafka does not answer at 127\.0\.0\.1:1 .*--broker-url"):
            checking.check(found)


def test_a_port_that_is_taken_is_named_with_the_variable_that_moves_it(tmp_path: Path):
    system(tmp_path, one=SERVES)
    with listening() as port:
        (tmp_path / ".env").write_text(f"ONE_PORT={port}\nONE_DATABASE_URL=postgresql://127.0.0.1:{port}/x\n", encoding="utf-8")
        with pytest.raises(SkillError, match=rf"port {port} of one is taken; .* set ONE_PORT to another"):
            checking.check(read_system(tmp_path))


@pytest.mark.parametrize(("says", "problem"), [("v20.20.2", "is v20.20.2"), ("", "is broken")])
def test_a_node_that_is_too_old_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, problem: str):
    found = system(tmp_path, one=SERVES)
    (tmp_path / "one" / "package.json").write_text(json.dumps({"engines": {"node": ">=24.11.1"}}), encoding="utf-8")
    for tool in ("node", "npm"):
        (tmp_path / tool).write_text(f"#!/bin/sh\necho {says}\n", encoding="utf-8")
        (tmp_path / tool).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(SkillError, match=rf"node: {problem}, and one needs Node >=24\.11\.1; install it"):
        checking.check(found)
    monkeypatch.setenv("PATH", str(tmp_path / "one"))
    with pytest.raises(SkillError, match="node: is not installed"):
        checking.check(found)


def test_a_step_that_fails_shows_what_it_said(tmp_path: Path):
    found = system(tmp_path, one=SERVES)
    (tmp_path / "one" / "requirements.txt").write_text("# nothing\n", encoding="utf-8")
    (tmp_path / "one" / ".venv").mkdir()
    stamp = preparing.digest(tmp_path / "one" / "requirements.txt")
    (tmp_path / "one" / ".venv" / preparing.STAMP).write_text(stamp, encoding="utf-8")
    (tmp_path / "one" / ".venv" / "bin").mkdir()
    (tmp_path / "one" / ".venv" / "bin" / "python").write_text("#!/bin/sh\necho no such role; exit 1\n", encoding="utf-8")
    (tmp_path / "one" / ".venv" / "bin" / "python").chmod(0o755)
    witness = Witness()
    with pytest.raises(SkillError, match=r"one: migrating its database failed; .*:\nno such role"):
        preparing.prepare(found, witness.step)
    assert witness.steps == ["one: migrating its database"]


def test_a_digest_changes_with_content_and_with_names(tmp_path: Path):
    (tmp_path / "a").write_text("x", encoding="utf-8")
    before = preparing.digest(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    renamed = preparing.digest(tmp_path)
    (tmp_path / "b").write_text("y", encoding="utf-8")
    assert len({before, renamed, preparing.digest(tmp_path)}) == 3


def test_lines_stand_under_their_service_and_without_colour_where_nobody_looks(capsys: pytest.CaptureFixture[str]):
    console = Console()
    console.line("order", '{"event": "x"}')
    console.ready({"order": "http://127.0.0.1:8001"})
    assert capsys.readouterr().out == 'order          | {"event": "x"}\nready; stop with Ctrl-C\n  order  http://127.0.0.1:8001\n'
