"""The page in a real browser: it opens from a file without a network, and everybody can use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from tests.explorer.browser import Explorer, chromium, written
from tests.explorer.systems import TEAMS, changed, example, hostile, large

from microservices_skill.capacity.budgets import along
from microservices_skill.model.architecture import Architecture
from microservices_skill.model.loading import read_architecture

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("explorer")]

Open = Callable[..., Explorer]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    made: list[Explorer] = []

    def opening(text: str, *, old: str = "", **settings: Any) -> Explorer:
        made.append(Explorer(browser, written(tmp_path, text, old=old), **settings))
        return made[-1]

    yield opening
    for each in made:
        assert each.complaints == []
        assert all(url.startswith("file://") for url in each.asked)
        each.page.context.close()


def architecture(text: str) -> Architecture:
    return read_architecture(text, source="x")[0]


@pytest.mark.parametrize("name", ["shop", "clinic", "fleet"])
def test_a_page_shows_every_part_of_its_system(opened: Open, name: str):
    text = example(name)
    model, page = architecture(text), opened(text)
    assert page.ids(".node.service") == sorted(f"service:{each.name}" for each in model.services)
    assert page.ids(".node.store") == sorted(f"store:{each.name}" for each in model.stores)
    assert page.ids(".node.external") == sorted(f"external:{each.name}" for each in model.externals)
    calls = {
        f"service:{each.name}>{'external' if call.to in model.externals_by_name else 'service'}:{call.to}>call"
        for each in model.services
        for call in each.dependencies
    }
    assert set(page.ids(".flow.call")) == calls
    page.click("#broker")
    assert page.ids(".node.broker") == ["broker"]
    assert not [each for each in page.ids(".flow.event, .flow.command") if "broker" not in each]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_in_any_view(opened: Open, scheme: str):
    page = opened(changed(), old=example("shop"), color_scheme=scheme, reduced_motion="reduce")
    assert page.page.evaluate("document.documentElement.dataset.theme") == scheme
    found = page.violations()
    for tab in ("services", "sagas", "paths", "findings"):
        page.click(f"#tab-{tab}")
        found += page.violations()
    page.click("#as-tables")
    page.click(".tables .link >> nth=0")
    found += page.violations()
    assert found == []


def test_the_page_can_be_walked_with_the_keyboard_alone(opened: Open):
    page = opened(example("shop"))
    keys = page.page.keyboard
    page.page.focus("#fold")
    for _ in range(20):
        keys.press("Tab")
        if page.page.evaluate("document.activeElement.closest('#canvas') !== null"):
            break
    assert page.page.evaluate("document.activeElement.dataset.id") == "group:team-1"
    seen = set()
    for key in (
        "ArrowDown",
        "ArrowRight",
        "ArrowDown",
        "ArrowUp",
        "ArrowLeft",
        "ArrowDown",
        "ArrowDown",
        "ArrowDown",
        "ArrowRight",
        "ArrowLeft",
    ):
        keys.press(key)
        seen.add(page.page.evaluate("document.activeElement.dataset.id"))
    assert len(seen) >= 4
    page.page.focus("[data-id='service:order']")
    keys.press("Enter")
    assert page.text("#inspected") == "Orders"
    assert "POST /v1/orders Place an order" in page.text("#inspector")
    assert page.page.get_attribute("[data-id='service:order']", "aria-pressed") == "true"
    assert page.page.eval_on_selector("[data-id='service:order'] .card", "(card) => getComputedStyle(card).strokeWidth") == "3.4px"
    keys.press("Escape")
    assert not page.page.is_visible("#inspector")
    page.page.focus("[data-id='group:team-2']")
    keys.press("Enter")
    page.drawn()
    assert "service:inventory" not in page.ids(".node")
    assert page.page.evaluate("document.activeElement.dataset.id") == "group:team-2"
    page.page.focus("#tab-services")
    keys.press("ArrowRight")
    assert page.page.evaluate("document.activeElement.id") == "tab-sagas"
    assert page.page.is_visible("#panel-sagas")


def test_a_saga_is_stepped_to_its_end_and_back_by_its_compensations(opened: Open):
    page = opened(example("shop"))
    page.click("#tab-sagas")
    assert page.text("#saga-said").startswith("Step 1 of 6: Orders starts PlaceOrderSaga by placeOrder")
    while page.page.is_enabled("#saga-next"):
        page.click("#saga-next")
    assert page.text("#saga-said") == "Step 6 of 6: PlaceOrderSaga is complete: PurchaseOrder becomes confirmed"
    assert set(page.ids(".node.done")) == {"service:order", "service:inventory", "service:payment"}
    page.page.select_option("#saga-way", label="capture_payment fails")
    kinds = [page.page.eval_on_selector(".frames [aria-current]", "(frame) => frame.className")]
    while page.page.is_enabled("#saga-next"):
        page.click("#saga-next")
        kinds.append(page.page.eval_on_selector(".frames [aria-current]", "(frame) => frame.className"))
    assert kinds == ["start", "do", "do", "fail", "undo", "undo", "undone"]
    assert page.text("#saga-said").endswith("PurchaseOrder becomes cancelled")
    assert set(page.ids(".node.undone")) == {"service:order", "service:inventory", "service:payment"}
    page.click("#saga-previous")
    assert "Inventory undoes reserve_stock by releaseStock" in page.text("#saga-said")
    assert page.ids(".flow.on") == ["service:order>service:inventory>command"]


def test_a_saga_plays_by_itself_until_it_ends(opened: Open):
    page = opened(example("shop"))
    page.page.clock.install()
    page.click("#tab-sagas")
    page.click("#saga-play")
    page.page.clock.run_for(3100)
    assert page.text("#saga-said").startswith("Step 3 of 6")
    page.page.clock.run_for(30_000)
    assert page.text("#saga-said").startswith("Step 6 of 6")
    assert page.text("#saga-play") == "Play"


@pytest.mark.parametrize("text", [example("shop"), large()], ids=["shop", "large"])
def test_the_budget_of_a_path_is_what_capacity_reckons(opened: Open, text: str):
    model, page = architecture(text), opened(text)
    page.click("#tab-paths")
    checked = set()
    starts = page.page.eval_on_selector_all("#path-from option", "all => all.map((each) => each.value)")
    for start in starts[:6]:
        page.page.select_option("#path-from", start)
        ends = page.page.eval_on_selector_all("#path-to option", "all => all.map((each) => each.value)")
        for end in ends[:4]:
            page.page.select_option("#path-to", end)
            shown = page.page.eval_on_selector("#path-budget", "(found) => ({...found.dataset})")
            hops = tuple(each.partition(":")[2] for each in shown["hops"].split(","))
            wanted = along(model, hops)
            assert float(shown["latency"]) == wanted.latency_ms.value
            assert float(shown["availability"]) == pytest.approx(wanted.availability.value, abs=1e-9)
            checked.add(hops)
    assert len(checked) >= (1 if len(model.services) < 10 else 15)
    assert page.ids(".node.path")


def test_a_finding_stands_at_its_service_with_why_and_fix(opened: Open):
    text = example("shop").replace("        timeout: 3s\n", "")
    page = opened(text)
    assert page.text("[data-id='service:notification'] .badge") == "1"
    page.click("#tab-findings")
    page.click("#panel-findings .finding.error summary")
    assert "notification may wait for mail-provider for ever" in page.text("#panel-findings .finding.error")
    assert "Fix set timeout" in page.text("#panel-findings .finding.error")
    assert "missing-timeout" in page.text("#panel-findings .finding.error")
    assert page.text("#inspected") == "Notifications"


def test_what_differs_is_marked_and_listed(opened: Open):
    page = opened(changed(), old=example("shop"))
    assert page.ids(".node.added") == ["service:loyalty", "store:loyalty-db"]
    assert page.ids(".node.removed") == ["external:mail-provider", "service:notification", "store:notification-db"]
    assert page.ids(".node.changed") == ["service:order"]
    assert page.ids(".flow.added") == ["service:order>service:loyalty>call"]
    assert "slo p99 of service order: 300ms becomes 800ms" in page.text("#panel-changes")
    assert page.text("[data-id='service:loyalty'] .sign") == "+"
    page.click("#tab-services")
    assert page.ids(".node.added") == []


def test_sixty_services_begin_as_teams_and_open_where_one_looks(opened: Open):
    page = opened(large())
    assert page.ids(".node.group") == sorted(f"group:{name}" for name in TEAMS)
    assert page.ids(".node.service") == []
    page.page.fill("#search", "fraud-capture")
    page.page.keyboard.press("Enter")
    page.drawn()
    assert page.text("#inspected") == "Fraud capture"
    assert len(page.ids(".node.service")) == 7
    page.page.fill("#search", "")
    page.click("#fold")
    assert page.text("#fold") == "Collapse all"
    assert len(page.ids(".node.service")) == 60
    page.page.select_option("#team", "fraud")
    page.drawn()
    own = set(page.ids(".node.service:not(.aside)"))
    assert own == {each for each in own if each.startswith("service:fraud-")}
    assert len(own) == 7
    page.click("#as-tables")
    assert page.page.locator("#tables tbody").first.locator("tr").count() == 60


def test_what_people_write_is_text_and_nothing_else(opened: Open):
    page = opened(hostile())
    for tab in ("services", "sagas", "paths", "findings"):
        page.click(f"#tab-{tab}")
    page.click("#as-tables")
    page.click(".tables .link >> nth=0")
    assert page.page.locator("img").count() == 0
    assert page.page.title().startswith("</script><img src=x onerror=")
    assert page.text("#inspected").startswith("</script><img src=x onerror=")
    assert page.page.locator("script").count() == 3


def test_the_theme_follows_the_system_until_one_chooses(opened: Open):
    page = opened(example("shop"), color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.page.evaluate(ground)
    page.click("#theme")
    assert page.page.get_attribute("#theme", "aria-pressed") == "false"
    light = page.page.evaluate(ground)
    assert (dark, light) == ("rgb(13, 19, 30)", "rgb(244, 246, 250)")


def test_inside_a_client_the_page_greets_its_host_and_takes_its_theme(browser: Browser, tmp_path: Path):
    page = written(tmp_path, example("shop"))
    host = tmp_path / "host.html"
    host.write_text(
        f"""<!doctype html><iframe src="{page.name}" width="900" height="700"></iframe><script>
        window.heard = [];
        addEventListener('message', ({{ data, source }}) => {{
          heard.push(data);
          if (data.method === 'ui/initialize') source.postMessage({{ jsonrpc: '2.0', id: data.id, result: {{ protocolVersion: '2026-01-26',
            hostInfo: {{ name: 'host', version: '1' }}, hostCapabilities: {{}}, hostContext: {{ theme: 'dark' }} }} }}, '*');
        }});</script>""",
        encoding="utf-8",
    )
    tab = browser.new_context(color_scheme="light", offline=True).new_page()
    tab.goto(host.as_uri())
    tab.wait_for_function("heard.length === 3")
    asked, ready, size = tab.evaluate("heard")
    assert asked["method"] == "ui/initialize"
    assert set(asked["params"]) == {"appInfo", "appCapabilities", "protocolVersion"}
    assert (ready["method"], size["method"]) == ("ui/notifications/initialized", "ui/notifications/size-changed")
    frame = tab.frames[1]
    assert frame.evaluate("document.documentElement.dataset.theme") == "dark"
    tab.evaluate("frames[0].postMessage({jsonrpc: '2.0', method: 'ui/notifications/host-context-changed', params: {theme: 'light'}}, '*')")
    frame.wait_for_function("document.documentElement.dataset.theme === 'light'")
    tab.context.close()
