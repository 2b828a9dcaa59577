"""An entity that is the sum of its events: whoever writes at once, is killed, or reads in another language, the stream stays whole."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]
import pytest
from tests.generated.architectures import in_languages, own_name, read_case, write_service
from tests.generated.issuer import Issuer
from tests.generated.languages import Toolchains
from tests.generated.processes import Answer, Caller, Running, until
from tests.generated.systems import PAIRS, deployed_system
from tests.generated.target import EVENT_LIMIT_S, Target

from microservices_skill.model.system import Language

pytestmark = pytest.mark.slow

Wallet = dict[str, Any]


@dataclass(frozen=True)
class Bank:
    """The service of wallets and the one that fills them, and the first as the other language would have it."""

    wallets: Target
    topups: Target
    other: Running

    @property
    def caller(self) -> Caller:
        """Somebody who calls the wallets."""
        return self.wallets.caller()

    def opened(self, **values: Any) -> str:
        """A new wallet's id."""
        answer = self.caller.change("POST", "/v1/wallets", wallet(**values))
        assert answer.status == 201, answer.text
        return str(answer.json["id"])

    def read(self, identity: str) -> Answer:
        """A wallet as callers see it."""
        return self.caller.get(f"/v1/wallets/{identity}")

    def change(self, identity: str, amount: int, version: int, key: str | None = None) -> Answer:
        """Give a wallet another balance."""
        body = {"balance": euros(amount), "tags": [f"at {amount}"]}
        headers = {"If_Match": f'"{version}"'} | ({"Idempotency_Key": key} if key is not None else {})
        return self.caller.change("PUT", f"/v1/wallets/{identity}", body, **headers)

    def stream(self, identity: str) -> list[tuple[int, str]]:
        """The versions and types of a stream."""
        return self.wallets.database.rows(
            "SELECT version, type FROM stream_events WHERE stream_id = $1::text::uuid ORDER BY version", identity
        )

    def rows(self) -> list[tuple[Any, ...]]:
        """Every row of wallets."""
        return self.wallets.database.rows("SELECT * FROM wallets ORDER BY id")

    def require_whole(self) -> None:
        """Each stream counts without a gap up to the version of its row, and rows made anew are the same."""
        gaps = self.wallets.database.rows(
            "SELECT w.id FROM wallets w JOIN stream_events e ON e.stream_id = w.id GROUP BY w.id, w.version"
            " HAVING count(*) <> w.version OR min(e.version) <> 1 OR max(e.version) <> w.version"
        )
        assert gaps == []
        before = self.rows()
        assert self.wallets.running.streams("reproject", "Wallet") == 0
        assert self.rows() == before


@pytest.fixture(scope="module", params=PAIRS, ids=["-".join(each) for each in PAIRS])
def bank(
    request: pytest.FixtureRequest, toolchains: Toolchains, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bank]:
    """Wallets in one language, top-ups in the other."""
    one, other = request.param
    architecture = in_languages(read_case("sourced", system=own_name("sourced")), {"wallet": one, "topup": other})
    folder = tmp_path_factory.mktemp("sourced")
    with deployed_system(architecture, toolchains, issuer, folder) as found:
        architecture = in_languages(architecture, dict.fromkeys(("wallet", "topup"), Language(other)))
        service = architecture.services_by_name["wallet"]
        where = write_service(architecture, service, folder / "other")
        toolchains[service.language].prepare(where)
        yield Bank(found["wallet"], found["topup"], Running(toolchains[service.language], where, found["wallet"].running.settings))


@pytest.fixture(autouse=True)
def _all_run(bank: Bank) -> None:
    bank.wallets.mend()
    bank.topups.mend()


def wallet(**values: Any) -> Wallet:
    """What a wallet is opened with."""
    return {"holder": str(uuid4()), "code": uuid4().hex[:20], "balance": euros(0), "tags": [], "rate": "1.250"} | values


def euros(amount: int) -> Wallet:
    """An amount of money."""
    return {"minor_units": amount, "currency": "EUR"}


@contextmanager
def killed_now_and_then(bank: Bank, times: int) -> Iterator[None]:
    """Kill the wallets' service while the block runs, and start it again, so many times."""
    over = threading.Event()

    def kill() -> None:
        for _ in range(times):
            if over.wait(0.7):
                return
            bank.wallets.running.kill()
            bank.wallets.running.start()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()
        bank.wallets.mend()


def test_of_many_writers_at_once_one_appends(bank: Bank) -> None:
    identity = bank.opened()
    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(lambda amount: bank.change(identity, amount, 1).status, range(1, 25)))
    assert sorted(statuses) == [200, *[412] * 23]
    assert bank.stream(identity) == [(1, "WalletCreated"), (2, "WalletChanged")]


def test_writers_that_do_not_mind_come_one_after_the_other(bank: Bank) -> None:
    identity = bank.opened()

    def move(number: int) -> int:
        return bank.caller.change("POST", f"/v1/wallets/{identity}/{'freeze' if number % 2 else 'thaw'}").status

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(move, range(40)))
    assert set(statuses) <= {200, 409}
    stream = bank.stream(identity)
    assert [version for version, _ in stream] == list(range(1, statuses.count(200) + 2))
    assert {kind for _, kind in stream[1::2]} == {"WalletBecameFrozen"}
    assert {kind for _, kind in stream[2::2]} <= {"WalletBecameActive"}
    bank.require_whole()


def test_a_repeated_request_appends_once(bank: Bank) -> None:
    key, body = str(uuid4()), wallet()
    answers = [bank.caller.change("POST", "/v1/wallets", body, Idempotency_Key=key) for _ in range(3)]
    assert {answer.status for answer in answers} == {201}
    [identity] = {answer.json["id"] for answer in answers}
    key = str(uuid4())
    assert {bank.change(identity, 5, 1, key).status for _ in range(3)} == {200}
    assert bank.stream(identity) == [(1, "WalletCreated"), (2, "WalletChanged")]


def test_what_kills_the_service_leaves_streams_whole(bank: Bank) -> None:
    identities = [bank.opened() for _ in range(6)]

    def fill(identity: str) -> None:
        amount = 0
        while amount < 12:
            found = bank.read(identity)
            if found.status == 200:
                amount = found.json["balance"]["minor_units"]
                bank.change(identity, amount + 1, found.json["version"], f"{identity}-{amount}")

    with killed_now_and_then(bank, 4), ThreadPoolExecutor(6) as pool:
        list(pool.map(fill, identities))
    for identity in identities:
        assert bank.read(identity).json["balance"]["minor_units"] >= 12
    bank.require_whole()
    changed = [each for each in bank.wallets.published() if each["type"].endswith("WalletChanged.v1")]
    told = {each["id"] for each in changed if each["data"]["wallet_id"] in identities}
    assert len(told) == sum(len(bank.stream(identity)) - 1 for identity in identities)


def test_events_of_others_are_appended_like_requests(bank: Bank) -> None:
    identity = bank.opened()
    answer = bank.topups.caller().change("POST", "/v1/topups", {"wallet_id": identity, "balance": euros(700)})
    assert answer.status == 201, answer.text
    until(lambda: bank.read(identity).json["balance"] == euros(700), EVENT_LIMIT_S, "for the wallet to be filled")
    assert bank.stream(identity) == [(1, "WalletCreated"), (2, "WalletChanged")]


def test_the_other_language_reads_and_continues_a_stream(bank: Bank) -> None:
    identity = bank.opened(limits={"daily": 5}, tags=["Ada 李 🚲"], reviewed_at="2027-01-31T09:30:00.123456Z")
    assert bank.change(identity, 3, 1).status == 200
    before = bank.read(identity).json
    bank.wallets.running.kill()
    other = Caller(bank.other.start(), bank.caller.headers)
    try:
        assert other.get(f"/v1/wallets/{identity}").json == before
        frozen = other.change("POST", f"/v1/wallets/{identity}/freeze")
        assert frozen.status == 200, frozen.text
        assert frozen.json == before | {"status": "frozen", "version": 3, "updated_at": frozen.json["updated_at"]}
        rows = bank.rows()
        assert bank.other.streams("reproject", "Wallet") == 0
        assert rows == bank.rows()
    finally:
        bank.other.kill()
    bank.wallets.mend()
    assert bank.caller.change("POST", f"/v1/wallets/{identity}/thaw").json["version"] == 4
    assert bank.stream(identity)[2:] == [(3, "WalletBecameFrozen"), (4, "WalletBecameActive")]


@pytest.mark.parametrize("statement", ["UPDATE stream_events SET type = 'Other'", "DELETE FROM stream_events", "TRUNCATE stream_events"])
def test_nobody_changes_what_was_told(bank: Bank, statement: str) -> None:
    identity = bank.opened()
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        bank.wallets.database.rows(statement)
    assert bank.stream(identity) == [(1, "WalletCreated")]


def test_what_is_deleted_leaves_its_history(bank: Bank) -> None:
    identity = bank.opened()
    assert bank.caller.change("DELETE", f"/v1/wallets/{identity}").status == 204
    assert bank.read(identity).status == 404
    bank.require_whole()
    assert bank.read(identity).status == 404
    assert bank.stream(identity) == [(1, "WalletCreated"), (2, "WalletDeleted")]


def test_rows_from_before_change_once_they_are_adopted(bank: Bank) -> None:
    older, identity = str(uuid4()), bank.opened()
    bank.wallets.database.rows("UPDATE wallets SET id = $1::text::uuid WHERE id = $2::text::uuid", older, identity)
    assert bank.read(older).status == 200
    assert bank.change(older, 4, 1).status == 500
    assert bank.wallets.running.streams("adopt", "Wallet") == 0
    assert bank.change(older, 4, 1).status == 200
    assert bank.stream(older) == [(1, "WalletAdopted"), (2, "WalletChanged")]


def test_a_stream_that_is_not_known_is_named(bank: Bank) -> None:
    assert bank.wallets.running.streams("reproject", "Purse") == 2
    assert bank.wallets.running.streams("forget", "Wallet") == 2
