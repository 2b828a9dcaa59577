"""The command as an operator starts it: processes, sockets, signals."""

import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from bench.http_server import HEADERS, MIXED, Server, load, memory_mb, running
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ElicitRequestParams, ElicitResult
from tests.contracts.samples import SHOP

from mcp import Client

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")]
KILLS = 3
CALLERS = ("ann", "bob")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server"), workers=2, BODY_TIMEOUT_S="2") as found:
        yield found


async def call(client: httpx2.AsyncClient, headers: dict[str, str], name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
    answer = await client.post("/mcp", json=message, headers=HEADERS | headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["result"])


def workspace_of(server: Server, caller: str) -> Path:
    lines = (server.log.parent / "audit.log").read_text(encoding="utf-8").splitlines()
    names = {each["workspace"] for each in map(json.loads, lines) if each.get("caller") == caller}
    [name] = names
    return server.base / str(name)


async def test_forty_sessions_of_mixed_calls_see_no_fault(server: Server):
    found = await load(server, sessions=40, seconds=8, calls=MIXED, pause_s=0.5)
    assert not found.faults
    assert len(found.seconds) > 100
    assert memory_mb(server.workers()) < 600
    workers = {json.loads(line)["worker"] for line in (server.log.parent / "audit.log").read_text(encoding="utf-8").splitlines()}
    assert workers == set(server.workers())
    text = httpx2.get(f"{server.url}/metrics").text
    counted = sum(float(each) for each in re.findall(r"^microservices_skill_calls_total\{.*\} (\S+)$", text, re.MULTILINE))
    assert counted >= len(found.seconds), "of both workers"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_question_asked_by_one_worker_is_understood_by_the_other(server: Server, mode: str):
    asked: list[str] = []

    async def answer(_: object, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="accept", content={"domain": "a shop"})

    for number in range(6 if mode == "auto" else 1):
        headers = server.authorization(f"asked {mode} {number}")
        # No connection is kept, so that either worker may get the answer.
        async with (
            httpx2.AsyncClient(headers=headers, limits=httpx2.Limits(max_keepalive_connections=0)) as http,
            Client(streamable_http_client(f"{server.url}/mcp", http_client=http), mode=mode, elicitation_callback=answer) as client,
        ):
            result = await client.call_tool("ask_questionnaire", {})
        assert not result.is_error
        assert result.structured_content is not None
        assert result.structured_content["written"] is (mode == "auto")
    assert len(asked) == (6 if mode == "auto" else 0), "an older client cannot be asked without a session; it gets the questions"


class Writers:
    """Callers that write again and again, and remember what they were told is written."""

    def __init__(self, server: Server, client: httpx2.AsyncClient) -> None:
        self.server = server
        self.client = client
        self.acknowledged: list[tuple[str, str]] = []
        self.lost = 0
        self.stopped = False
        self.heard = anyio.Event()

    async def write(self, caller: str) -> None:
        headers = self.server.authorization(caller)
        for number in itertools.count():
            if self.stopped:
                return
            answers = {"path": f"{number}.yaml", "answers": {"domain": f"shop {number}"}}
            calls = {f"{number}.yaml": ("ask_questionnaire", answers), f"out{number}": ("generate_service", generating(f"out{number}"))}
            for what, (tool, arguments) in calls.items():
                try:
                    result = await call(self.client, headers, tool, arguments)
                except httpx2.TransportError:
                    self.lost += 1
                    continue
                assert not result.get("isError"), result
                self.acknowledged.append((caller, what))
                self.heard.set()

    async def more(self, count: int) -> None:
        """Wait until so many more writes are acknowledged."""
        wanted = len(self.acknowledged) + count
        with anyio.fail_after(60):
            while len(self.acknowledged) < wanted:
                self.heard = anyio.Event()
                await self.heard.wait()

    async def demand(self, caller: str, what: str) -> None:
        """What was acknowledged is there."""
        if what.endswith(".yaml"):
            assert f"shop {what.removesuffix('.yaml')}" in (workspace_of(self.server, caller) / what).read_text(encoding="utf-8")
            return
        headers = self.server.authorization(caller)
        result = await call(self.client, headers, "generate_service", generating(what) | {"preview": True})
        assert result["structuredContent"]["counts"].keys() == {"unchanged"}, (caller, what)


def generating(folder: str) -> dict[str, Any]:
    return {"service": "order", "output": folder}


async def test_killed_workers_lose_no_write_that_was_acknowledged(tmp_path: Path):
    with running(tmp_path, workers=2) as server:
        async with httpx2.AsyncClient(base_url=server.url, timeout=60) as client:
            writers = Writers(server, client)
            for caller in CALLERS:
                await call(client, server.authorization(caller), "ask_questionnaire", {})
                (workspace_of(server, caller) / "architecture.yaml").write_text(SHOP, encoding="utf-8")
            async with anyio.create_task_group() as group:
                for caller in CALLERS:
                    group.start_soon(writers.write, caller)
                for kill in range(KILLS):
                    await writers.more(3)
                    await anyio.sleep(random.Random(kill).random() / 2)
                    os.kill(server.workers()[kill % 2], signal.SIGKILL)
                await writers.more(3)
                writers.stopped = True
            assert writers.lost, "the kills came while calls ran"
            for caller, what in writers.acknowledged:
                await writers.demand(caller, what)
            for journal in server.base.glob("*/out*/.microservices-skill/journal.json"):
                [caller] = [each for each in CALLERS if workspace_of(server, each) == journal.parents[2]]
                await call(client, server.authorization(caller), "generate_service", generating(journal.parents[1].name))
                assert not journal.exists()
            assert len(server.workers()) == 2, "others took their place"
            text = (await client.get("/metrics")).text
        assert "microservices_skill_calls_in_flight 0.0" in text


async def test_a_call_that_runs_when_the_end_comes_is_answered(tmp_path: Path):
    with running(tmp_path, workers=2) as server:
        headers = server.authorization("ann")
        async with httpx2.AsyncClient(base_url=server.url, timeout=60) as client:
            await call(client, headers, "ask_questionnaire", {})
            (workspace_of(server, "ann") / "architecture.yaml").write_text(SHOP, encoding="utf-8")
            results: list[dict[str, Any]] = []

            async def generate() -> None:
                results.append(await call(client, headers, "generate_system", {}))

            async with anyio.create_task_group() as group:
                group.start_soon(generate)
                await anyio.sleep(0.3)
                assert not results, "it must still run"
                server.process.send_signal(signal.SIGTERM)
            assert results[0]["structuredContent"]["written"] is True
        began = time.monotonic()
        server.process.wait(20)
        assert time.monotonic() - began < 15
        with pytest.raises(httpx2.TransportError):
            httpx2.get(f"{server.url}/health/live", timeout=2)


async def test_a_body_that_never_ends_is_not_waited_for(server: Server):
    head = server.authorization("ann") | HEADERS | {"Host": server.url.removeprefix("http://"), "Content-Length": "100"}
    stream = await anyio.connect_tcp("127.0.0.1", int(server.url.rpartition(":")[2]))
    async with stream:
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        await stream.send(f"POST /mcp HTTP/1.1\r\n{lines}\r\n{{".encode())
        with anyio.fail_after(10):
            assert b" 408 " in await stream.receive()


def test_several_workers_without_a_shared_key_do_not_start(tmp_path: Path):
    command = [str(Path(sys.executable).with_name("microservices-skill")), "serve", "--http", "--workers", "2", "--insecure-no-auth"]
    done = subprocess.run([*command, "--root", str(tmp_path)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "STATE_KEYS: is empty" in done.stderr
    assert "secrets.token_urlsafe(32)" in done.stderr


def test_a_port_that_is_taken_is_told(server: Server, tmp_path: Path):
    command = [str(Path(sys.executable).with_name("microservices-skill")), "serve", "--http", "--insecure-no-auth"]
    port = server.url.rpartition(":")[2]
    done = subprocess.run([*command, "--root", str(tmp_path), "--port", port], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"127.0.0.1:{port}: cannot listen: Address already in use" in done.stderr
