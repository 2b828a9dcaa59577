"""The official conformance suite, its released version and the one to come, against our server with the fixtures that it asks for."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conformance.tools import NODE, PACKAGES, ROOT, demand, environment, node

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    demand(NODE)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("served")
    shutil.copy(ROOT / "examples/shop/architecture.yaml", folder)  # the suite reads the first resource that is listed
    command = [sys.executable, "-m", "tests.conformance.serving", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(folder) | {"PYTHONPATH": f"{ROOT / 'server'}:{ROOT}"}, stderr=log)
        try:
            _wait(process, port, folder / "log")
            yield f"http://localhost:{port}/mcp"
        finally:
            process.terminate()
            process.wait(30)


@pytest.mark.parametrize(
    ("version", "arguments"),
    [
        ("0.1", ("--suite", "all")),
        ("0.2", ("--requirements", "2025-11-25")),
        ("0.2", ("--requirements", "2026-07-28")),
    ],
)
def test_every_scored_scenario_passes(url: str, tmp_path: Path, version: str, arguments: tuple[str, ...]):
    suite = PACKAGES / f"conformance-{version}/dist/index.js"
    done = node(suite, "server", "--url", url, *arguments, workspace=tmp_path)
    scored = done.stdout.partition("Not scored")[0]
    assert done.returncode == 0, done.stdout + done.stderr
    assert scored.count("\u2713") >= 30, "the suite ran next to nothing"
    assert not [line for line in scored.splitlines() if line.startswith("\u2717") and "tasks-" not in line]


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text(encoding="utf-8")
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"nothing listens on port {port}: {log.read_text(encoding='utf-8')}")
