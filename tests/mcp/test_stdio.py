import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contracts.samples import SHOP
from tests.mcp.pipe import Pipe, modern


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Pipe]:
    (tmp_path / "architecture.yaml").write_text(SHOP, encoding="utf-8")
    with Pipe(tmp_path) as opened:
        yield opened


def test_a_client_that_discovers_and_then_shakes_hands_is_served(pipe: Pipe):
    assert pipe.ask("server/discover", modern())["result"]["supportedVersions"]
    assert pipe.shake_hands()["result"]["protocolVersion"] == "2025-11-25"
    assert pipe.ask("tools/list")["result"]["tools"]


def test_a_client_that_shakes_hands_and_then_discovers_is_served(pipe: Pipe):
    assert pipe.shake_hands()["result"]["protocolVersion"] == "2025-11-25"
    assert "2026-07-28" in pipe.ask("server/discover", modern())["result"]["supportedVersions"]
    assert pipe.ask("tools/list")["result"]["tools"]


def test_a_client_that_discovers_and_stays_modern_is_served(pipe: Pipe):
    assert "io.modelcontextprotocol/skills" in pipe.ask("server/discover", modern())["result"]["capabilities"]["extensions"]
    called = pipe.ask("tools/call", {"name": "validate_architecture", "arguments": {}, **modern()})
    assert called["result"]["structuredContent"]["ok"] is True


def test_a_client_of_a_version_to_come_is_told_ours_and_may_shake_hands(pipe: Pipe):
    refused = pipe.ask("server/discover", modern("2031-01-01"))["error"]
    assert (refused["code"], refused["data"]["supported"]) == (-32022, ["2026-07-28"])
    assert "result" in pipe.shake_hands()


def test_what_is_no_message_is_passed_over(pipe: Pipe):
    assert pipe.process.stdin is not None
    pipe.process.stdin.write("junk\n[]\n{}\n")
    assert "result" in pipe.shake_hands()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_the_server_without_a_traceback(pipe: Pipe, number: signal.Signals, code: int):
    pipe.shake_hands()
    pipe.process.send_signal(number)
    assert pipe.end() == (code, "", "")


@pytest.mark.parametrize("signalled", [True, False])
def test_an_end_in_the_middle_of_work_leaves_whole_lines_and_a_workspace_as_before(pipe: Pipe, tmp_path: Path, *, signalled: bool):
    meta = modern()
    meta["_meta"]["progressToken"] = "p"
    pipe.send("tools/call", {"name": "generate_system", "arguments": {}, **meta}, number=99)
    assert pipe.read()["method"] == "notifications/progress"
    if signalled:
        pipe.process.send_signal(signal.SIGTERM)
    code, rest, errors = pipe.end()
    assert (code, errors) == (0, "")
    assert all(json.loads(line) for line in rest.splitlines())
    assert not (tmp_path / "services").exists()
    assert not (tmp_path / ".microservices-skill/journal.json").exists()
