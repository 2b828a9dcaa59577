import pytest
from hypothesis import given
from hypothesis import strategies as st

from microservices_skill.files import File, FileTree
from microservices_skill.regeneration.changes import Kind
from microservices_skill.regeneration.plan import digest_of, plan


def digests(**texts: str | None) -> dict[str, str]:
    return {path: digest_of(text.encode()) for path, text in texts.items() if text is not None}


@pytest.mark.parametrize(
    ("base", "current", "generated", "expected"),
    [
        (None, None, "new", Kind.CREATE),
        ("old", None, "new", Kind.CREATE),
        ("old", "old", "new", Kind.UPDATE),
        ("old", "old", "old", Kind.UNCHANGED),
        ("old", "new", "new", Kind.UNCHANGED),
        ("old", "edited", "old", Kind.KEPT_EDIT),
        ("old", "edited", "new", Kind.CONFLICT),
        (None, "unknown", "new", Kind.CONFLICT),
        (None, "new", "new", Kind.UNCHANGED),
        ("old", "old", None, Kind.DELETE),
        ("old", "edited", None, Kind.ORPHAN),
    ],
)
def test_each_combination_of_base_disk_and_generator_has_one_outcome(
    base: str | None, current: str | None, generated: str | None, expected: Kind
):
    tree = FileTree([("a", File(generated))] if generated is not None else [])
    changes = plan(base=digests(a=base), current=digests(a=current), generated=tree)
    assert [(change.path, change.kind) for change in changes.changes] == [("a", expected)]


def test_a_file_that_belongs_to_people_is_made_once_and_never_touched_again():
    tree = FileTree([("rules.py", File("new", owned=False))])
    assert plan(base={}, current={}, generated=tree).paths(Kind.CREATE) == ("rules.py",)
    assert plan(base={"rules.py": "x"}, current={"rules.py": "x"}, generated=tree).paths(Kind.KEEP) == ("rules.py",)


def test_a_deleted_file_that_is_no_longer_generated_is_forgotten():
    changes = plan(base=digests(a="old"), current={}, generated=FileTree())
    assert changes.changes == ()
    assert changes.lock == ()


def test_files_outside_of_the_scope_are_left_alone_and_stay_in_the_lock():
    base = {"services/order/a": "1", "services/payment/a": "2"}
    changes = plan(base=base, current=base, generated=FileTree(), scope=("services/order/",))
    assert [(change.path, change.kind) for change in changes.changes] == [("services/order/a", Kind.DELETE)]
    assert changes.lock == (("services/payment/a", "2"),)


def test_a_conflict_keeps_the_last_generated_digest_so_that_it_is_reported_again():
    tree = FileTree([("a", File("new"))])
    first = plan(base=digests(a="old"), current=digests(a="edited"), generated=tree)
    second = plan(base=dict(first.lock), current=digests(a="edited"), generated=tree)
    assert second == first


TEXT = st.sampled_from([None, "one", "two", "three"])


@given(base=TEXT, current=TEXT, generated=TEXT, owned=st.booleans())
def test_a_person_edit_is_never_written_over(base: str | None, current: str | None, generated: str | None, owned: bool):  # noqa: FBT001 - hypothesis passes names
    tree = FileTree([("a", File(generated, owned=owned))] if generated is not None else [])
    changes = plan(base=digests(a=base), current=digests(a=current), generated=tree)
    if current is not None and current != base:
        assert changes.is_empty


@given(base=TEXT, current=TEXT, generated=TEXT)
def test_planning_again_after_applying_changes_nothing(base: str | None, current: str | None, generated: str | None):
    tree = FileTree([("a", File(generated))] if generated is not None else [])
    first = plan(base=digests(a=base), current=digests(a=current), generated=tree)
    after = digests(a=current)
    for change in first.of(Kind.CREATE, Kind.UPDATE):
        assert change.file is not None
        after[change.path] = digest_of(change.file.text.encode())
    for change in first.of(Kind.DELETE):
        del after[change.path]
    assert plan(base=dict(first.lock), current=after, generated=tree).is_empty
