"""PostgreSQL servers of a test's own, for what the shared one is not set up for."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from microservices_skill.chaos.links import free_port

OWNER = "postgres"


@contextmanager
def cluster(settings: Mapping[str, str]) -> Iterator[int]:
    """A server with settings of its own that trusts whoever comes by 127.0.0.1; gives its port."""
    folder = Path(tempfile.mkdtemp(prefix="cluster-", dir="/tmp"))
    shutil.chown(folder, OWNER)
    port = free_port()
    own = {"port": str(port), "listen_addresses": "'127.0.0.1'", "unix_socket_directories": f"'{folder}'", "fsync": "off"}
    try:
        _run(folder, "initdb", "--auth=trust", "--encoding=UTF8", "--no-sync", "-D", "data")
        with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = {value}\n" for name, value in {**own, **settings}.items())
        _run(folder, "pg_ctl", "-D", "data", "-w", "-l", "log", "start")
        yield port
    finally:
        _run(folder, "pg_ctl", "-D", "data", "-m", "immediate", "stop", check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _run(folder: Path, program: str, *arguments: str, check: bool = True) -> None:
    newest = max(Path("/usr/lib/postgresql").iterdir(), key=lambda each: int(each.name))
    command = [str(newest / "bin" / program), *arguments]
    if os.geteuid() == 0:  # a server refuses to run as root
        command = ["runuser", "-u", OWNER, "--", *command]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0 or not check, done.stdout + done.stderr
