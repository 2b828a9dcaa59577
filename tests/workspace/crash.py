"""Kills a run at its nth touch of the disk, for every n, and finishes what is left.

Prints a line of JSON for every n: whether the tree was the old or the new one before and after the resumption.
"""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

from microservices_skill.files import File, FileTree
from microservices_skill.workspace.tree import apply, resume

OLD = FileTree([("a/keep.py", File("same\n")), ("a/change.py", File("old\n")), ("b/gone.py", File("old\n"))])
NEW = FileTree([("a/keep.py", File("same\n")), ("a/change.py", File("new\n")), ("c/d/made.py", File("new\n"))])
TOUCHES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "os.chmod", "os.scandir", "os.listdir"}


def main(root: Path) -> None:
    for touch in range(1, 1000):
        shutil.rmtree(root, ignore_errors=True)
        apply(root, OLD)
        finished = attempt(root, touch)
        before = state(root)
        had_journal = (root / ".microservices-skill/journal.json").exists()
        resume(root)
        after = state(root)
        again = apply(root, NEW)
        print(json.dumps([touch, before, had_journal, after, state(root), again.counts.get("conflict", 0)]))  # noqa: T201 - the test reads it
        if finished:
            return


def attempt(root: Path, touch: int) -> bool:
    child = os.fork()
    if child == 0:
        seen = 0

        def hook(event: str, _: object) -> None:
            nonlocal seen
            if event in TOUCHES:
                seen += 1
                if seen == touch:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        apply(root, NEW)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def state(root: Path) -> str:
    files = (path for path in root.rglob("*") if path.is_file() and ".microservices-skill" not in path.parts)
    found = {str(path.relative_to(root)): path.read_text() for path in files}
    for name, tree in (("old", OLD), ("new", NEW)):
        if found == {path: file.text for path, file in tree.items()}:
            return name
    return "between"


main(Path(sys.argv[1]))
