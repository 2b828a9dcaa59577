"""Builds images of generated services and runs them as the Compose file does: ``make images``.

It needs a Docker engine with BuildKit (``DOCKER_HOST``), PostgreSQL and RabbitMQ (``TEST_DATABASE_URL``, ``TEST_BROKER_URL``; by
default the local ones), and trivy (``make tools``). Where the engine reaches no registry, the base images are made from Debian's
and npm's packages; they prove the Dockerfiles, not the official images, and their sizes are not those of the official ones: what
a service adds to its base is.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import yaml
from local_bases import Bases, BrokenError

ROOT = Path(__file__).parents[1]
SYSTEM = ROOT / "examples" / "shop" / "generated"
TRIVY = ROOT / ".tools" / "python" / "bin" / "trivy"
USER = "10001:10001"
MIB = 1024 * 1024


@dataclass(frozen=True)
class Servers:
    """The servers that services are run on."""

    database: str
    broker: str

    @contextmanager
    def own_database(self, service: str) -> Iterator[str]:
        """The address of a database that the service makes itself, and that is dropped at the end."""
        name = f"images_{service}_{os.getpid()}"
        yield urlunsplit(urlsplit(self.database)._replace(path=f"/{name}"))
        subprocess.run(["psql", self.database, "--quiet", "--command", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"], check=True)


def main() -> int:
    """Build and run each service; say what was seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("services", nargs="*", default=["order", "inventory"])
    parser.add_argument("--bases", choices=["auto", "official", "local"], default="auto", help="local: made from packages")
    asked = parser.parse_args()
    servers = Servers(
        os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres"),
        os.environ.get("TEST_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672/"),
    )
    try:
        docker("version", "--format", "{{.Server.Version}}")
        bases = Bases.found(docker, asked.bases, SYSTEM)
        for service in asked.services:
            prove(service, bases, servers)
    except BrokenError as error:
        print(f"BROKEN: {error}", file=sys.stderr)
        return 1
    return 0


def docker(*arguments: str, given: bytes | None = None, timeout: float = 1200) -> str:
    """What docker prints; its errors are ours."""
    command = ["docker", *arguments]
    done = subprocess.run(
        command, input=given, capture_output=True, check=False, timeout=timeout, env=os.environ | {"DOCKER_BUILDKIT": "1"}
    )
    if done.returncode != 0:
        raise BrokenError(f"{' '.join(command)}\n{done.stdout.decode()[-2000:]}{done.stderr.decode()[-4000:]}")
    return done.stdout.decode()


def prove(service: str, bases: Bases, servers: Servers) -> None:
    """The image of one service, from its Dockerfile to its end by SIGTERM."""
    image, started = f"images-{service}", time.monotonic()
    arguments = [f"--build-arg={name}={value}" for name, value in bases.arguments(SYSTEM / "services" / service)]
    docker("build", "--network=host", *arguments, "--build-arg=REVISION=0123abc", "--tag", image, str(SYSTEM / "services" / service))
    tell(service, "built", f"{time.monotonic() - started:.0f} s")
    look_at(service, image, bases.size(docker, SYSTEM / "services" / service))
    scan(service, image)
    with servers.own_database(service) as database:
        run(service, image, {"DATABASE_URL": database, "BROKER_URL": servers.broker})


def look_at(service: str, image: str, base: int) -> None:
    """What stands in the image's configuration, and what it weighs."""
    found = json.loads(docker("image", "inspect", image))[0]
    config = found["Config"]
    hold(service, "user", config["User"] == USER, config["User"])
    hold(service, "labels", config["Labels"].get("org.opencontainers.image.revision") == "0123abc", str(config["Labels"]))
    hold(service, "health check", config.get("Healthcheck") is not None, "")
    tell(service, "size", f"{found['Size'] / MIB:.0f} MiB, of which {(found['Size'] - base) / MIB:.0f} MiB are not the base")


def scan(service: str, image: str) -> None:
    """No secret and no misconfiguration in any layer or in the configuration."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "image.tar"
        docker("save", "--output", str(archive), image)
        kinds = ["--scanners", "secret,misconfig", "--image-config-scanners", "secret,misconfig"]
        quiet = ["--quiet", "--skip-version-check", "--exit-code", "1", "--severity", "MEDIUM,HIGH,CRITICAL"]
        done = subprocess.run([TRIVY, "image", "--input", archive, *kinds, *quiet], capture_output=True, text=True, check=False)
    hold(service, "no secrets, no misconfiguration", done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:])


def run(service: str, image: str, environment: dict[str, str]) -> None:
    """Migrate, start, ask, stop: confined as in the Compose file."""
    composed = yaml.safe_load((SYSTEM / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    confined = confinement(composed[service])
    started = time.monotonic()
    migrate = composed[f"{service}-migration"]["command"]
    docker("run", "--rm", "--network=host", *confined, *variables({"DATABASE_URL": environment["DATABASE_URL"]}), image, *migrate)
    tell(service, "migrated", f"{time.monotonic() - started:.1f} s")
    port = free_port()
    settings = {**environment, "ENVIRONMENT": "development", "PORT": str(port), "HOST": "127.0.0.1"}
    started = time.monotonic()
    container = docker("run", "--detach", "--network=host", *confined, *variables(settings), image).strip()
    try:
        answer = await_ready(container, port)
        tell(service, "ready", f"{time.monotonic() - started:.1f} s, {answer}")
        hold(service, "its API", ask(port, "/openapi.json")["openapi"].startswith("3.1"), "no OpenAPI 3.1")
        hold(service, "ready with database and broker", answer["checks"] == {"database": "up", "broker": "up"}, str(answer))
        as_confined(service, container)
        stop(service, container)
    finally:
        docker("rm", "--force", container)


def as_confined(service: str, container: str) -> None:
    """What the kernel says of the process, and what the engine's health check says of the service."""
    pid = json.loads(docker("inspect", container))[0]["State"]["Pid"]
    lines = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines() if ":\t" in line)
    hold(service, "uid and gid", lines["Uid"].split()[0] == lines["Gid"].split()[0] == USER.split(":", maxsplit=1)[0], lines["Uid"])
    hold(service, "no capabilities", int(lines["CapEff"], 16) == 0 and int(lines["CapBnd"], 16) == 0, lines["CapEff"])
    hold(service, "no new privileges", lines["NoNewPrivs"].strip() == "1", lines["NoNewPrivs"])
    mounts = Path(f"/proc/{pid}/mounts").read_text(encoding="utf-8").splitlines()
    root = next(line.split()[3] for line in mounts if line.split()[1] == "/")
    hold(service, "read-only root", "ro" in root.split(","), root)
    changed = [line for line in docker("diff", container).splitlines() if not line.endswith((" /dev", " /etc", " /run"))]
    hold(service, "nothing written", not changed, "; ".join(changed))
    deadline = time.monotonic() + 60
    while (health := json.loads(docker("inspect", container))[0]["State"]["Health"])[
        "Status"
    ] == "starting" and time.monotonic() < deadline:
        time.sleep(1)
    hold(service, "healthy", health["Status"] == "healthy", str(health))
    memory = int(lines["VmRSS"].split()[0]) // 1024
    tell(service, "memory", f"{memory} MiB")


def stop(service: str, container: str) -> None:
    """SIGTERM ends it, in time and as intended."""
    started = time.monotonic()
    docker("stop", "--time", "30", container)
    code = json.loads(docker("inspect", container))[0]["State"]["ExitCode"]
    hold(service, "SIGTERM ends it with 0", code == 0, f"exit code {code}: {docker('logs', '--tail', '20', container)}")
    tell(service, "stopped", f"{time.monotonic() - started:.1f} s")


def confinement(composed: dict[str, Any]) -> list[str]:
    """A service's confinement in the Compose file as docker's flags."""
    flags = ["--read-only"] if composed["read_only"] else []
    flags += [f"--tmpfs={each}" for each in composed["tmpfs"]]
    flags += [f"--cap-drop={each}" for each in composed["cap_drop"]]
    return flags + [f"--security-opt={each}" for each in composed["security_opt"]]


def variables(values: dict[str, str]) -> list[str]:
    """Variables as docker's flags."""
    return [f"--env={name}={value}" for name, value in values.items()]


def await_ready(container: str, port: int) -> dict[str, Any]:
    """What the service says once it is ready."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            found = ask(port, "/health/ready")
            if found["checks"]["broker"] == "up":
                return found
        except (OSError, urllib.error.URLError):
            pass
        time.sleep(0.1)
    raise BrokenError(f"not ready within 60 s:\n{docker('logs', '--tail', '50', container)}")


def ask(port: int, path: str) -> dict[str, Any]:
    """What the service answers."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as response:
        found: dict[str, Any] = json.loads(response.read())
    return found


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def hold(service: str, what: str, claim: bool, found: str) -> None:  # noqa: FBT001 - a check reads like an assertion
    """Say that a claim holds, or stop."""
    if not claim:
        raise BrokenError(f"{service}: {what}: {found}")
    tell(service, what, "holds")


def tell(service: str, what: str, found: str) -> None:
    """One line of what was seen."""
    print(f"{service:14} {what:34} {found}", flush=True)


if __name__ == "__main__":
    if shutil.which("docker") is None:
        sys.exit("there is no docker on this machine: install Docker's command line and start an engine")
    sys.exit(main())
