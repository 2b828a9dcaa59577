"""A till that tells purchases and a ledger that enters them, generated from three models of one event that changes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from tests.generated.architectures import ROOT, in_languages, named, on_broker, own_name, write_service
from tests.generated.brokers import Broker, broker_of, broker_url, own_settings
from tests.generated.languages import Toolchains
from tests.generated.processes import Answer, Caller, Running, until
from tests.generated.servers import Database, new_database
from tests.generated.target import QUICK

from microservices_skill.model.architecture import Architecture
from microservices_skill.model.loading import read_architecture
from microservices_skill.model.system import BrokerKind, Language

BOTH = (ROOT / "tests" / "generated" / "cases" / "versions.yaml").read_text(encoding="utf-8")
SECOND = BOTH[BOTH.index("  - name: PurchaseMade\n    version: 2") : BOTH.index("  - name: PurchasePaid\n")]
FIRST = BOTH[BOTH.index("  - name: PurchaseMade\n    version: 1") : BOTH.index(SECOND)]
OLD = (
    BOTH.replace(SECOND, "")
    .replace("{name: amount, type", "{name: amount, source: total, type")
    .replace(
        "{event: PurchaseMade, action: create, entity: Entry}",
        "{event: PurchaseMade, action: create, entity: Entry, set: [{field: total, source: amount}]}",
    )
)
NEW = BOTH.replace(FIRST, "").replace("formerly: amount, ", "")
THIRD = (
    SECOND.replace("version: 2", "version: 3")
    .replace("formerly: amount, ", "")
    .replace("name: note,", "name: memo, formerly: note, source: note,")
)
CHAIN = BOTH.replace(SECOND, SECOND + THIRD).replace(
    "{event: PurchaseMade, action: create, entity: Entry}",
    "{event: PurchaseMade, action: create, entity: Entry, set: [{field: note, source: memo}]}",
)
MODELS = {"old": OLD, "both": BOTH, "new": NEW, "chain": CHAIN}
"""Before the change; with both versions; after the older one is retired; with a third. The tables are the same in all of them."""

HOOKS = {
    Language.PYTHON: (
        "src/ledger/domains/upcasters.py",
        "    raise NotImplementedError(",
        '    return "desk" if older.amount > 500 else "web"\n',
    ),
    Language.TYPESCRIPT: ("src/domains/upcasters.ts", "  throw new Error(", "  return _older.amount > 500 ? 'desk' : 'web';\n"),
}
"""Where a person says what an older version does not tell, what stands there until then, and what this one says."""

LIMIT_S = 60


@dataclass
class Shop:
    """The services of all models under one system name, built when they are first needed."""

    toolchains: Toolchains
    folder: Path
    languages: Mapping[str, Language]
    broker_kind: BrokerKind
    system: str = field(default_factory=lambda: own_name("versions"))
    _built: dict[tuple[str, str], Path] = field(default_factory=dict)

    @property
    def broker(self) -> Broker:
        """The broker seen from outside."""
        return broker_of(self.broker_kind, self.system)

    def architecture(self, model: str) -> Architecture:
        """One of the models."""
        return on_broker(in_languages(named(read_architecture(MODELS[model])[0], self.system), self.languages), self.broker_kind)

    def built(self, service: str, model: str) -> Path:
        """A service of a model, ready to start, with what a person has written."""
        if (service, model) not in self._built:
            architecture = self.architecture(model)
            folder = write_service(architecture, architecture.services_by_name[service], self.folder / f"{service}-{model}")
            if (service, model) == ("ledger", "both"):
                write_hook(folder, self.languages[service])
            self.toolchains.on(self.broker_kind)[self.languages[service]].prepare(folder)
            self._built[service, model] = folder
        return self._built[service, model]


def write_hook(folder: Path, language: Language) -> None:
    """Say in a ledger what an older version does not tell."""
    place, until_then, said = HOOKS[language]
    lines = (folder / place).read_text(encoding="utf-8").splitlines(keepends=True)
    assert sum(each.startswith(until_then) for each in lines) == 1, "the generator asks a person for one value"
    (folder / place).write_text("".join(said if each.startswith(until_then) else each for each in lines), encoding="utf-8")


@dataclass
class Story:
    """What happens on one pair of databases and one set of queues."""

    shop: Shop
    databases: Mapping[str, Database]
    stack: ExitStack

    def start(self, service: str, model: str) -> Running:
        """One more instance of a service, made from a model."""
        toolchain = self.shop.toolchains.on(self.shop.broker_kind)[self.shop.languages[service]]
        settings = {
            **QUICK,
            **own_settings(self.shop.broker_kind),
            "DATABASE_URL": self.databases[service].url,
            "BROKER_URL": broker_url(self.shop.broker_kind, self.shop.system),
        }
        running = Running(toolchain, self.shop.built(service, model), settings)
        self.stack.callback(running.end)
        running.migrate().start()
        until(lambda: running.call("GET", "/health/ready").status == 200, LIMIT_S, f"for {service} to be ready")
        return running

    def dead_letters(self) -> list[str]:
        """What the ledger gave up."""
        found = self.shop.broker.take(self.shop.broker.dead_letters("ledger"))
        return [f"{each.type} {each.body.decode()}" for each in found]

    def purchases(self) -> dict[str, tuple[int, str, str | None]]:
        """The purchases that were made, with what was told of them."""
        rows = self.databases["till"].rows("SELECT id, total, channel, note FROM purchases")
        return {str(row[0]): (row[1], row[2], row[3]) for row in rows}

    def entries(self) -> list[tuple[str, int, str | None, str | None, str]]:
        """The entries of the ledger."""
        rows = self.databases["ledger"].rows("SELECT purchase_id, total, channel, note, state FROM entries")
        return [(str(row[0]), *row[1:]) for row in rows]

    def settled(self) -> None:
        """Wait until the ledger has taken in all that happened."""
        wanted = len(self.purchases())
        until(lambda: self.databases["till"].pending_events() == 0, LIMIT_S, "for the outbox to be empty")
        until(lambda: len({each[0] for each in self.entries()}) >= wanted, LIMIT_S, f"for {wanted} entries")


@contextmanager
def telling(shop: Shop) -> Iterator[Story]:
    """A story from its beginning: no table, no queue."""
    with ExitStack() as stack:
        databases = {name: stack.enter_context(new_database()) for name in ("till", "ledger")}
        stack.callback(lambda: shop.broker.forget(["ledger"]))
        yield Story(shop, databases, stack.enter_context(ExitStack()))


def buy(tills: list[Running], number: int) -> str:
    """Make a purchase at whichever till answers, once however often it is asked for, and pay it."""
    body = {"total": 400 + number * 10 % 200, "channel": ("web", "desk")[number % 2], "note": f"number {number}"}
    made = _asked(tills, "/v1/purchases", body)
    identity = str(made.json["id"])
    _asked(tills, f"/v1/purchases/{identity}/pay", None)
    return identity


def _asked(tills: list[Running], path: str, body: object) -> Answer:
    key, answers = str(uuid4()), []
    for _ in range(300):
        for each in list(tills):
            answer = Caller(each).change("POST", path, body, Idempotency_Key=key)
            if answer.status in (200, 201):
                return answer
            answers.append((answer.status, answer.body))
        time.sleep(0.1)
    raise AssertionError(json.dumps([(status, body.decode()) for status, body in answers[-3:]]))
