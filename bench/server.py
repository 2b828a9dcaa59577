"""Cold start and tool calls of our MCP server over stdio, against a bare MCPServer with one tool."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from run import save

ROOT = Path(__file__).parents[1]
ROUNDS = 5
CALLS = 100
BARE = (
    "from mcp.server.mcpserver import MCPServer\n"
    "server = MCPServer('bare')\n"
    "@server.tool()\n"
    "def validate_architecture(path: str = '') -> dict[str, int]:\n"
    "    return {'answer': 1}\n"
    "server.run()\n"
)
SERVERS = {
    "bare MCPServer, one tool": [sys.executable, "-c", BARE],
    "microservices-skill serve": [str(Path(sys.executable).with_name("microservices-skill")), "serve"],
}


class Session:
    """A JSON-RPC session over stdio, without a client library in the way."""

    def __init__(self, command: list[str]) -> None:
        self.started = time.perf_counter()
        environment = {**os.environ, "MICROSERVICES_SKILL_ROOT": str(ROOT / "examples" / "shop")}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
        self.number = 0

    def request(self, method: str, params: dict[str, object]) -> dict[str, object]:
        """Send, and wait for the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.number += 1
        message = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()
        while True:
            answer = json.loads(self.process.stdout.readline())
            if answer.get("id") == self.number:
                return dict(answer["result"])

    def start(self) -> float:
        """Initialize; seconds since the process was started."""
        client = {"name": "bench", "version": "1"}
        self.request("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client})
        return time.perf_counter() - self.started

    def stop(self) -> tuple[float, float]:
        """CPU seconds and peak MB."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        _, _, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = 0
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    """Interleaved rounds, medians."""
    starts: dict[str, list[tuple[float, float, float]]] = {name: [] for name in SERVERS}
    for _ in range(ROUNDS):
        for name, command in SERVERS.items():
            session = Session(command)
            wall = session.start()
            starts[name].append((wall, *session.stop()))
    calls = {name: measure_calls(command) for name, command in SERVERS.items()}
    bare_start = statistics.median(cpu for _, cpu, _ in starts["bare MCPServer, one tool"])
    bare_call = calls["bare MCPServer, one tool"]
    save(
        "server",
        [
            {
                "server": name,
                "start wall s": round(statistics.median(wall for wall, _, _ in found), 2),
                "start CPU s": round(statistics.median(cpu for _, cpu, _ in found), 2),
                "peak MB": round(max(memory for _, _, memory in found)),
                "start ratio": round(statistics.median(cpu for _, cpu, _ in found) / bare_start, 2),
                "call p50 ms": round(calls[name] * 1000, 2),
                "call ratio": round(calls[name] / bare_call, 1),
            }
            for name, found in starts.items()
        ],
    )
    print("our call validates the whole shop from disk; the bare one returns a constant")


def measure_calls(command: list[str]) -> float:
    """The median of a tool call, warm."""
    session = Session(command)
    session.start()
    spans = []
    arguments = {"path": "architecture.yaml"}
    for _ in range(CALLS):
        began = time.perf_counter()
        session.request("tools/call", {"name": "validate_architecture", "arguments": arguments})
        spans.append(time.perf_counter() - began)
    session.stop()
    return statistics.median(spans[10:])


if __name__ == "__main__":
    main()
