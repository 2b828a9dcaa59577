import contextlib
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from microservices_skill.files import File, FileTree
from microservices_skill.regeneration.renames import Rename
from microservices_skill.regeneration.request import Request
from microservices_skill.workspace.journal import stage
from microservices_skill.workspace.lockfile import dump_lock
from microservices_skill.workspace.standing import read_pristine
from microservices_skill.workspace.tree import apply, preview, resume

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
ROOT = Path(__file__).parents[2]
KILLS = 40


def test_a_kill_at_any_touch_of_the_disk_leaves_the_old_tree_or_a_journal_that_makes_the_new_one(tmp_path: Path):
    command = [sys.executable, str(Path(__file__).with_name("crash.py")), str(tmp_path / "root")]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "server")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    runs = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(runs) > 20
    assert {before for _, before, *_ in runs} == {"old", "between", "new"}
    for touch, before, had_journal, after, final, conflicts in runs:
        assert before != "between" or had_journal, touch
        assert after == ("new" if had_journal else before), touch
        assert (final, conflicts) == ("new", 0), touch


def tree(size: int) -> Request:
    return Request(FileTree((f"d{number % 7}/f{number}", File(f"{number}\n" * 5)) for number in range(size)))


@pytest.mark.parametrize("first", [0, *(pytest.param(number, marks=pytest.mark.slow) for number in range(KILLS, 7 * KILLS, KILLS))])
def test_a_kill_at_any_time_is_mended_by_the_next_run(tmp_path: Path, first: int):
    script = (
        "import sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path; from microservices_skill.files import File, FileTree;"
        "from microservices_skill.regeneration.request import Request; from microservices_skill.workspace.tree import apply;"
        "tree = Request(FileTree((f'd{n % 7}/f{n}', File(f'{n}\\n' * 5)) for n in range(200))); print('ready', flush=True);"
        "sys.stdin.readline(); apply(Path(sys.argv[1]), tree)"
    )
    command = [sys.executable, "-c", script]
    began = time.monotonic()
    apply(tmp_path / "whole", tree(200))
    whole_s = time.monotonic() - began
    states = set()
    for number in range(first, first + KILLS):
        root = tmp_path / f"{number}"
        apply(root, tree(100))
        (root / "d1/f1").write_text("mine\n" + "1\n" * 5)
        with subprocess.Popen([*command, str(root), str(ROOT / "server")], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdin is not None
            child.stdout.readline()
            child.stdin.write(b"\n")
            child.stdin.flush()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(random.Random(number).random() * 1.5 * whole_s)
            child.kill()
            child.wait()
        states.add((root / "d0/f196").exists())
        resume(root)
        apply(root, tree(200))
        assert preview(root, tree(200)).counts == {"unchanged": 199, "kept-edit": 1}, number
        assert (root / "d1/f1").read_text() == "mine\n" + "1\n" * 5
        assert not (root / ".microservices-skill/staging").exists()
    assert states == {True, False}


def staged(root: Path, request: Request) -> None:
    stage(root, preview(root, request), base=read_pristine(root, request.memory), memory=request.memory, lock=dump_lock({}, tool="x"))


def test_an_edit_between_the_crash_and_the_resumption_is_kept_and_merged_by_the_next_run(tmp_path: Path):
    old, new = (Request(FileTree([("a", File(f"1\n2\n3\n{end}\n")), ("b", File(end))])) for end in ("old", "new"))
    apply(tmp_path, old)
    staged(tmp_path, new)
    (tmp_path / "a").write_text("edited\n1\n2\n3\nold\n")
    assert resume(tmp_path)
    assert [(tmp_path / name).read_text() for name in ("a", "b")] == ["edited\n1\n2\n3\nold\n", "new"]
    apply(tmp_path, new)
    assert (tmp_path / "a").read_text() == "edited\n1\n2\n3\nnew\n"


def test_a_file_that_a_person_made_meanwhile_where_another_was_to_be_moved_costs_neither(tmp_path: Path):
    apply(tmp_path, Request(FileTree([("s/order/a.py", File("order = 1\n"))])))
    staged(tmp_path, Request(FileTree([("s/purchase/a.py", File("purchase = 1\n"))]), renames=(Rename("", "order", "purchase"),)))
    (tmp_path / "s/purchase").mkdir()
    (tmp_path / "s/purchase/a.py").write_text("mine\n")
    assert resume(tmp_path)
    assert (tmp_path / "s/purchase/a.py").read_text() == "mine\n"
    assert (tmp_path / "s/order/a.py").read_text() == "order = 1\n"


def test_what_was_staged_and_is_promised_no_more_goes_with_the_next_run(tmp_path: Path):
    apply(tmp_path, tree(3))
    staged(tmp_path, tree(4))
    (tmp_path / ".microservices-skill/journal.json").unlink()
    assert not resume(tmp_path)
    assert not (tmp_path / ".microservices-skill/staging").exists()
    assert not (tmp_path / "d3/f3").exists()
