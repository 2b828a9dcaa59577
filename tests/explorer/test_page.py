"""What the page shows, before any browser: its data, its sagas, its comparison and its document."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from tests.explorer.systems import HOSTILE, changed, dumped, example, hostile

from microservices_skill.app.exploring import explore
from microservices_skill.cli import main
from microservices_skill.errors import SkillError
from microservices_skill.explorer.describing import describe
from microservices_skill.explorer.html import data, page_html
from microservices_skill.explorer.page import Link, Page, Scenario
from microservices_skill.model.loading import read_architecture
from microservices_skill.rules import engine


def described(text: str, *, old: str = "") -> Page:
    architecture, document = read_architecture(text, source="architecture.yaml")
    before = read_architecture(old, source="old.yaml")[0] if old else None
    return describe(architecture, document, engine.validate(architecture, previous=before), old=before)


def edited(**changes: Any) -> str:
    document = yaml.safe_load(example("shop"))
    for path, value in changes.items():
        place: Any = document
        *parts, last = path.split("__")
        for part in parts:
            place = place[int(part) if part.isdigit() else part]
        place[last] = value
    return dumped(document)


def scenario(text: str, title: str) -> Scenario:
    (found,) = (each for saga in described(text).sagas for each in saga.scenarios if each.title == title)
    return found


def test_a_call_says_how_long_it_may_take():
    (call,) = (each for each in described(example("shop")).edges if each.target == "external:payment-provider")
    assert (call.kind, call.timeout, call.attempts, call.patience, call.is_hard) == (Link.CALL, 2000, 2, 4200, False)
    assert ("If it fails", "degrade, the caller goes on") in call.facts


def test_events_and_commands_are_edges_between_services():
    edges = {(each.source, each.target, each.kind): each.what for each in described(example("shop")).edges}
    assert edges["service:order", "service:notification", Link.EVENT] == ("OrderCancelled", "OrderConfirmed")
    assert edges["service:order", "service:inventory", Link.COMMAND] == ("reserveStock (PlaceOrderSaga)", "commitStock (PlaceOrderSaga)")


def test_a_step_before_the_pivot_is_undone_in_reverse():
    found = scenario(example("shop"), "capture_payment fails")
    assert [(each.kind, each.node.partition(":")[2]) for each in found.frames] == [
        ("start", "order"),
        ("do", "inventory"),
        ("do", "payment"),
        ("fail", "payment"),
        ("undo", "payment"),
        ("undo", "inventory"),
        ("undone", "order"),
    ]
    assert found.frames[-1].text.endswith("PurchaseOrder becomes cancelled")


def test_a_step_after_the_pivot_is_repeated_and_nothing_is_undone():
    found = scenario(example("shop"), "commit_stock fails, after the pivot")
    assert [each.kind for each in found.frames] == ["start", "do", "do", "do", "retry", "do", "complete"]


def test_a_choreographed_saga_goes_from_service_to_service():
    path = Path(__file__).parents[1] / "generated" / "cases" / "choreographed.yaml"
    (saga,) = (each for each in described(path.read_text(encoding="utf-8")).sagas if each.style == "choreographed")
    origins = [(each.origin, each.node) for each in saga.scenarios[0].frames if each.kind == "do"]
    assert len({origin for origin, _ in origins}) > 1
    assert all(frame.node.startswith("service:") for each in saga.scenarios for frame in each.frames)


def test_a_finding_has_its_node_its_line_and_its_fix():
    text = example("shop").replace("        timeout: 3s\n", "")
    (found,) = (each for each in described(text).findings if each.rule == "missing-timeout")
    assert (found.node, found.severity) == ("service:notification", "error")
    assert text.splitlines()[found.line - 1].strip() == "- to: mail-provider"
    assert found.why
    assert found.fix


def test_a_risk_that_was_accepted_says_why():
    assert all(each.accepted for each in described(example("shop")).findings)


def test_what_came_and_went_is_on_one_map():
    page = described(changed(), old=example("shop"))
    assert {each.id: each.change.value for each in page.nodes if each.change} == {
        "service:order": "changed",
        "service:loyalty": "added",
        "store:loyalty-db": "added",
        "service:notification": "removed",
        "store:notification-db": "removed",
        "external:mail-provider": "removed",
    }
    assert {(each.source, each.target): each.change.value for each in page.edges if each.change and each.kind is Link.CALL} == {
        ("service:order", "service:loyalty"): "added",
        ("service:notification", "external:mail-provider"): "removed",
    }


def test_a_renamed_service_is_one_node_that_changed():
    text = example("shop")
    renamed = re.sub(r"\bnotification\b(?!s)", "notices", text).replace(
        "  - name: notices\n    title", "  - name: notices\n    formerly: notification\n    title"
    )
    page = described(renamed, old=text)
    assert {each.id for each in page.nodes if each.kind == "service" and each.change} == {"service:notices"}
    assert not [each for each in page.edges if each.change and each.kind is Link.EVENT]


def test_a_caller_of_what_changed_is_touched():
    before = changed()
    after = before.replace("operation: getPointAccount", "operation: getPointAccount\n    p99: 90ms")
    assert {each.id: each.change.value for each in described(after, old=before).nodes if each.change} == {
        "service:loyalty": "changed",
        "service:order": "touched",
    }


def test_nothing_differs_from_itself():
    page = described(example("shop"), old=example("shop"))
    assert page.comparison is not None
    assert page.comparison.differences == ()
    assert not [each for each in (*page.nodes, *page.edges) if each.change]


@pytest.mark.parametrize("name", ["shop", "clinic", "fleet"])
def test_the_same_model_gives_the_same_bytes(name: str):
    assert page_html(described(example(name))) == page_html(described(example(name)))


class Elements(HTMLParser):
    """The elements of a document, as a parser sees them, with what stands in its scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.texts: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.found[-1] if self.found else "", []).append(data)


def test_hostile_texts_add_no_element_and_stay_what_they_are():
    plain, taken = Elements(), Elements()
    plain.feed(page_html(described(example("shop"))))
    page = described(hostile())
    taken.feed(page_html(page))
    assert taken.found == plain.found
    assert json.loads(data(page))["title"] == HOSTILE


def test_data_leave_no_sign_that_html_or_javascript_knows():
    page = described(example("shop"))
    text = data(Page(**{name: getattr(page, name) for name in page.__dataclass_fields__} | {"title": "\u2028\u2029<&>"}))
    assert not re.search("[<>&\u2028\u2029]", text)
    assert json.loads(text)["title"] == "\u2028\u2029<&>"


def test_only_the_scripts_and_the_style_of_the_page_are_let_in():
    text = page_html(described(example("shop")))
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
    inside = re.findall(r"<(script|style)>(.*?)</\1>", text, re.DOTALL)
    allowed = [f"'sha256-{b64encode(sha256(each.encode()).digest()).decode()}'" for _, each in inside]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert sorted(re.findall(r"'sha256-[^']+'", policy)) == sorted(allowed)
    assert len(allowed) == 3


def test_the_command_writes_the_page_and_says_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("architecture.yaml").write_text(changed(), encoding="utf-8")
    Path("old.yaml").write_text(example("shop"), encoding="utf-8")
    preview = CliRunner().invoke(main, ["explore", "--preview", "--json"])
    assert json.loads(preview.stdout)["written"] is False
    assert not Path("docs").exists()
    result = CliRunner().invoke(main, ["explore", "--against", "old.yaml"])
    assert result.exit_code == 0
    assert "wrote docs/architecture.html" in result.stdout
    assert "4 services, 2 info, 6 warning, 7 differences" in result.stdout
    again = CliRunner().invoke(main, ["explore", "--json"])
    assert json.loads(again.stdout)["differences"] == 0


def test_a_page_never_takes_the_place_of_something_else(tmp_path: Path):
    source, output = tmp_path / "architecture.yaml", tmp_path / "README.html"
    source.write_text(example("shop"), encoding="utf-8")
    output.write_text("<!doctype html>\nmine", encoding="utf-8")
    with pytest.raises(SkillError, match="exists and is no page of this command; choose another --output"):
        explore(source, output)
    assert output.read_text(encoding="utf-8") == "<!doctype html>\nmine"


def test_a_folder_in_the_place_of_the_page_is_named(tmp_path: Path):
    source = tmp_path / "architecture.yaml"
    source.write_text(example("shop"), encoding="utf-8")
    with pytest.raises(SkillError, match="folder"):
        explore(source, tmp_path)
