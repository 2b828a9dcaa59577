"""A release in two steps: one new pod of each changed service, then all; back to what was there where the error budgets burn.

It needs nothing in the cluster but Deployments, and a Prometheus that measures the services.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from cluster import Cluster, Deployment, Manifest, Name, ReleaseError
from prometheus import BlindError, Judge, Prometheus

PAUSED = (
    "deployment {name} is paused: an earlier release was stopped half way, or somebody paused it."
    " Look at it, then `kubectl rollout undo` or `kubectl rollout resume` it, and release again"
)

ATTEMPTS = 3


@dataclass(frozen=True)
class Patience:
    """How long a release waits for what, in seconds."""

    canary_s: float
    after_s: float
    interval_s: float
    ready_s: float


class UnsoundError(Exception):
    """The release must be taken back; the text says why."""


@dataclass(frozen=True)
class Canary:
    """Rolls out the Deployments of a release; ``promises`` are the availabilities of the system's services in percent."""

    cluster: Cluster
    prometheus: Prometheus
    promises: dict[str, float]
    burn_rate: float
    patience: Patience

    def release(self, workloads: list[Manifest]) -> bool:
        """Whether the release is in; where it is not, what was there before is there again.

        Raises:
            ReleaseError: nothing was changed, and the text says why.

        """
        names = sorted(Name.of(each) for each in workloads if each["kind"] == "Deployment")
        before = {name: self._undisturbed(name) for name in names}
        judge = Judge(self.promises, self.burn_rate, self._ratios_before())
        with _told_to_stop():
            try:
                self.cluster.apply(workloads)
                self._roll(before, judge)
            except (UnsoundError, ReleaseError) as error:
                print(f"not sound: {error}", flush=True)
                self._back(before)
                return False
        return True

    def _undisturbed(self, name: Name) -> Deployment:
        found = self.cluster.deployment(name)
        if found.is_paused:
            raise ReleaseError(PAUSED.format(name=name))
        return found

    def _ratios_before(self) -> dict[str, float]:
        try:
            return self.prometheus.error_ratios(list(self.promises))
        except BlindError as error:
            raise ReleaseError(f"{error}; nothing was changed: without measurements nobody would see a release go wrong") from error

    def _roll(self, before: dict[Name, Deployment], judge: Judge) -> None:
        changed = self._hold_at_first_pod(before)
        if not changed:
            print("nothing has changed that pods would notice", flush=True)
            return
        tried = [name for name in changed if before[name].exists]
        if tried:
            print(f"canary: {', '.join(map(str, tried))}; watching for {self.patience.canary_s:g} s", flush=True)
            self._await("is not ready in time", tried, lambda each: each.is_settled)
            self._watch(self.patience.canary_s, judge, tried)
        for name in tried:
            self.cluster.resume(name)
        for name in changed:
            self.cluster.await_rollout(name, self.patience.ready_s)
        print(f"all pods are new; watching for {self.patience.after_s:g} s more", flush=True)
        self._watch(self.patience.after_s, judge, changed)

    def _hold_at_first_pod(self, before: dict[Name, Deployment]) -> list[Name]:
        """Pause every Deployment that gets new pods as soon as it has the first of them; those are the changed ones."""
        changed, waiting = [], set(before)
        deadline = time.monotonic() + self.patience.ready_s
        while waiting and time.monotonic() < deadline:
            for name in sorted(waiting):
                now, was = self.cluster.deployment(name), before[name]
                if not now.is_observed:
                    continue
                if not was.exists or now.wanted == 0 or now.revision == was.revision:
                    waiting.discard(name)
                    changed += [name] if not was.exists else []
                elif now.updated > 0:
                    self.cluster.pause(name)
                    waiting.discard(name)
                    changed.append(name)
            if waiting:
                time.sleep(0.5)
        if waiting:
            raise UnsoundError(f"{', '.join(map(str, sorted(waiting)))} has no new pod within {self.patience.ready_s:g} s")
        return sorted(changed)

    def _await(self, otherwise: str, names: list[Name], claim: Callable[[Deployment], bool]) -> None:
        deadline = time.monotonic() + self.patience.ready_s
        for name in names:
            while not claim(self.cluster.deployment(name)):
                if time.monotonic() > deadline:
                    raise UnsoundError(f"{name} {otherwise} ({self.patience.ready_s:g} s)")
                time.sleep(1)

    def _watch(self, seconds: float, judge: Judge, released: list[Name]) -> None:
        """Ask again and again; three times without an answer is as bad as a bad one."""
        deadline, unanswered = time.monotonic() + seconds, 0
        while True:
            try:
                faults = judge.burning(self.prometheus.error_ratios(list(self.promises)))
                unanswered = 0
            except BlindError as error:
                unanswered += 1
                faults = [str(error)] if unanswered == 3 else []
            if faults:
                raise UnsoundError("; ".join(faults))
            if time.monotonic() >= deadline and unanswered == 0:
                break
            time.sleep(self.patience.interval_s)
        self._demand_measured(released)

    def _demand_measured(self, released: list[Name]) -> None:
        """A service without requests has no errors, but one that is not even measured can have any."""
        wanted = {name.name for name in released} & set(self.promises)
        try:
            missing = wanted - self.prometheus.measured(sorted(wanted)) if wanted else set()
        except BlindError as error:
            raise UnsoundError(str(error)) from error
        if missing:
            raise UnsoundError(f"Prometheus does not measure {', '.join(sorted(missing))}: does it scrape /metrics with a label service?")

    def _back(self, before: dict[Name, Deployment]) -> None:
        """Bring back every Deployment that has changed; one fault does not keep the others from it."""
        undone = [name for name, was in before.items() if was.exists and self._undone(name, was)]
        for name in undone:
            try:
                self.cluster.await_rollout(name, self.patience.ready_s)
                print(f"{name} is again what it was at revision {before[name].revision}", flush=True)
            except ReleaseError as error:
                print(f"{name} is rolled back, but not all of its pods serve: {error}", flush=True)

    def _undone(self, name: Name, was: Deployment) -> bool:
        """Whether a Deployment had changed and is taken back; what fails is tried again."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                now = self._seen(name)
                if now.is_paused:
                    self.cluster.resume(name)
                if now.revision != was.revision:
                    self.cluster.undo(name, was.revision)
            except ReleaseError as error:
                print(f"{name} could not be rolled back (attempt {attempt} of {ATTEMPTS}): {error}", flush=True)
                time.sleep(attempt)
            else:
                return now.is_paused or now.revision != was.revision
        print(f"{name} must be rolled back by hand: kubectl rollout undo deployment/{name.name} --to-revision={was.revision}", flush=True)
        return False

    def _seen(self, name: Name) -> Deployment:
        """A Deployment once the cluster has looked at what was applied last."""
        deadline = time.monotonic() + 30
        while not (now := self.cluster.deployment(name)).is_observed and now.exists and time.monotonic() < deadline:
            time.sleep(0.5)
        return now


@contextmanager
def _told_to_stop() -> Iterator[None]:
    """A release that is cancelled is taken back, not left half way; whoever asks twice does not stop that."""

    def stop(number: int, _: FrameType | None) -> None:
        for each in earlier:
            signal.signal(each, signal.SIG_IGN)
        raise UnsoundError(f"stopped by {signal.Signals(number).name}")

    earlier = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
