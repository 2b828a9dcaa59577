"""PostgreSQL servers of a test's own, for what the shared one is not set up for."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.generated.servers import Database

from microservices_skill.chaos.links import free_port

ACCOUNT = "postgres"


@dataclass(frozen=True)
class Cluster:
    """A server: where its files and its socket are, and its port."""

    folder: Path
    port: int

    @property
    def database(self) -> Database:
        """It, seen from its machine."""
        return Database(f"postgresql://{ACCOUNT}@/postgres?host={self.folder}&port={self.port}")


@contextmanager
def cluster(settings: Mapping[str, str], *, access: str = "", prepare: Callable[[Path], None] = lambda _: None) -> Iterator[Cluster]:
    """A server with settings of its own that trusts who comes from this machine, or whom ``access`` lets in (pg_hba.conf)."""
    home = Path(tempfile.mkdtemp(prefix="cluster-"))
    found = Cluster(home / "data", free_port())
    own = {"port": str(found.port), "listen_addresses": "'127.0.0.1'", "unix_socket_directories": f"'{found.folder}'", "fsync": "off"}
    if os.geteuid() == 0:
        shutil.chown(home, ACCOUNT)
    try:
        _run("initdb", "--auth=trust", "--encoding=UTF8", f"--username={ACCOUNT}", "--no-sync", f"--pgdata={found.folder}")
        with (found.folder / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = {value}\n" for name, value in {**own, **settings}.items())
        if access:
            (found.folder / "pg_hba.conf").write_text(access, encoding="utf-8")
        prepare(found.folder)
        _run("pg_ctl", f"--pgdata={found.folder}", f"--log={home}/log", "--wait", "start")
        try:
            yield found
        finally:
            _run("pg_ctl", f"--pgdata={found.folder}", "--mode=immediate", "stop")
    finally:
        shutil.rmtree(home)


def _run(name: str, *arguments: str) -> None:
    """A program of PostgreSQL, which refuses to run as root."""
    home = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), default=None)
    found = shutil.which(name) or str((home or Path()) / name)
    as_another = ["runuser", "-u", ACCOUNT, "--"] if os.geteuid() == 0 else []
    done = subprocess.run([*as_another, found, *arguments], cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0, done.stderr.decode()
