"""The experiment: run the system, load it, break it, let it recover, and look at what it has become."""

from __future__ import annotations

import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from microservices_skill.chaos.breaking import AT_ONCE, Breaker
from microservices_skill.chaos.brokers import observer
from microservices_skill.chaos.checks import Check, Evidence, check, open_ends
from microservices_skill.chaos.databases import Databases
from microservices_skill.chaos.errors import RefusedRequestError
from microservices_skill.chaos.faults import Fault, schedule
from microservices_skill.chaos.fleet import Child, Member
from microservices_skill.chaos.links import Link, free_port
from microservices_skill.chaos.load import Load, Requests, get_json, post
from microservices_skill.chaos.observer import DeadLetter
from microservices_skill.chaos.options import Options
from microservices_skill.chaos.servers import GivenServer, Server
from microservices_skill.chaos.setting import BROKER, DATABASE, placed, running_servers
from microservices_skill.deployment.chaos_plan import ChaosPlan, ChaosScenario, Term
from microservices_skill.running import checking, preparing
from microservices_skill.running.system import LOGS, RunnableSystem

_OPEN_AT_ONCE = 60
"""How many sagas may be open before new requests wait: this is no test of overload."""

_LOOK_S = 0.5
_SETTLE_S = 3.0


class Audience(Protocol):
    """Who is told of the run; called from several threads, one at a time."""

    def step(self, service: str, text: str) -> None:
        """What is done now, or what happens to a service."""


@dataclass(slots=True)
class Outcome:
    """What was done to a system, and what holds of it afterwards."""

    checks: tuple[Check, ...]
    faults: Mapping[str, int]
    requests: Requests
    repeated_events: int
    reordered_events: int
    events: int
    dead_letters: tuple[DeadLetter, ...]
    load_s: float
    recovery_s: float
    history: tuple[tuple[float, Fault], ...] = field(default=())

    @property
    def holds(self) -> bool:
        """Whether everything does."""
        return all(each.holds for each in self.checks)


def run(system: RunnableSystem, plan: ChaosPlan, scenario: ChaosScenario, options: Options, audience: Audience) -> Outcome:
    """Do all of it.

    Raises:
        SkillError: a server, a tool or a service is missing or does not come up, or a request of the scenario is refused.

    """
    with tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as scratch, ExitStack() as stack:
        folder = Path(scratch)
        folder.chmod(0o755)  # the database server runs as somebody else
        servers = stack.enter_context(running_servers(folder, plan.broker, options, audience.step))
        system = placed(system, servers)
        databases = Databases({_service(plan, each.name): each.database_url(system.variables) for each in system.processes})
        if isinstance(servers[DATABASE], GivenServer):
            databases.empty()
        if isinstance(servers[BROKER], GivenServer):
            stack.callback(observer(plan).forget, servers[BROKER].url, plan)
            observer(plan).forget(servers[BROKER].url, plan)
        checking.check(system)
        preparing.prepare(system, audience.step)
        trial = _Trial(system, plan, scenario, options, servers, databases, audience)
        stack.enter_context(trial.running())
        return trial.outcome()


class _Trial:
    """One run of a system that is broken."""

    def __init__(
        self,
        system: RunnableSystem,
        plan: ChaosPlan,
        scenario: ChaosScenario,
        options: Options,
        servers: Mapping[str, Server],
        databases: Databases,
        audience: Audience,
    ) -> None:
        self._plan = plan
        self._scenario = scenario
        self._options = options
        self._databases = databases
        self._audience = audience
        self._speaking = threading.Lock()
        self._logs = system.root / LOGS
        self._logs.mkdir(exist_ok=True)
        self._stand_ins = {each.name: free_port() for each in scenario.externals}
        self._outsiders = [
            Child(each.name, each.command, system.root, {"PORT": str(self._stand_ins[each.name])}, self._log(each.name))
            for each in scenario.externals
        ]
        self._members = {_service(plan, each.name): self._member(system, each.name) for each in system.processes}
        self._observer = observer(plan)(servers[BROKER].url, plan, seed=options.seed, duplicates=options.duplicates)
        queues = {each.name: each.queue for each in plan.services if each.queue is not None}
        self._breaker = Breaker(self._members, servers, queues, self._observer, self._say)
        self._open = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Everything up, and nothing left of it afterwards."""
        children = [*self._outsiders, *self._members.values()]
        try:
            for each in children:
                each.start()
            for member in self._members.values():
                member.await_ready()
            yield
        finally:
            for each in children:
                each.signal(signal.SIGCONT)
                each.stop()
            self._observer.close()

    def outcome(self) -> Outcome:
        """Load and break it, let it recover, and look."""
        for number, each in enumerate(self._scenario.setup):
            self._prepare(number, each.service, each.path, each.body)
        self._observer.start()
        faults = schedule(self._breaker.targets, seed=self._options.seed, requests=self._options.requests, kills=self._options.kills)
        load = self._load(len(faults))
        began = time.monotonic()
        load.start()
        threading.Thread(target=self._watch, args=(load,), daemon=True).start()
        history = self._breaker.run(faults, load)
        while load.is_running:
            time.sleep(_LOOK_S)
        load_s = time.monotonic() - began
        self._say("load", f"{load.done} requests answered, {len(history)} faults in {load_s:.0f} s; recovering")
        self._observer.stop_meddling()
        evidence, checks = self._recovered(load.requests)
        return Outcome(
            checks=(*checks, *self._readiness()),
            faults=dict(sorted(Counter(each.kind.value for _, each in history).items())),
            requests=load.requests,
            repeated_events=self._observer.repeated,
            reordered_events=self._observer.reordered,
            events=len(evidence.events),
            dead_letters=tuple(evidence.dead_letters),
            load_s=load_s,
            recovery_s=time.monotonic() - began - load_s,
            history=history,
        )

    def _member(self, system: RunnableSystem, process: str) -> Member:
        found = next(each for each in system.processes if each.name == process)
        links = {
            DATABASE: Link(found.database_url(system.variables), 5432),
            BROKER: Link(system.variables["BROKER_URL"], 5672),
        }
        variables = {**system.variables, found.database_variable: links[DATABASE].url, "BROKER_URL": links[BROKER].url}
        for each in self._plan.externals:
            if each.name in self._stand_ins and _service(self._plan, process) in each.callers:
                links[each.name] = Link(f"http://127.0.0.1:{self._stand_ins[each.name]}", 80)
                variables[each.variable] = links[each.name].url
        name, port = _service(self._plan, process), found.port(system.variables)
        return Member(name, found.command, system.root, variables, self._log(process), port=port, links=links)

    def _log(self, name: str) -> Path:
        path = self._logs / f"{name}.log"
        path.unlink(missing_ok=True)
        return path

    def _prepare(self, number: int, service: str, path: str, body: object) -> None:
        status, answer = post(self._members[service].port, path, body, f"chaos-setup-{number}", client=100_000 + number)
        if not 200 <= status < 300:
            raise RefusedRequestError(f"setup {number}, POST {path} of {service},", status, answer)

    def _load(self, faults: int) -> Load:
        wishes = {each.name: each.requests for each in self._scenario.sagas}
        sagas = [(each, self._members[each.service].port, wishes[each.name]) for each in self._plan.sagas]

        def may_go(number: int) -> None:
            """Spread the load over all faults: a request waits while more faults than may overlap, or too many sagas, are before it."""
            while not self._breaker.has_failed and (
                number * faults / self._options.requests - AT_ONCE > self._breaker.done or self._open > _OPEN_AT_ONCE
            ):
                time.sleep(0.02)

        options = self._options
        return Load(sagas, seed=options.seed, requests=options.requests, clients=options.clients, may_go=may_go)

    def _watch(self, load: Load) -> None:
        """Keep count of the open sagas; while the database is away the last count stands."""
        while load.done < self._options.requests and not self._breaker.has_failed:
            with suppress(Exception):
                self._open = open_ends(self._plan, self._databases)[0]
            time.sleep(_LOOK_S)

    def _recovered(self, requests: Requests) -> tuple[Evidence, tuple[Check, ...]]:
        """What is found once nothing moves any more, or once patience is at its end."""
        ends = time.monotonic() + self._options.patience_s
        for member in self._members.values():
            if not member.is_alive:
                member.start()
        queues = [each.queue for each in self._plan.services if each.queue is not None]
        while time.monotonic() < ends and (any(open_ends(self._plan, self._databases)) or self._observer.waiting(queues)):
            time.sleep(_LOOK_S)
        while True:
            time.sleep(_SETTLE_S)
            letters = self._observer.dead_letters(queues)
            evidence = Evidence(self._plan, self._databases, requests, dict(self._observer.events), letters, self._measure)
            found = check(evidence, self._scenario.invariants)
            if all(each.holds for each in found) or time.monotonic() > ends:
                return evidence, found

    def _measure(self, term: Term) -> int:
        if term.service is not None and term.sql is not None:
            return self._databases.number(term.service, term.sql)
        return int(get_json(self._stand_ins[term.external or ""], term.path or ""))

    def _readiness(self) -> Iterator[Check]:
        waiting = [name for name, member in self._members.items() if not member.is_ready]
        yield Check("every service is ready", not waiting, f"{', '.join(waiting)} not" if waiting else f"all {len(self._members)}")

    def _say(self, what: str, text: str) -> None:
        with self._speaking:
            self._audience.step(what, text)


def _service(plan: ChaosPlan, process: str) -> str:
    return next(each.name for each in plan.services if each.process == process)
