"""Many sessions at once on our server over HTTP, with tokens, audit and two workers; and on a bare MCPServer, for the ratio."""

from __future__ import annotations

import json
import os
import random
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import httpx2

from microservices_skill.running.identity import PERSON, Credential
from microservices_skill.running.issuer import KEYS_PATH, Issuer, serving

sys.path.insert(0, str(Path(__file__).parent))

SESSIONS, SECONDS = 200, 30
SCOPES = frozenset({"microservices:read", "microservices:write"})
HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json", "MCP-Protocol-Version": "2025-11-25"}
PLAIN = [("ping", {}), ("tools/list", {})]
MIXED = [
    *PLAIN,
    ("resources/read", {"uri": "microservices://rules"}),
    ("tools/call", {"name": "ask_questionnaire", "arguments": {"answers": {"domain": "a shop"}}}),
    ("tools/call", {"name": "ask_questionnaire", "arguments": {"answers": {"domain": "a clinic"}, "preview": True}}),
    ("tools/call", {"name": "validate_architecture", "arguments": {}}),
]
BARE = (
    "from mcp.server.mcpserver import MCPServer\n"
    "import uvicorn, sys\n"
    "server = MCPServer('bare', log_level='ERROR')\n"
    "@server.tool()\n"
    "def validate_architecture(path: str = '') -> dict[str, int]:\n"
    "    return {'answer': 1}\n"
    "app = server.streamable_http_app(json_response=True, stateless_http=True)\n"
    "uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level='error')\n"
)


@dataclass
class Server:
    """A server that runs, and whoever may call it."""

    url: str
    issuer: Issuer | None
    process: subprocess.Popen[bytes]
    log: Path
    base: Path

    def authorization(self, name: str) -> dict[str, str]:
        """What a caller sends; a server without an issuer looks at no token."""
        if self.issuer is None:
            return {}
        form = [("grant_type", "client_credentials"), ("client_id", PERSON), ("client_secret", "known"), ("audience", f"{self.url}/mcp")]
        return {"Authorization": f"Bearer {self.issuer.grant([*form, ('subject', name)], '')['access_token']}"}

    def workers(self) -> list[int]:
        """The processes that answer: of several, the children that serve; else the one."""
        children = [int(each) for each in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]
        return [each for each in children if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()] or [self.process.pid]


@dataclass
class Load:
    """What sessions saw."""

    seconds: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)

    def quantile(self, share: float) -> float:
        return sorted(self.seconds)[min(len(self.seconds) - 1, int(share * len(self.seconds)))]


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@contextmanager
def running(folder: Path, *, workers: int, **settings: str) -> Iterator[Server]:
    """Our server below a folder, as an operator starts it, with an issuer of its own."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    known = Issuer({PERSON: Credential("known", {f"{url}/mcp": SCOPES})}, lifetime_s=3600)
    with serving(known) as issuer, (folder / "server.log").open("wb") as log:
        chosen = {
            "ROOT": str(folder / "base"), "PORT": str(port), "WORKERS": str(workers), "ISSUER": issuer.url, "JWKS": issuer.url + KEYS_PATH,
            "STATE_KEYS": secrets.token_urlsafe(32), "RATE_LIMIT": "1000000/minute", "AUDIT_LOG": str(folder / "audit.log"),
        }  # fmt: skip
        environment = os.environ | {f"MICROSERVICES_SKILL_HTTP_{name}": value for name, value in (chosen | settings).items()}
        command = [str(Path(sys.executable).with_name("microservices-skill")), "serve", "--http"]
        with subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process:
            try:
                wait_for(f"{url}/health/ready", process)
                yield Server(url, issuer, process, folder / "server.log", folder / "base")
            finally:
                process.terminate()
                process.wait(30)


@contextmanager
def bare(folder: Path) -> Iterator[Server]:
    """A bare MCPServer with one tool, one worker, no checks."""
    port = free_port()
    with subprocess.Popen([sys.executable, "-c", BARE, str(port)]) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/", process)
            yield Server(f"http://127.0.0.1:{port}", None, process, folder, folder)
        finally:
            process.terminate()


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Until a server answers a GET, that is or is not for it."""
    for _ in range(300):
        try:
            if httpx2.get(url, timeout=2).status_code != 503:
                return
        except httpx2.TransportError:
            if process.poll() is not None:
                raise
        time.sleep(0.1)
    raise TimeoutError(url)


async def load(server: Server, *, sessions: int, seconds: float, calls: list[tuple[str, dict[str, Any]]], pause_s: float = 1.0) -> Load:
    """Sessions that call, wait a moment and call again, each a caller of its own."""
    found = Load()
    limits = httpx2.Limits(max_connections=sessions, max_keepalive_connections=sessions)
    async with httpx2.AsyncClient(base_url=server.url, limits=limits, timeout=60) as client, anyio.create_task_group() as group:
        for number in range(sessions):
            group.start_soon(_session, server, client, number, time.monotonic() + seconds, (calls, pause_s), found)
    return found


async def _session(
    server: Server, client: httpx2.AsyncClient, number: int, end: float, what: tuple[list[tuple[str, dict[str, Any]]], float], found: Load
) -> None:
    chance = random.Random(number)
    calls, pause_s = what
    headers = HEADERS | server.authorization(f"caller {number}")
    while time.monotonic() < end:
        await anyio.sleep(chance.random() * 2 * pause_s)
        method, params = chance.choice(calls)
        began = time.monotonic()
        try:
            answer = await client.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, headers=headers)
        except httpx2.TransportError as error:
            found.faults[type(error).__name__] += 1
            continue
        found.seconds.append(time.monotonic() - began)
        result = answer.json().get("result", {}) if answer.status_code == 200 else {}
        told = json.dumps(result.get("content", ""))
        if answer.status_code != 200 or (result.get("isError") and "there is no such file" not in told):
            found.faults[f"{answer.status_code} {method} {told[:100]}"] += 1


def memory_mb(pids: list[int]) -> float:
    """What processes hold in memory together."""
    texts = [Path(f"/proc/{pid}/status").read_text() for pid in pids]
    return sum(int(line.split()[1]) for text in texts for line in text.splitlines() if line.startswith("VmRSS")) / 1024


def row(name: str, found: Load, seconds: float, server: Server) -> dict[str, object]:
    return {
        "server": name,
        "calls": len(found.seconds),
        "faults": sum(found.faults.values()),
        "calls/s": round(len(found.seconds) / seconds),
        "p50 ms": round(1000 * statistics.median(found.seconds), 1),
        "p99 ms": round(1000 * found.quantile(0.99), 1),
        "memory MB": round(memory_mb(server.workers())),
    }


def main() -> None:
    from run import save  # noqa: PLC0415 - beside this file, which is also imported by tests

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        with running(Path(folder), workers=2) as server:
            found = anyio.run(lambda: load(server, sessions=SESSIONS, seconds=SECONDS, calls=MIXED))
            rows.append(row(f"ours, {SESSIONS} sessions, mixed calls", found, SECONDS, server))
            print(dict(found.faults))
            plain = anyio.run(lambda: load(server, sessions=20, seconds=10, calls=PLAIN, pause_s=0.1))
            rows.append(row("ours, 20 sessions, ping and tools/list", plain, 10, server))
        with bare(Path(folder)) as server:
            peer = anyio.run(lambda: load(server, sessions=20, seconds=10, calls=PLAIN, pause_s=0.1))
            rows.append(row("bare MCPServer, 20 sessions, ping and tools/list", peer, 10, server))
    for each, measured in zip(rows, (None, plain, peer), strict=True):
        each["p50 ratio"] = "" if measured is None else round(statistics.median(measured.seconds) / statistics.median(peer.seconds), 2)
    save("http_server", rows)


if __name__ == "__main__":
    main()
