import pytest
from hypothesis import given
from hypothesis import strategies as st

from microservices_skill.files import File, FileTree
from microservices_skill.regeneration.changes import Change, ChangeSet, Dispute, Kind
from microservices_skill.regeneration.content import Content
from microservices_skill.regeneration.merge import Span
from microservices_skill.regeneration.plan import Standing, plan
from microservices_skill.regeneration.renames import Rename
from microservices_skill.regeneration.request import Choices, Request


def contents(texts: dict[str, str | None]) -> dict[str, Content]:
    return {path: Content(text.encode()) for path, text in texts.items() if text is not None}


def tree(texts: dict[str, str | None]) -> FileTree:
    return FileTree((path, File(text)) for path, text in texts.items() if text is not None)


def one(base: str | None, current: str | None, generated: str | None, choices: Choices = Choices()) -> ChangeSet:  # noqa: B008 - frozen
    standing = Standing(contents({"a": base}), contents({"a": current}))
    return plan(standing, Request(tree({"a": generated}), choices=choices))


def texts(changes: ChangeSet) -> dict[str, str | None]:
    return {change.path: change.after.text for change in changes.changes if change.after is not None}


@pytest.mark.parametrize(
    ("base", "current", "generated", "expected", "result"),
    [
        (None, None, "new", Kind.CREATE, "new"),
        ("old", None, "old", Kind.STAYS_DELETED, None),
        ("old", None, "new", Kind.STAYS_DELETED, None),
        ("old", "old", "new", Kind.UPDATE, "new"),
        ("old", "old", "old", Kind.UNCHANGED, "old"),
        ("old", "new", "new", Kind.UNCHANGED, "new"),
        ("old", "edited", "old", Kind.KEPT_EDIT, "edited"),
        ("old", "edited", "new", Kind.CONFLICT, "edited"),
        ("a\nb\nc\n", "mine\na\nb\nc\n", "a\nb\nnew\n", Kind.MERGE, "mine\na\nb\nnew\n"),
        (None, "unknown", "new", Kind.CONFLICT, "unknown"),
        (None, "new", "new", Kind.UNCHANGED, "new"),
        ("old", "old", None, Kind.DELETE, None),
        ("old", "edited", None, Kind.ORPHAN, "edited"),
    ],
)
def test_each_combination_of_base_disk_and_generator_has_one_outcome(
    base: str | None, current: str | None, generated: str | None, expected: Kind, result: str | None
):
    changes = one(base, current, generated)
    assert [(change.path, change.kind) for change in changes.changes] == [("a", expected)]
    assert texts(changes).get("a") == result
    assert changes.is_blocked == (expected is Kind.CONFLICT)


BASE, MINE, NEW = "1\n2\n3\n4\n5\n", "1\nmine\n3\n4\n5\n", "1\nnew\n3\n4\nmore\n"
BOTH = "1\n<<<<<<< yours\nmine\n=======\nnew\n>>>>>>> generated\n3\n4\nmore\n"


@pytest.mark.parametrize(
    ("choices", "kind", "result"),
    [
        (Choices(), Kind.CONFLICT, MINE),
        (Choices(markers=True), Kind.CONFLICT, BOTH),
        (Choices(ours=("a",)), Kind.MERGE, "1\nmine\n3\n4\nmore\n"),
        (Choices(theirs=("a",)), Kind.MERGE, NEW),
        (Choices(theirs=(".",), ours=("a",)), Kind.MERGE, "1\nmine\n3\n4\nmore\n"),
        (Choices(theirs=("b",)), Kind.CONFLICT, MINE),
    ],
)
def test_a_person_decides_on_conflicts_and_what_is_not_in_dispute_is_merged(choices: Choices, kind: Kind, result: str):
    changes = one(BASE, MINE, NEW, choices)
    [change] = changes.changes
    assert (change.kind, texts(changes)["a"]) == (kind, result)
    if kind is Kind.CONFLICT:
        assert (change.dispute, change.lines) == (Dispute.BOTH_CHANGED, (Span(2, 2),))


def test_what_was_decided_once_is_not_asked_again():
    after = one(BASE, MINE, NEW, Choices(ours=("a",)))
    again = plan(Standing(after.pristine, contents(texts(after))), Request(tree({"a": NEW})))
    assert [change.kind for change in again.changes] == [Kind.KEPT_EDIT]


def test_a_deleted_file_comes_back_for_who_asks_for_the_generated_side():
    assert texts(one("old", None, "new", Choices(theirs=("a",)))) == {"a": "new"}


@pytest.mark.parametrize(("choices", "kept"), [(Choices(ours=("a",)), "mine"), (Choices(theirs=("a",)), "new")])
def test_a_file_of_a_person_that_is_in_the_way_stays_or_goes_as_the_person_says(choices: Choices, kept: str):
    assert texts(one(None, "mine", "new", choices)) == {"a": kept}


def test_what_is_no_text_is_never_merged():
    standing = Standing(contents({"a": "old"}), {"a": Content(b"\0\xff")})
    [change] = plan(standing, Request(tree({"a": "new"}))).changes
    assert (change.kind, change.dispute, change.is_written) == (Kind.CONFLICT, Dispute.NOT_TEXT, False)
    [kept] = plan(standing, Request(tree({"a": "old"}))).changes
    assert (kept.kind, kept.after) == (Kind.KEPT_EDIT, Content(b"\0\xff"))


def test_line_ends_and_a_byte_order_mark_stay_as_the_person_has_them():
    windows = ("\ufeff" + MINE.replace("mine", "2")).replace("\n", "\r\n").encode()
    [change] = plan(Standing(contents({"a": BASE}), {"a": Content(windows)}), Request(tree({"a": NEW}))).changes
    assert change.kind is Kind.UPDATE
    assert change.after == Content(("\ufeff" + NEW).replace("\n", "\r\n").encode())
    edited = MINE.replace("\n", "\r\n").encode()
    [merged] = plan(Standing(contents({"a": BASE}), {"a": Content(edited)}), Request(tree({"a": "1\n2\n3\n4\nnew\n"}))).changes
    assert merged.after == Content(b"1\r\nmine\r\n3\r\n4\r\nnew\r\n")


@pytest.mark.parametrize(
    ("before", "here", "new", "result"), [(False, True, False, True), (False, False, True, True), (True, False, True, False)]
)
def test_the_mode_that_was_changed_wins(before: bool, here: bool, new: bool, result: bool):  # noqa: FBT001 - a table
    standing = Standing({"a": Content(b"x", before)}, {"a": Content(b"x", here)})
    [change] = plan(standing, Request(FileTree([("a", File("x", executable=new))]))).changes
    assert change.after == Content(b"x", result)


def test_a_file_that_belongs_to_people_gets_what_is_new_beside_what_they_wrote():
    files = FileTree([("rules.py", File("def a(): ...\n\n\ndef b(): ...\n", owned=False))])
    standing = Standing(contents({"rules.py": "def a(): ...\n"}), contents({"rules.py": "import x\n\ndef a(): ...\n"}))
    assert texts(plan(standing, Request(files))) == {"rules.py": "import x\n\ndef a(): ...\n\n\ndef b(): ...\n"}
    unknown = plan(Standing({}, contents({"rules.py": "mine"})), Request(files))
    assert unknown.paths(Kind.KEEP) == ("rules.py",)


def test_history_is_never_changed():
    files = FileTree([("0001.py", File("new", frozen=True))])
    for current in ("old", "edited"):
        changes = plan(Standing(contents({"0001.py": "old"}), contents({"0001.py": current})), Request(files))
        assert (changes.paths(Kind.KEEP), changes.written) == (("0001.py",), ())
        assert changes.pristine["0001.py"].text == "old"


def test_a_deleted_file_that_is_no_longer_generated_is_forgotten():
    changes = one("old", None, None)
    assert (changes.changes, changes.pristine) == ((), {})


def test_files_outside_of_the_scope_are_left_alone_and_stay_remembered():
    base = contents({"services/order/a": "1", "services/payment/a": "2"})
    changes = plan(Standing(base, base), Request(FileTree(), scope=("services/order/",)))
    assert [(change.path, change.kind) for change in changes.changes] == [("services/order/a", Kind.DELETE)]
    assert list(changes.pristine) == ["services/payment/a"]


LONG = "".join(f"line {number}\n" for number in range(10))


def test_a_file_that_a_person_moved_is_found_updated_there_and_remembered():
    standing = Standing(contents({"a/x.py": LONG}), {}, contents({"b/x.py": LONG + "mine\n", "b/y.py": "other\n"}))
    files = tree({"a/x.py": "new\n" + LONG})
    changes = plan(standing, Request(files))
    assert texts(changes) == {"b/x.py": "new\n" + LONG + "mine\n"}
    assert changes.moved == {"a/x.py": "b/x.py"}
    after = contents({"b/x.py": "".join(f"mine {number}\n" for number in range(10))})
    again = plan(Standing(changes.pristine, after, after, changes.moved), Request(files))
    assert [(change.path, change.kind) for change in again.changes] == [("b/x.py", Kind.KEPT_EDIT)]


def test_a_copy_of_a_deleted_file_in_two_places_is_taken_for_neither():
    standing = Standing(contents({"a/x.py": LONG}), {}, contents({"b/x.py": LONG, "c/x.py": LONG}))
    assert plan(standing, Request(tree({"a/x.py": LONG}))).paths(Kind.STAYS_DELETED) == ("a/x.py",)


OLD_ORDER = "class Order:\n    pass\n\n\ndef order_of() -> Order: ...\n"
NEW_ORDER = "class Purchase:\n    pass\n\n\ndef purchase_of() -> Purchase: ...\n"


def renamed(current: dict[str, str | None], strays: dict[str, str | None]) -> ChangeSet:
    standing = Standing(contents({"s/order/order.py": OLD_ORDER}), contents(current), contents(strays))
    return plan(standing, Request(tree({"s/purchase/purchase.py": NEW_ORDER}), renames=(Rename("", "order", "purchase"),)))


def test_a_rename_moves_edits_and_a_person_own_files_along():
    mine = "\n# in order to sort, by border\ndef best(orders: list[Order], order: int) -> Order: ...\n"
    changes = renamed({"s/order/order.py": OLD_ORDER + mine}, {"s/order/own/extra.py": "from order import Order\n", "readme": "order\n"})
    assert texts(changes) == {
        "s/purchase/purchase.py": NEW_ORDER + mine.replace("Order", "Purchase"),
        "s/purchase/own/extra.py": "from order import Purchase\n",
    }
    assert {change.origin for change in changes.of(Kind.MOVE)} == {"s/order/order.py", "s/order/own/extra.py"}


def test_a_rename_that_was_followed_is_not_followed_again():
    first = renamed({"s/order/order.py": OLD_ORDER}, {})
    mine = "class Order: ...\n"
    standing = Standing(first.pristine, contents({"s/purchase/purchase.py": NEW_ORDER + mine}))
    again = plan(standing, Request(tree({"s/purchase/purchase.py": NEW_ORDER}), renames=(Rename("", "order", "purchase"),)))
    assert [(change.kind, change.after) for change in again.changes] == [(Kind.KEPT_EDIT, Content((NEW_ORDER + mine).encode()))]


def test_a_file_of_a_person_at_the_new_name_is_a_conflict():
    changes = renamed({"s/order/order.py": OLD_ORDER, "s/purchase/purchase.py": "mine\n"}, {})
    assert [(change.path, change.dispute) for change in changes.of(Kind.CONFLICT)] == [("s/purchase/purchase.py", Dispute.NOT_OURS)]
    assert changes.is_blocked


TEXT = st.none() | st.lists(st.sampled_from(["one", "two", "three", "four", "five"]), max_size=6).map(lambda words: "\n".join(words) + "\n")


@given(base=TEXT, current=TEXT, generated=TEXT, owned=st.booleans(), frozen=st.booleans(), markers=st.booleans())
def test_every_line_of_a_person_is_there_afterwards(
    base: str | None,
    current: str | None,
    generated: str | None,
    *,
    owned: bool,
    frozen: bool,
    markers: bool,
):
    files = FileTree([("a", File(generated, owned=owned, frozen=frozen))] if generated is not None else [])
    standing = Standing(contents({"a": base}), contents({"a": current}))
    changes = plan(standing, Request(files, choices=Choices(markers=markers)))
    for change in changes.changes:
        if current is not None:
            after = (change.after.text or "") if change.after is not None else ""
            assert set(current.split()) - set((base or "").split()) <= set(after.split())


@given(base=TEXT, current=TEXT, generated=TEXT)
def test_planning_again_after_applying_changes_nothing(base: str | None, current: str | None, generated: str | None):
    first = one(base, current, generated, Choices(markers=True))
    after = contents({"a": current}) if not first.changes else {}
    after |= {change.path: change.after for change in first.changes if change.after is not None}
    again = plan(Standing(first.pristine, after, {}, first.moved), Request(tree({"a": generated}), choices=Choices(markers=True)))
    assert again.written == ()


def test_a_change_without_effect_is_not_written():
    assert not Change("a", Kind.KEEP, Content(b"x"), Content(b"x")).is_written
