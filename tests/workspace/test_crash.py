import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from microservices_skill.files import File, FileTree
from microservices_skill.workspace.journal import stage
from microservices_skill.workspace.tree import apply, preview, resume

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
ROOT = Path(__file__).parents[2]


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


@pytest.mark.parametrize("delay_ms", [0, 20, 40, 60, 80, 120, 200])
def test_a_kill_at_any_time_is_mended_by_the_next_run(tmp_path: Path, delay_ms: int):
    script = (
        "import sys; from pathlib import Path; from microservices_skill.files import File, FileTree;"
        "from microservices_skill.workspace.tree import apply;"
        "tree = FileTree((f'd{n % 7}/f{n}', File(str(n))) for n in range(200)); print('ready', flush=True); apply(Path(sys.argv[1]), tree)"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT / "server")}
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], env=environment, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        try:
            child.wait(delay_ms / 1000)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
        child.wait()
    tree = FileTree((f"d{n % 7}/f{n}", File(str(n))) for n in range(200))
    resume(tmp_path)
    apply(tmp_path, tree)
    assert preview(tmp_path, tree).counts == {"unchanged": 200}
    assert not (tmp_path / ".microservices-skill/staging").exists()


def test_an_edit_between_the_crash_and_the_resumption_is_kept(tmp_path: Path):
    old, new = FileTree([("a", File("old")), ("b", File("old"))]), FileTree([("a", File("new")), ("b", File("new"))])
    apply(tmp_path, old)
    stage(tmp_path, preview(tmp_path, new), lock='{"format": 1, "tool": "x", "files": {}}\n')
    (tmp_path / "a").write_text("edited")
    assert resume(tmp_path)
    assert [(tmp_path / name).read_text() for name in ("a", "b")] == ["edited", "new"]
