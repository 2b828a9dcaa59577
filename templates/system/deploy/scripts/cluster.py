"""The cluster as kubectl shows it: what a release needs to know of Deployments and Jobs, and what it does to them."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass, field
from typing import Any

REVISION = "deployment.kubernetes.io/revision"

Manifest = dict[str, Any]


class ReleaseError(Exception):
    """The release cannot go on; the text says where, what and how to fix it."""


@dataclass(frozen=True, order=True)
class Name:
    """The name of an object in its namespace; without one, that of kubectl's context."""

    namespace: str
    name: str

    @classmethod
    def of(cls, manifest: Manifest) -> Name:
        """The name in a manifest."""
        return cls(manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"])

    @property
    def flags(self) -> list[str]:
        """What tells kubectl the namespace."""
        return [f"--namespace={self.namespace}"] if self.namespace else []

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True)
class Deployment:
    """A Deployment as it is at this moment."""

    exists: bool
    revision: int = 0
    is_paused: bool = False
    is_observed: bool = False
    wanted: int = 0
    pods: int = 0
    updated: int = 0
    ready: int = 0

    @property
    def is_settled(self) -> bool:
        """Whether every pod that there is serves."""
        return self.is_observed and self.pods > 0 and self.ready == self.pods


@dataclass(frozen=True)
class Cluster:
    """Runs kubectl; ``timeout_s`` is for one call."""

    timeout_s: float = 60
    context: list[str] = field(default_factory=list)

    def run(self, *arguments: str, given: str = "", timeout_s: float = 0) -> str:
        """What kubectl prints.

        Raises:
            ReleaseError: it fails or does not end in time.

        """
        command = ["kubectl", *self.context, *arguments]
        limit = timeout_s or self.timeout_s
        try:
            done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=limit)
        except subprocess.TimeoutExpired as error:
            raise ReleaseError(f"{' '.join(command)}: no end within {limit:g} s; is the cluster reachable?") from error
        if done.returncode != 0:
            raise ReleaseError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip() or f'exit code {done.returncode}'}")
        return done.stdout

    def apply(self, manifests: list[Manifest]) -> None:
        """Make the cluster as the manifests say."""
        if manifests:
            print(self.run("apply", "-f", "-", given=as_list(manifests), timeout_s=300).rstrip(), flush=True)

    def deployment(self, name: Name) -> Deployment:
        """A Deployment as it is."""
        text = self.run(*name.flags, "get", "deployment", name.name, "--ignore-not-found", "--output=json")
        if not text.strip():
            return Deployment(exists=False)
        found = json.loads(text)
        metadata, spec, status = found["metadata"], found["spec"], found.get("status", {})
        return Deployment(
            exists=True,
            revision=int(metadata.get("annotations", {}).get(REVISION, 0)),
            is_paused=spec.get("paused", False),
            is_observed=status.get("observedGeneration", 0) >= metadata["generation"],
            wanted=spec.get("replicas", 1),
            pods=status.get("replicas", 0),
            updated=status.get("updatedReplicas", 0),
            ready=status.get("readyReplicas", 0),
        )

    def pause(self, name: Name) -> None:
        """Let a rollout stand where it is."""
        self.run(*name.flags, "rollout", "pause", f"deployment/{name.name}")

    def resume(self, name: Name) -> None:
        """Let a rollout go on."""
        self.run(*name.flags, "rollout", "resume", f"deployment/{name.name}")

    def undo(self, name: Name, revision: int) -> None:
        """Go back to what was there before."""
        self.run(*name.flags, "rollout", "undo", f"deployment/{name.name}", f"--to-revision={revision}")

    def await_rollout(self, name: Name, timeout_s: float) -> None:
        """Wait until every pod is a new one that serves."""
        wait = ["rollout", "status", f"deployment/{name.name}", f"--timeout={timeout_s:g}s"]
        self.run(*name.flags, *wait, timeout_s=timeout_s + 30)

    def run_jobs(self, jobs: list[Manifest], timeout_s: float) -> None:
        """Run Jobs anew and wait for their end; what one of them printed is shown where it fails.

        Raises:
            ReleaseError: a Job fails or does not end in time.

        """
        names = [Name.of(each) for each in jobs]
        for name in names:  # the template of a Job cannot be changed
            self.run(*name.flags, "delete", "job", name.name, "--ignore-not-found", "--wait=true", timeout_s=180)
        self.apply(jobs)
        deadline = time.monotonic() + timeout_s
        for name in names:
            self._await_job(name, deadline)

    def _await_job(self, name: Name, deadline: float) -> None:
        while time.monotonic() < deadline:
            job = json.loads(self.run(*name.flags, "get", "job", name.name, "--output=json"))
            ends = {each["type"] for each in job.get("status", {}).get("conditions", []) if each.get("status") == "True"}
            if "Complete" in ends:
                return
            if "Failed" in ends:
                raise ReleaseError(f"job {name} failed:\n{self._logs(name)}")
            time.sleep(1)
        raise ReleaseError(f"job {name} did not end in time:\n{self._logs(name)}")

    def _logs(self, name: Name) -> str:
        try:
            return self.run(*name.flags, "logs", f"job/{name.name}", "--tail=50", "--all-containers")
        except ReleaseError as error:
            return str(error)


def as_list(manifests: list[Manifest]) -> str:
    """Manifests as one document."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
