"""A system that lives: random edits of people, met by every kind of change of the model. No line of a person is lost."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from microservices_skill.app.design import Design
from microservices_skill.app.renaming import renames_of
from microservices_skill.codegen.generate import generate_system
from microservices_skill.files import FileTree
from microservices_skill.model import document as documents
from microservices_skill.model.architecture import Architecture
from microservices_skill.regeneration.changes import ChangeSet, Kind
from microservices_skill.regeneration.content import Content, content_of
from microservices_skill.regeneration.plan import Standing, plan
from microservices_skill.regeneration.request import Choices, Request

SHOP = Path(__file__).parents[2] / "examples/shop/architecture.yaml"
FEW, MANY = 15, 115
"""How many lives each kind of change is tried on in the fast tests, and with the slow ones."""

Model = dict[str, Any]


def service(model: Model, name: str) -> Model:
    return next(each for each in model["services"] if each["name"] == name)


def entity(model: Model, owner: str, name: str) -> Model:
    return next(each for each in service(model, owner)["entities"] if each["name"] == name)


def renamed(value: object, old: str, new: str) -> Any:
    """The model with each name that is ``old`` replaced."""
    if isinstance(value, dict):
        return {key: renamed(each, old, new) for key, each in value.items()}
    if isinstance(value, list):
        return [renamed(each, old, new) for each in value]
    return new if value == old else value


def add_field(model: Model) -> Model:
    entity(model, "order", "PurchaseOrder")["fields"].append({"name": "gift_note", "type": "string", "required": False})
    return model


def retype_field(model: Model) -> Model:
    entity(model, "inventory", "StockItem")["fields"][0]["maxLength"] = 77
    return model


def rename_field(model: Model) -> Model:
    model = renamed(model, "failure", "refusal")
    next(each for each in entity(model, "notification", "CustomerNotice")["fields"] if each["name"] == "refusal")["formerly"] = "failure"
    return model


def rename_entity(model: Model) -> Model:
    model = renamed(model, "StockItem", "Article")
    entity(model, "inventory", "Article")["formerly"] = "StockItem"
    return model


def rename_service(model: Model) -> Model:
    model = renamed(model, "payment", "billing")
    service(model, "billing")["formerly"] = "payment"
    return model


def add_service(model: Model) -> Model:
    other = deepcopy(service(model, "notification"))
    model["services"].append(other | {"name": "archive", "subscriptions": [], "dependencies": []})
    return model


def remove_service(model: Model) -> Model:
    model["services"] = [each for each in model["services"] if each["name"] != "notification"]
    return model


def switch_language(model: Model) -> Model:
    service(model, "inventory")["language"] = "typescript"
    return model


def new_event_version(model: Model) -> Model:
    event = next(each for each in model["events"] if each["name"] == "OrderPlaced")
    event["version"] = 2
    event["payload"].append({"name": "placed_by", "type": "uuid", "source": "id"})
    return model


def nothing(model: Model) -> Model:
    return model


CHANGES = (
    add_field, retype_field, rename_field, rename_entity, rename_service, add_service, remove_service, switch_language,
    new_event_version, nothing,
)  # fmt: skip
Change = Callable[[Model], Model]


@cache
def design(change: Change) -> Design:
    document = documents.parse(SHOP.read_text(encoding="utf-8"), source="shop")
    return Design(Architecture.model_validate(change(deepcopy(document.data))), document, ())


@cache
def generated(change: Change) -> FileTree:
    return generate_system(design(change).architecture)


class Life:
    """What people did to a generated system."""

    def __init__(self, tree: FileTree, seed: int) -> None:
        self.chance = random.Random(seed)
        self.files = {path: content_of(file) for path, file in tree.items()}
        self.base = dict(self.files)
        self.marks: set[str] = set()
        self.gone: set[str] = set()
        # A record that continues what stands on disk is read before it is written: an edit that it does not bear is refused there.
        for path in self.chance.sample([path for path, file in tree.items() if not file.continues], 40):
            self.edit(path)

    def mark(self) -> str:
        mark = f"mine{len(self.marks)}x"
        self.marks.add(mark)
        return f"# {mark} StockItem stock_item payment {self.chance.randrange(3)}\n"

    def edit(self, path: str) -> None:
        lines = (self.files[path].text or "").splitlines(keepends=True)
        match self.chance.randrange(12):
            case 0:
                del self.files[path]
                return
            case 1:
                moved = f"moved/{self.chance.randrange(3)}/{path.rpartition('/')[2]}"
                if moved not in self.files and len(lines) > 5:
                    self.files[moved] = self.files.pop(path)
                return
            case 2:
                self.files[f"{path.rpartition('/')[0]}/own{len(self.marks)}.txt"] = Content(self.mark().encode())
                return
            case 3:
                lines = []
            case 4:
                del lines[self.chance.randrange(len(lines) + 1) :]
            case 5 if lines:
                lines[self.chance.randrange(len(lines))] = self.mark()
            case _:
                pass
        for _ in range(self.chance.randrange(4)):
            lines.insert(self.chance.randrange(len(lines) + 1), self.mark())
        text = "".join(lines)
        if self.chance.randrange(5) == 0:
            text = text.replace("\n", "\r\n")
        self.files[path] = Content(text.encode(), self.files[path].executable)

    @property
    def standing(self) -> Standing:
        strays = {path: content for path, content in self.files.items() if path not in self.base}
        return Standing(self.base, self.files, strays)


def result(life: Life, changes: ChangeSet) -> dict[str, Content]:
    """The tree after the changes."""
    files = dict(life.files)
    for change in changes.written:
        files.pop(change.origin or change.path, None)
    return files | {change.path: change.after for change in changes.written if change.after is not None}


def marks_in(files: dict[str, Content]) -> list[str]:
    words = (word for content in files.values() for word in (content.text or "").split())
    return sorted(word for word in words if word.startswith("mine") and word.endswith("x"))


def lives() -> Iterator[Any]:
    for change in CHANGES:
        for seed in range(MANY):
            yield pytest.param(change, seed, id=f"{change.__name__}-{seed}", marks=[pytest.mark.slow] if seed >= FEW else [])


@pytest.mark.parametrize(("change", "seed"), [*lives()])
def test_every_line_of_a_person_outlives_a_change_of_the_model(change: Change, seed: int):
    life = Life(generated(nothing), seed)
    new = improved(generated(change), seed) if seed % 2 else generated(change)
    renames = renames_of({"": design(change)})
    before = marks_in(life.files)
    for choices in (Choices(markers=True), Choices(ours=(".",))):
        changes = plan(life.standing, Request(new, renames=renames, choices=choices))
        assert not changes.is_blocked
        after = result(life, changes)
        assert marks_in(after) == before, choices
        strays = {path: content for path, content in after.items() if path not in changes.pristine}
        again = plan(Standing(changes.pristine, after, strays, changes.moved), Request(new, renames=renames, choices=choices))
        assert [(each.path, each.kind) for each in again.written] == []
        for path, file in new.items():
            was = life.files.get(path)
            if was is not None and was.says_the_same(life.base.get(path, was)) and path in life.base:
                assert after[path].text == file.text or file.frozen
    stopped = plan(life.standing, Request(new, renames=renames))
    assert not any(each.is_written for each in stopped.of(Kind.CONFLICT))


def improved(tree: FileTree, seed: int) -> FileTree:
    """What a newer tool makes of the same model: lines in a third of the files are other ones."""
    chance = random.Random(seed)

    def newer(text: str) -> str:
        lines = text.splitlines(keepends=True)
        for _ in range(3):
            lines.insert(chance.randrange(len(lines) + 1), "// newer\n")
        return "".join(lines)

    return FileTree((path, replace(file, text=newer(file.text)) if chance.randrange(3) == 0 else file) for path, file in tree.items())
