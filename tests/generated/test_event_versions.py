"""An event that changes: two versions live side by side, and publishers and subscribers move in any order."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from threading import Event, Thread

import pytest
from tests.generated.architectures import LANGUAGES
from tests.generated.choosing import OTHER_BROKERS
from tests.generated.languages import Toolchains
from tests.generated.processes import Running, until
from tests.generated.systems import PAIRS
from tests.generated.test_every_service import check
from tests.generated.versions import LIMIT_S, Shop, Story, buy, telling, write_hook

from microservices_skill.model.system import BrokerKind, Language

pytestmark = pytest.mark.slow


ON_RABBITMQ = [(*pair, BrokerKind.RABBITMQ) for pair in PAIRS]
ELSEWHERE = [(*pair, broker) for pair, broker in zip(PAIRS, OTHER_BROKERS, strict=True)]
ON_NATS = [each for each in ELSEWHERE if each[2] is BrokerKind.NATS]
"""Where subscribers ask for what they read; of Kafka they read all."""


def over(cases: list[tuple[Language, Language, BrokerKind]]) -> pytest.MarkDecorator:
    """The till in one language, the ledger in the other, and what is between them."""
    return pytest.mark.parametrize("shop", cases, ids=["-".join(each) for each in cases], indirect=True)


@pytest.fixture(scope="module")
def shop(request: pytest.FixtureRequest, toolchains: Toolchains, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The services of one case, built as they are needed."""
    till, ledger, broker = request.param
    return Shop(toolchains, tmp_path_factory.mktemp("versions"), {"till": till, "ledger": ledger}, broker)


def told_as(channel: str | None, total: int) -> str:
    """How the ledger came to know a channel: from the version that tells it, from what a person wrote, or not at all."""
    return "not at all" if channel is None else "guessed" if channel == ("desk" if total > 500 else "web") else "told"


def counted(running: Running, event_type: str, outcome: str) -> float:
    lines = running.call("GET", "/metrics").text.splitlines()
    found = [each for each in lines if each.startswith("events_consumed_total{") and event_type in each and f'"{outcome}"' in each]
    return sum(float(each.rsplit(" ", 1)[1]) for each in found)


def assert_each_once(story: Story) -> None:
    """Each fact has taken effect once, with its values and after those before it, and nothing was put aside."""
    until(lambda: all(each[4] == "settled" for each in story.entries()), LIMIT_S, "for every entry to be settled")
    purchases, entries = story.purchases(), story.entries()
    assert Counter(each[0] for each in entries) == Counter(purchases.keys())
    assert {each[0]: each[1] for each in entries} == {identity: total for identity, (total, _, _) in purchases.items()}
    assert story.dead_letters() == []


@over(ON_RABBITMQ + ELSEWHERE)
def test_a_subscriber_of_the_old_version_hears_all_from_a_publisher_of_both(shop: Shop) -> None:
    with telling(shop) as story:
        story.start("ledger", "old")
        till = story.start("till", "both")
        for number in range(20):
            buy([till], number)
        story.settled()
        assert_each_once(story)
        assert {each[2] for each in story.entries()} == {None}, "the old version does not tell the channel"


@over(ON_RABBITMQ + ELSEWHERE)
def test_a_subscriber_of_both_versions_reads_what_a_publisher_of_the_old_one_tells(shop: Shop) -> None:
    with telling(shop) as story:
        till = story.start("till", "old")
        for number in range(10):
            buy([till], number)
        ledger = story.start("ledger", "both")
        for number in range(10, 20):
            buy([till], number)
        story.settled()
        assert_each_once(story)
        assert {(total, channel) for _, total, channel, _, _ in story.entries()} == {
            (total, "desk" if total > 500 else "web") for total, _, _ in story.purchases().values()
        }
        assert {each[3] for each in story.entries()} == {None}, "what nobody told is left out"
        assert counted(ledger, f"{shop.system}.PurchaseMade.v1", "handled") == 20


@over(ON_RABBITMQ + ELSEWHERE)
def test_a_subscriber_of_both_versions_reads_the_newer_one_of_a_publisher_of_both(shop: Shop) -> None:
    with telling(shop) as story:
        ledger, till = story.start("ledger", "both"), story.start("till", "both")
        buy([till], 0)
        story.settled()
        until(lambda: all(each[4] == "settled" for each in story.entries()), LIMIT_S, "for messages to have come")
        later = {buy([till], number) for number in range(1, 20)}
        story.settled()
        assert_each_once(story)
        told = story.purchases()
        assert {each[0]: (each[1], each[2], each[3]) for each in story.entries() if each[0] in later} == {
            each: told[each] for each in later
        }
        newer, older = (f"{shop.system}.PurchaseMade.v{version}" for version in (2, 1))
        assert counted(ledger, newer, "handled") >= len(later)
        until(lambda: counted(ledger, older, "duplicate") >= len(later), LIMIT_S, "for the older version of each to be known already")


@over(ON_RABBITMQ)
def test_both_move_to_the_newer_version_under_load_and_kills(shop: Shop) -> None:
    for service, model in (("till", "both"), ("ledger", "both")):
        shop.built(service, model)
    with telling(shop) as story:
        old_ledger, tills = story.start("ledger", "old"), [story.start("till", "old")]
        done, bought = Event(), []

        def load() -> None:
            while not done.is_set():
                bought.append(buy(tills, len(bought)))

        threads = [Thread(target=load) for _ in range(3)]
        for each in threads:
            each.start()
        try:
            _after(bought, 30)
            tills.append(story.start("till", "both"))
            _after(bought, 30)
            tills[0].kill()
            del tills[0]
            _after(bought, 30)
            new_ledger = story.start("ledger", "both")
            _after(bought, 30)
            assert {each[2] for each in story.entries()} == {None}, "the one that came first still gets all"
            old_ledger.kill()
            until(lambda: any(each[2] is not None for each in story.entries()), LIMIT_S, "for the new one to take over")
            _after(bought, 60)
            new_ledger.kill()
            _after(bought, 30)
            story.start("ledger", "both")
            _after(bought, 30)
            tills[0].kill()
            tills[0].start()
            _after(bought, 30)
        finally:
            done.set()
            for each in threads:
                each.join()
        story.settled()
        assert_each_once(story)
        ways = Counter(told_as(channel, total) for _, total, channel, _, _ in story.entries())
        assert ways["not at all"] > 0
        assert ways["told"] > 0


def _after(bought: list[str], more: int) -> None:
    wanted = len(bought) + more
    until(lambda: len(bought) >= wanted, LIMIT_S, f"for {more} more purchases")


@over(ON_RABBITMQ + ON_NATS)
def test_a_retired_version_is_told_and_asked_for_no_more(shop: Shop) -> None:
    with telling(shop) as story:
        ledger, till = story.start("ledger", "both"), story.start("till", "both")
        observer = shop.broker.observe()
        story.stack.callback(lambda: shop.broker.forget([], observer))
        for number in range(5):
            buy([till], number)
        story.settled()
        assert_each_once(story)
        assert Counter(each.type for each in shop.broker.take(observer)) == {
            f"{shop.system}.{name}": 5 for name in ("PurchaseMade.v1", "PurchaseMade.v2", "PurchasePaid.v1")
        }
        till.stop()
        till = story.start("till", "new")
        for number in range(5, 10):
            buy([till], number)
        story.settled()
        new_ledger = story.start("ledger", "new")
        ledger.stop()
        for number in range(10, 15):
            buy([till], number)
        story.settled()
        assert_each_once(story)
        told = {f"{shop.system}.PurchaseMade.v2": 10, f"{shop.system}.PurchasePaid.v1": 10}
        assert Counter(each.type for each in shop.broker.take(observer)) == told
        shop.broker.publish(f"{shop.system}.PurchaseMade.v1", [("01890a5d-ac96-774b-bcce-b302099a8000", "purchase/late", b"{}")])
        buy([till], 15)
        story.settled()
        assert_each_once(story)
        assert new_ledger.is_alive


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["till", "ledger"])
def test_a_service_of_three_versions_passes_its_own_checks_once_its_hook_is_written(
    name: str, language: Language, toolchains: Toolchains, tmp_path: Path
) -> None:
    shop = Shop(toolchains, tmp_path, {"till": language, "ledger": language}, BrokerKind.RABBITMQ)
    written = (lambda: write_hook(tmp_path, language)) if name == "ledger" else (lambda: None)
    check(shop.architecture("chain"), name, tmp_path, toolchains, written)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_own_checks_of_a_service_fail_until_its_hook_is_written(language: Language, toolchains: Toolchains, tmp_path: Path) -> None:
    shop = Shop(toolchains, tmp_path, {"till": language, "ledger": language}, BrokerKind.RABBITMQ)
    with pytest.raises(AssertionError, match="what channel of PurchaseMade version 2 is"):
        check(shop.architecture("both"), "ledger", tmp_path, toolchains)
