"""Where a release is tried: the scripts as they are generated, a cluster that is played, and a Prometheus that really listens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.generated.architectures import read_example, write_tree

from microservices_skill.deployment.pipelines.render import of_system

HERE = Path(__file__).parent
OLD, NEW = "registry.example/acme/{}@sha256:" + "0" * 64, "sha256:" + "1" * 64
SERVICES = ("order", "payment", "inventory", "notification")


@dataclass
class Metrics:
    """What Prometheus knows: a rate of requests for each service, and which part of them fails, asked anew each time."""

    failing: Callable[[str], float] = lambda _: 0.0
    rates: dict[str, float] = field(default_factory=lambda: dict.fromkeys(SERVICES, 10.0))
    measured: tuple[str, ...] = SERVICES
    queries: list[str] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    down: Callable[[], bool] = lambda: False

    def answer(self, query: str) -> dict[str, float]:
        """The values of a query by service."""
        self.queries.append(query)
        if query.startswith("count"):
            return {name: 1.0 for name in self.measured if name in query}
        if '5.."' in query:
            return {name: rate * self.failing(name) for name, rate in self.rates.items() if self.failing(name)}
        return self.rates


@contextmanager
def prometheus(metrics: Metrics) -> Iterator[str]:
    """A Prometheus' address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if metrics.down():
                self.send_error(503)
                return
            metrics.tokens.append(self.headers["Authorization"])
            query = parse_qs(urlsplit(self.path).query)["query"][0]
            result = [{"metric": {"service": name}, "value": [0, str(value)]} for name, value in metrics.answer(query).items()]
            body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@dataclass
class Stage:
    """The shop's repository in a folder, with a cluster in which every service runs an old image."""

    root: Path
    metrics: Metrics = field(default_factory=Metrics)

    @classmethod
    def set_up(cls, root: Path) -> Stage:
        """A repository, a cluster and the programs that play kubectl, docker and cosign."""
        write_tree(of_system(read_example("shop")), root)
        overlay = root / "deploy" / "kubernetes" / "overlays" / "staging"
        overlay.mkdir(parents=True)
        manifests = [{"kind": "ConfigMap", "metadata": {"name": "settings"}}]
        for name in SERVICES:
            containers = [{"name": name, "image": f"registry.example:5000/overlay/shop/{name}:0.1.0"}]
            manifests += [
                {"kind": "Job", "metadata": {"name": f"{name}-migration"}, "spec": {"template": {"spec": {"containers": containers}}}},
                {"kind": "Deployment", "metadata": {"name": name}, "spec": {"template": {"spec": {"containers": containers}}}},
            ]
            (root / "services" / name).mkdir(parents=True)
            (root / "services" / name / "main").write_text(name, encoding="utf-8")
        (overlay / "manifests.json").write_text(json.dumps(manifests), encoding="utf-8")
        stage = cls(root)
        stage._write_programs()
        stage._commit()
        state = {"log": [], "applied": [], "jobs": {}, "failing_jobs": [], "never_ready": [], "deployments": {}}
        for name in SERVICES:
            stage._put(state, name, OLD.format(f"shop/{name}"))
        stage.cluster = state
        return stage

    @staticmethod
    def _put(state: dict[str, Any], name: str, image: str) -> None:
        settled = {"generation": 3, "observed": 3, "revision": 3, "updated": 2, "replicas": 2, "paused": False}
        state["deployments"][name] = {**settled, "image": image, "history": {"3": image}}

    def _write_programs(self) -> None:
        programs = self.root / "bin"
        programs.mkdir()
        _program(programs / "kubectl", (HERE / "fake_kubectl.py").read_text(encoding="utf-8"))
        _program(
            programs / "docker", f"import os, sys\nsys.exit(1) if os.environ.get('NO_IMAGES', '-') in sys.argv[4] else print('{NEW}')\n"
        )
        _program(programs / "cosign", "import os, sys\nsys.exit(0 if os.environ.get('SIGNER') in sys.argv else 'no signature')\n")

    def _commit(self) -> None:
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
        for command in (["init", "-q", "-b", "main"], ["add", "--all"], [*identity, "commit", "-q", "-m", "all"]):
            subprocess.run(["git", *command], cwd=self.root, check=True)

    @property
    def cluster(self) -> dict[str, Any]:
        """The cluster as it is."""
        found: dict[str, Any] = json.loads((self.root / "cluster.json").read_text(encoding="utf-8"))
        return found

    @cluster.setter
    def cluster(self, state: dict[str, Any]) -> None:
        (self.root / "cluster.json").write_text(json.dumps(state), encoding="utf-8")

    def images(self) -> dict[str, str]:
        """What each Deployment is to run."""
        return {name: each["image"] for name, each in self.cluster["deployments"].items()}

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the scripts."""
        path = f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "FAKE_CLUSTER": str(self.root / "cluster.json"), "PYTHONDONTWRITEBYTECODE": "1"}

    def start(self, address: str, *more: str, **environment: str) -> subprocess.Popen[str]:
        """Begin a release."""
        pace = ["--watch=0.4", "--watch-after=0.2", "--interval=0.05", "--ready-timeout=3", "--migration-timeout=5"]
        where = ["--overlay=deploy/kubernetes/overlays/staging", "--registry=registry.example/acme", f"--prometheus={address}"]
        return subprocess.Popen(
            [sys.executable, "deploy/scripts/release.py", *where, *pace, *more],
            cwd=self.root,
            env=self.environment | environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def release(self, *more: str, **environment: str) -> tuple[int, str]:
        """Release, and what came of it."""
        with prometheus(self.metrics) as address:
            process = self.start(address, *more, **environment)
            printed, _ = process.communicate(timeout=60)
            return process.returncode, printed


def _program(path: Path, text: str) -> None:
    path.write_text(f"#!{sys.executable} -IS\n{text}", encoding="utf-8")
    path.chmod(0o755)
