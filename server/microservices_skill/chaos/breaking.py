"""Carries faults out while the load goes on."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from microservices_skill.chaos.faults import Fault, Kind, Targets
from microservices_skill.chaos.fleet import Member
from microservices_skill.chaos.links import Link
from microservices_skill.chaos.load import Load
from microservices_skill.chaos.observer import Observer
from microservices_skill.chaos.servers import GivenServer, Server

AT_ONCE = 2
"""How many faults may overlap."""

_SLOW_S = 0.3
_LOOK_S = 0.02


class Breaker:
    """What breaks services, their links and servers; ``done`` counts the faults that are over."""

    def __init__(
        self,
        members: Mapping[str, Member],
        servers: Mapping[str, Server],
        queues: Mapping[str, str],
        observer: Observer[Any],
        tell: Callable[[str, str], None],
    ) -> None:
        self._members = members
        self._servers = servers
        self._queues = queues
        self._observer = observer
        self._tell = tell
        self._links = {f"{name}>{to}": link for name, member in members.items() for to, link in member.links.items()}
        self._busy = {target: threading.Lock() for target in (*members, *self._links, *servers)}
        self._failure: Exception | None = None
        self.done = 0

    @property
    def targets(self) -> Targets:
        """What can be broken, in an order that does not change."""
        return Targets(sorted(self._members), sorted(self._links), sorted(self._servers))

    @property
    def has_failed(self) -> bool:
        """Whether a fault could not be carried out, such as when a server does not come up again."""
        return self._failure is not None

    def run(self, faults: tuple[Fault, ...], load: Load) -> tuple[tuple[float, Fault], ...]:
        """Carry out each fault once the load has come so far; when each began, in seconds.

        Raises:
            SkillError: a server or service does not come up again, or a request is refused.

        """
        began, history, places = time.monotonic(), [], threading.Semaphore(AT_ONCE)
        threads = []
        for fault in faults:
            while load.done < fault.after and load.is_running:
                time.sleep(_LOOK_S)
            places.acquire()
            self._raise_failure()
            self._tell(fault.target, f"{fault.kind.value} for {fault.seconds:.1f} s after {load.done} requests")
            history.append((round(time.monotonic() - began, 1), fault))
            threads.append(threading.Thread(target=self._carry_out, args=(fault, places), daemon=True))
            threads[-1].start()
        for each in threads:
            each.join()
        self._raise_failure()
        return tuple(history)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _carry_out(self, fault: Fault, places: threading.Semaphore) -> None:
        try:
            with self._busy[fault.target]:
                match fault.kind:
                    case Kind.KILL:
                        self._kill(self._members[fault.target], fault.seconds)
                    case Kind.FREEZE:
                        self._members[fault.target].signal(signal.SIGSTOP)
                        time.sleep(fault.seconds)
                        self._members[fault.target].signal(signal.SIGCONT)
                    case Kind.SLOW | Kind.CUT | Kind.PARTITION:
                        self._disturb(self._links[fault.target], fault.kind, fault.seconds)
                    case Kind.CRASH:
                        self._crash(fault.target, fault.seconds)
        except Exception as error:  # noqa: BLE001 - told by the thread that waits
            self._failure = error
        finally:
            self.done += 1
            places.release()

    @staticmethod
    def _disturb(link: Link, kind: Kind, seconds: float) -> None:
        match kind:
            case Kind.SLOW:
                link.slow(_SLOW_S)
            case Kind.CUT:
                link.cut()
            case _:
                link.partition()
        time.sleep(seconds)
        link.restore()

    def _kill(self, member: Member, seconds: float) -> None:
        member.kill()
        if member.name in self._queues:
            self._observer.shuffle(self._queues[member.name])
        time.sleep(seconds)
        member.start()

    def _crash(self, target: str, seconds: float) -> None:
        server = self._servers[target]
        if isinstance(server, GivenServer):
            links = [member.links[target] for member in self._members.values()]
            for each in links:
                each.cut()
            time.sleep(seconds)
            for each in links:
                each.restore()
            return
        server.crash()
        time.sleep(seconds)
        server.start()
