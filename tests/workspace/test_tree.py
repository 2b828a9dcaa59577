import errno
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from microservices_skill.errors import DocumentError, SkillError
from microservices_skill.files import File, FileTree
from microservices_skill.regeneration.changes import Kind
from microservices_skill.regeneration.request import Choices, Request
from microservices_skill.workspace.errors import BusyError, DiskError, OutsideRootError, UnreadableError, UnsafeTargetError, explained
from microservices_skill.workspace.exclusive import exclusive
from microservices_skill.workspace.paths import inside
from microservices_skill.workspace.reading import read_text
from microservices_skill.workspace.tree import apply, preview

TREE = Request(
    FileTree(
        [("app/main.py", File("print()\n")), ("app/rules.py", File("mine\n", owned=False)), ("run", File("#!/bin/sh\n", executable=True))]
    )
)


def texts(root: Path) -> dict[str, str]:
    files = (path for path in root.rglob("*") if path.is_file() and ".microservices-skill" not in path.relative_to(root).parts)
    return {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in files}


def test_a_new_tree_is_written_with_its_lock_and_its_executables(tmp_path: Path):
    changes = apply(tmp_path, TREE)
    assert changes.counts == {"create": 3}
    assert texts(tmp_path) == {path: file.text for path, file in TREE.generated.items()}
    assert (tmp_path / "run").stat().st_mode & stat.S_IXUSR
    assert json.loads((tmp_path / ".microservices-skill/lock.json").read_text())["moved"] == {}
    assert texts(tmp_path / ".microservices-skill/base") == texts(tmp_path)
    names = sorted(path.name for path in (tmp_path / ".microservices-skill").iterdir())
    assert names == [".gitattributes", ".gitignore", "base", "lock.json", "run.lock"]


def test_writing_the_same_tree_twice_touches_nothing(tmp_path: Path):
    apply(tmp_path, TREE)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert apply(tmp_path, TREE).counts == {"unchanged": 3}
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_preview_writes_nothing(tmp_path: Path):
    assert preview(tmp_path / "new", TREE).counts == {"create": 3}
    assert list(tmp_path.iterdir()) == []


def test_edits_are_merged_with_what_is_new(tmp_path: Path):
    apply(tmp_path, TREE)
    (tmp_path / "app/main.py").write_text("mine\nprint()\n")
    (tmp_path / "app/rules.py").write_text("rules\n")
    newer = [("app/main.py", File("print()\nnew\n")), ("app/rules.py", File("mine\n", owned=False)), ("run", File("2\n"))]
    changes = apply(tmp_path, Request(FileTree(newer)))
    assert (changes.paths(Kind.MERGE), changes.paths(Kind.KEPT_EDIT)) == (("app/main.py",), ("app/rules.py",))
    assert texts(tmp_path) == {"app/main.py": "mine\nprint()\nnew\n", "app/rules.py": "rules\n", "run": "2\n"}


def test_an_open_conflict_stops_everything_and_a_choice_goes_on(tmp_path: Path):
    apply(tmp_path, TREE)
    (tmp_path / "app/main.py").write_text("edited\n")
    before = texts(tmp_path)
    newer = FileTree([("app/main.py", File("newer\n")), ("run", File("2\n"))])
    assert apply(tmp_path, Request(newer)).is_blocked
    assert texts(tmp_path) == before
    apply(tmp_path, Request(newer, choices=Choices(markers=True)))
    marked = "<<<<<<< yours\nedited\n=======\nnewer\n>>>>>>> generated\n"
    assert texts(tmp_path) == {"app/main.py": marked, "run": "2\n"}
    assert apply(tmp_path, Request(newer)).paths(Kind.KEPT_EDIT) == ("app/main.py",)


def test_what_is_no_longer_generated_goes_with_its_empty_folder(tmp_path: Path):
    apply(tmp_path, TREE)
    assert apply(tmp_path, Request(FileTree([("run", File("#!/bin/sh\n"))]))).counts == {"update": 1, "delete": 2}
    assert not (tmp_path / "app").exists()
    assert not (tmp_path / ".microservices-skill/base/app").exists()


def test_an_unknown_file_is_never_written_over(tmp_path: Path):
    (tmp_path / "run").write_text("mine")
    assert apply(tmp_path, TREE).paths(Kind.CONFLICT) == ("run",)
    assert (tmp_path / "run").read_text() == "mine"


def test_what_a_person_moved_is_found_and_its_place_remembered(tmp_path: Path):
    text = "".join(f"line {number}\n" for number in range(9))
    apply(tmp_path, Request(FileTree([("a/x.py", File(text))])))
    (tmp_path / "b").mkdir()
    (tmp_path / "a/x.py").rename(tmp_path / "b/x.py")
    for newer in ("new\n" + text, "other\n"):
        assert apply(tmp_path, Request(FileTree([("a/x.py", File(newer))]))).paths(Kind.UPDATE) == ("b/x.py",)
        assert texts(tmp_path) == {"b/x.py": newer}


def test_permissions_that_a_person_gave_stay(tmp_path: Path):
    apply(tmp_path, TREE)
    (tmp_path / "app/main.py").chmod(0o600)
    apply(tmp_path, Request(FileTree({**TREE.generated, "app/main.py": File("new\n")}.items())))
    assert stat.S_IMODE((tmp_path / "app/main.py").stat().st_mode) == 0o600


def test_a_file_that_is_read_only_refuses_everything(tmp_path: Path):
    apply(tmp_path, TREE)
    (tmp_path / "run").chmod(0o444)
    before = texts(tmp_path)
    with pytest.raises(UnsafeTargetError, match="run: is read-only; make it writable"):
        apply(tmp_path, Request(FileTree([("app/main.py", File("new\n")), ("run", File("new\n"))])))
    assert texts(tmp_path) == before


@pytest.mark.parametrize("there", ["App/main.py", "app/Main.py", "RUN"])
def test_a_name_that_differs_only_in_case_refuses_everything(tmp_path: Path, there: str):
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).write_text("mine\n")
    with pytest.raises(UnsafeTargetError, match="differs only in case"):
        apply(tmp_path, TREE)
    assert texts(tmp_path) == {there: "mine\n"}


def test_a_file_that_is_renamed_in_case_only_is_no_clash(tmp_path: Path):
    apply(tmp_path, Request(FileTree([("readme", File("1\n"))])))
    apply(tmp_path, Request(FileTree([("README", File("1\n"))])))
    assert texts(tmp_path) == {"README": "1\n"}


def test_generators_do_not_take_each_others_files_for_their_own(tmp_path: Path):
    apply(tmp_path, Request(FileTree([("architecture.yaml", File("a: 1\n"))]), scope=("architecture.yaml",), memory="proposal"))
    apply(tmp_path, TREE)
    assert "architecture.yaml" in texts(tmp_path)


@pytest.mark.parametrize("fails_at", range(12))
def test_a_disk_that_is_full_at_any_moment_leaves_the_old_tree_or_a_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int):
    apply(tmp_path, TREE)
    before, count = texts(tmp_path), 0
    fsync = os.fsync

    def full(handle: int) -> None:
        nonlocal count
        count += 1
        if count > fails_at:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(handle)

    newer = Request(FileTree([("app/main.py", File("new\n")), ("run", File("2\n")), ("more", File("3\n"))]))
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        try:
            apply(tmp_path, newer)
        except DiskError as error:
            assert "the disk is full; free some space" in str(error)  # noqa: PT017 - it may also succeed
        if not (tmp_path / ".microservices-skill/journal.json").exists() and count <= fails_at + 1:
            assert texts(tmp_path) in (before, {path: file.text for path, file in newer.generated.items()})
    apply(tmp_path, newer)
    assert texts(tmp_path) == {path: file.text for path, file in newer.generated.items()}


@pytest.mark.parametrize("trap", ["link out", "link", "folder", "file on the way", "pipe"])
def test_a_trap_on_the_way_refuses_everything(tmp_path: Path, trap: str):
    outside, root = tmp_path / "outside", tmp_path / "root"
    outside.mkdir()
    root.mkdir()
    match trap:
        case "link out":
            (root / "app").symlink_to(outside)
        case "link":
            (root / "run").symlink_to(outside / "run")
        case "folder":
            (root / "run").mkdir()
        case "file on the way":
            (root / "app").write_text("")
        case _:
            os.mkfifo(root / "run")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UnsafeTargetError, match=r"; .+"):
        apply(root, TREE)
    assert [path for path in sorted(tmp_path.rglob("*")) if ".microservices-skill" not in path.parts] == before


def test_a_root_that_is_a_file_is_refused(tmp_path: Path):
    (tmp_path / "root").write_text("")
    with pytest.raises(UnsafeTargetError, match="is a file"):
        apply(tmp_path / "root", TREE)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_refused(tmp_path: Path):
    tmp_path.chmod(0o500)
    with pytest.raises(SkillError, match=r"permission is denied|not writable"):
        apply(tmp_path, TREE)
    tmp_path.chmod(0o700)


def test_a_full_disk_says_what_to_do(tmp_path: Path):
    full = OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "a"))
    with pytest.raises(DiskError, match=r"/a: the disk is full; free some space"), explained(tmp_path):
        raise full


def test_two_runs_do_not_write_at_once(tmp_path: Path):
    with exclusive(tmp_path), pytest.raises(BusyError, match="another run"):
        apply(tmp_path, TREE)


def test_a_damaged_lock_file_says_how_to_mend_it(tmp_path: Path):
    (tmp_path / ".microservices-skill").mkdir()
    (tmp_path / ".microservices-skill/lock.json").write_text("{}")
    with pytest.raises(DocumentError, match="restore it from version control"):
        apply(tmp_path, TREE)
    (tmp_path / ".microservices-skill/lock.json").write_text('{"format": 2, "moved": {"a": "../../etc/passwd"}}')
    with pytest.raises(SkillError, match="not a safe relative path"):
        apply(tmp_path, TREE)


@pytest.mark.parametrize("given", ["../x", "/etc/passwd", "a/../../x", "link/x", "a\0b"])
def test_a_path_that_leaves_the_root_is_refused(tmp_path: Path, given: str):
    (tmp_path / "root").mkdir()
    (tmp_path / "root/link").symlink_to(tmp_path)
    with pytest.raises(OutsideRootError, match="relative path below"):
        inside(tmp_path / "root", given)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Path.resolve, "no such file"),
        (lambda path: path.mkdir(), "not a regular file"),
        (os.mkfifo, "not a regular file"),
        (lambda path: path.write_bytes(b"a: 1\nb: \xff"), "not UTF-8 at line 2"),
        (lambda path: path.write_bytes(b"a" * (32 * 2**20 + 1)), "larger than 32 MiB"),
    ],
    ids=["missing", "folder", "pipe", "latin-1", "huge"],
)  # fmt: skip
def test_an_unreadable_document_is_refused(tmp_path: Path, make: Callable[[Path], object], message: str):
    make(tmp_path / "a.yaml")
    with pytest.raises(UnreadableError, match=message):
        read_text(tmp_path / "a.yaml")


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path: Path):
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfa: 1")
    assert read_text(tmp_path / "a.yaml") == "a: 1"
