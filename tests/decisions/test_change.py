"""What differs between two versions of an architecture, whom that touches, and the decision that records it."""

from __future__ import annotations

import difflib
import shutil
from pathlib import Path

import pytest

from microservices_skill.app.changing import change_architecture
from microservices_skill.errors import SkillError
from microservices_skill.model.loading import read_architecture

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples/shop/architecture.yaml"
NOTE = (
    "          - type: email\n",
    "          - type: text\n            name: gift_note\n            required: false\n          - type: email\n",
)
SLO = ("      p99: 150ms\n", "      p99: 120ms\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(SHOP, tmp_path / "old.yaml")
    shutil.copy(SHOP, tmp_path / "architecture.yaml")
    return tmp_path


def edit(folder: Path, *edits: tuple[str, str]) -> None:
    path = folder / "architecture.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def test_what_differs_is_said_in_words_with_those_whom_it_touches(folder: Path) -> None:
    edit(folder, NOTE, SLO)
    found = change_architecture(folder, folder / "architecture.yaml", against=folder / "old.yaml")
    assert "field gift_note of entity PurchaseOrder of service order is added" in found.differences
    assert [each for each in found.differences if "150ms becomes 120ms" in each] == ["slo p99 of service payment: 150ms becomes 120ms"]
    assert [(each.service, each.because) for each in found.touched] == [
        ("order", ("field gift_note of entity PurchaseOrder is added",)),
        ("payment", ("slo p99: 150ms becomes 120ms",)),
    ]
    assert (found.decision, found.written) == ("", False)
    assert not (folder / "docs").exists()


def test_who_hears_and_calls_is_touched_by_what_others_change(folder: Path) -> None:
    text = (folder / "old.yaml").read_text(encoding="utf-8")
    architecture, _ = read_architecture(text)
    heard = {(one.event, each.name) for each in architecture.services for one in each.subscriptions}
    event = next(each for each in architecture.events if any(name == each.name for name, _ in heard))
    hearing = {service for name, service in heard if name == event.name}
    edit(folder, (f"  - name: {event.name}\n", f"  - name: {event.name}\n    externalConsumers: [reports]\n"))
    found = change_architecture(folder, folder / "architecture.yaml", against=folder / "old.yaml")
    reasons = {each.service: each.because for each in found.touched}
    assert reasons[event.publisher] == (f"tells {event.name}, which is changed",)
    assert {name for name, because in reasons.items() if f"hears {event.name}, which is changed" in because} == hearing


def test_a_rename_is_one_and_a_service_that_goes_is_told_last(folder: Path) -> None:
    edit(folder, ("      - name: StockItem\n", "      - name: Article\n        formerly: StockItem\n"))
    path = folder / "architecture.yaml"
    path.write_text(
        path.read_text(encoding="utf-8")
        .replace("entity: StockItem", "entity: Article")
        .replace("references: StockItem", "references: Article"),
        encoding="utf-8",
    )
    found = change_architecture(folder, path, against=folder / "old.yaml")
    assert "entity Article of service inventory was StockItem" in found.differences
    assert not [each for each in found.differences if "StockItem of service inventory is removed" in each]


def test_with_a_title_it_becomes_a_decision_and_not_a_byte_else_changes(folder: Path) -> None:
    edit(folder, NOTE, ("  - id: ADR-002\n", "  - id: ADR-002 # the DBAs asked for it\n"))
    path = folder / "architecture.yaml"
    before = path.read_text(encoding="utf-8")
    found = change_architecture(
        folder, path, against=folder / "old.yaml", title="Orders carry gift notes", why="Customers ask", supersedes=("ADR-002", "ADR-004")
    )
    assert (found.decision, found.written) == ("ADR-006", True)
    after = path.read_text(encoding="utf-8")
    compared = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))[2:]
    added = [line[1:] for line in compared if line.startswith("+")]
    assert not [line for line in compared if line.startswith("-")]
    assert added[:4] == ["    status: superseded", "    supersededBy: ADR-006"] * 2
    architecture, _ = read_architecture(after)
    decision = architecture.decisions[-1]
    assert (decision.id, decision.title, decision.choice) == ("ADR-006", "Orders carry gift notes", "Customers ask")
    assert "field gift_note of entity PurchaseOrder of service order is added" in decision.context
    page = (folder / "docs/adr/ADR-006-orders-carry-gift-notes.md").read_text(encoding="utf-8")
    assert "supersedes [ADR-002]" in page
    assert "supersedes [ADR-004]" in page
    old = next((folder / "docs/adr").glob("ADR-002-*")).read_text(encoding="utf-8")
    assert "Superseded, superseded by [ADR-006]" in old


def test_a_status_that_is_written_is_replaced_and_the_comment_beside_it_stays(folder: Path) -> None:
    edit(folder, NOTE, ("  - id: ADR-003\n", "  - id: ADR-003\n    status: accepted # by all\n"))
    change_architecture(folder, folder / "architecture.yaml", against=folder / "old.yaml", title="Notes", supersedes=("ADR-003",))
    assert "    status: superseded # by all\n    supersededBy: ADR-006\n" in (folder / "architecture.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("item", "marked"),
    [
        (
            "{id: ADR-001, title: All, choice: As it is}",
            "{status: superseded, supersededBy: ADR-002, id: ADR-001, title: All, choice: As it is}",
        ),
        (
            "{id: ADR-001, title: All, status: accepted, choice: As it is} # short",
            "{supersededBy: ADR-002, id: ADR-001, title: All, status: superseded, choice: As it is} # short",
        ),
    ],
)
def test_a_decision_on_one_line_is_marked_there(folder: Path, item: str, marked: str) -> None:
    path = folder / "architecture.yaml"
    edit(folder, NOTE)
    head = path.read_text(encoding="utf-8").split("decisions:\n")[0]
    path.write_text(f"{head}decisions:\n  - {item}\n", encoding="utf-8")
    change_architecture(folder, path, against=folder / "old.yaml", title="Notes", supersedes=("ADR-001",))
    assert f"decisions:\n  - {marked}\n  - id: ADR-002\n" in path.read_text(encoding="utf-8")


def test_a_preview_and_no_difference_write_nothing(folder: Path) -> None:
    path = folder / "architecture.yaml"
    same = change_architecture(folder, path, against=folder / "old.yaml", title="Nothing")
    assert (same.decision, same.written, same.next) == ("", False, "Nothing differs: no decision is needed.")
    edit(folder, NOTE)
    before = path.read_bytes()
    assert change_architecture(folder, path, against=folder / "old.yaml", title="Notes", preview=True).decision == "ADR-006"
    assert path.read_bytes() == before
    assert sorted(each.name for each in folder.iterdir()) == ["architecture.yaml", "old.yaml"]


def test_what_breaks_those_who_rely_on_it_is_told_and_not_recorded(folder: Path) -> None:
    path = folder / "architecture.yaml"
    edit(folder, ("type: email\n", "type: integer\n"))
    before = path.read_bytes()
    found = change_architecture(folder, path, against=folder / "old.yaml", title="Customers are numbers")
    assert found.broken
    assert (found.decision, path.read_bytes()) == ("", before)


def test_an_unknown_decision_and_decisions_in_flow_style_are_clear_errors(folder: Path) -> None:
    path = folder / "architecture.yaml"
    edit(folder, NOTE)
    before = path.read_bytes()
    with pytest.raises(SkillError, match="there is no decision ADR-099 to supersede; the architecture has ADR-001, ADR-002"):
        change_architecture(folder, path, against=folder / "old.yaml", title="Notes", supersedes=("ADR-099",))
    assert path.read_bytes() == before
    head = before.decode().split("decisions:\n")[0]
    path.write_text(f"{head}decisions: [{{id: ADR-001, title: All, choice: As it is}}]\n", encoding="utf-8")
    with pytest.raises(SkillError, match="add this one by hand") as caught:
        change_architecture(folder, path, against=folder / "old.yaml", title="Notes")
    assert "id: ADR-002" in str(caught.value)


def test_an_architecture_without_decisions_gets_its_first(folder: Path) -> None:
    path = folder / "architecture.yaml"
    edit(folder, NOTE)
    head, rest = path.read_text(encoding="utf-8").split("decisions:\n")
    tail = rest[rest.index("acceptedRisks:") :] if "acceptedRisks:" in rest else ""
    path.write_text(head + tail.rstrip("\n"), encoding="utf-8")
    found = change_architecture(folder, path, against=folder / "old.yaml", title="Notes")
    assert (found.decision, found.written) == ("ADR-002", True)
    assert [each.id for each in read_architecture(path.read_text(encoding="utf-8"))[0].decisions] == ["ADR-002"]
